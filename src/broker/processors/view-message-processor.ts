/** VIEW_MESSAGE_BY_ID (33): the stored record at a physical offset. Main thread. Java: QueryMessageProcessor.viewMessageById. */
import { RequestError } from '../../base/errors.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { ViewMessageRequestHeader } from '../../remoting/headers/view-message-request-header.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';

/** Makes the processor. */
export function createViewMessageProcessor(store: Pick<MessageStore, 'recordAt'>): RequestProcessor {
  return async (request) => {
    const { offset } = ViewMessageRequestHeader.decode(request.extFields);
    const record = offset < 0 ? undefined : await store.recordAt(offset);
    if (record === undefined) {
      throw new RequestError(ResponseCode.SYSTEM_ERROR, `can not find message by the offset, ${offset}`);
    }
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, record);
  };
}
