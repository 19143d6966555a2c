/**
 * RESUME_CHECK_HALF_MESSAGE (323): has a message that was given up asked about again from the beginning. Main thread.
 * Java: AdminBrokerProcessor.resumeCheckHalfMessage.
 */
import { RequestError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { physicalOffsetOfMessageId } from '../../message/message-id.js';
import { decodeMessages } from '../../message/stored-message.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { ResumeCheckHalfMessageRequestHeader } from '../../remoting/headers/resume-check-half-message-request-header.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { PutStatus, type MessageStore } from '../../workers/message-store.js';
import { HALF_TOPIC, HalfMessage } from '../transactions/half-message.js';
import { put } from '../transactions/transactional-message-service.js';

const NOT_FOUND_REMARK = `Exception was thrown when putting message back to ${HALF_TOPIC}.`;
const NOT_PUT_REMARK = `Put message back to ${HALF_TOPIC} failed.`;

/** What the processor needs. */
export interface ResumeCheckHalfMessageDeps {
  readonly store: Pick<MessageStore, 'recordAt' | 'putMessage'>;
  readonly logger: Logger;
}

/** Makes the processor. */
export function createResumeCheckHalfMessageProcessor({ store, logger }: ResumeCheckHalfMessageDeps): RequestProcessor {
  return async (request) => {
    const { msgId = '' } = ResumeCheckHalfMessageRequestHeader.decode(request.extFields);
    const offset = physicalOffsetOfMessageId(msgId);
    const record = offset === undefined || offset < 0 ? undefined : await store.recordAt(offset);
    const [stored] = record === undefined ? [] : decodeMessages(record);
    const message = stored === undefined ? undefined : new HalfMessage(stored);
    // Differs: Apache would put any message there, and could then neither ask about it nor deliver it.
    if (message?.isComplete !== true) throw new RequestError(ResponseCode.SYSTEM_ERROR, NOT_FOUND_REMARK);
    const { status } = await put(store, message.resumed());
    if (status !== PutStatus.OK) throw new RequestError(ResponseCode.SYSTEM_ERROR, NOT_PUT_REMARK);
    const { uniqKey, realTopic } = message;
    logger.info('a transaction is asked about from the beginning', { uniqKey, realTopic });
    return createResponse(request, ResponseCode.SUCCESS);
  };
}
