/** The one place where the outcome of a put becomes a response code. Main thread. Java: SendMessageProcessor.handlePutMessageResult. */
import { ResponseCode } from '../remoting/response-code.js';
import { PutStatus } from '../workers/message-store.js';

/** What a client is answered for each outcome; SUCCESS for OK alone. */
export const PUT_RESPONSE_CODES: Readonly<Record<PutStatus, number>> = {
  [PutStatus.OK]: ResponseCode.SUCCESS,
  [PutStatus.FLUSH_DISK_TIMEOUT]: ResponseCode.FLUSH_DISK_TIMEOUT,
  [PutStatus.SERVICE_NOT_AVAILABLE]: ResponseCode.SERVICE_NOT_AVAILABLE,
  [PutStatus.MESSAGE_ILLEGAL]: ResponseCode.MESSAGE_ILLEGAL,
  [PutStatus.SYSTEM_BUSY]: ResponseCode.SYSTEM_BUSY,
  [PutStatus.FLUSH_SLAVE_TIMEOUT]: ResponseCode.FLUSH_SLAVE_TIMEOUT,
  [PutStatus.SLAVE_NOT_AVAILABLE]: ResponseCode.SLAVE_NOT_AVAILABLE,
};
