/** GET_ALL_DELAY_OFFSET (45): slaves ask how far the delay levels have been delivered. Main thread. Java: AdminBrokerProcessor.getAllDelayOffset. */
import { DelayOffsetSerializeWrapper } from '../../remoting/bodies/delay-offset-serialize-wrapper.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { DelayOffsetTable } from '../schedule/delay-offset-table.js';

/** Makes the processor. */
export function createAllDelayOffsetProcessor(offsets: DelayOffsetTable): RequestProcessor {
  return (request) => {
    // Differs: Apache writes integer keys without quotes. Readers of all versions take quoted ones, those of 5.5.0 no others.
    const body = DelayOffsetSerializeWrapper.encode(offsets.toWrapper(), 'standard');
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}
