/** GET_BROKER_RUNTIME_INFO (28). Main thread. Java: AdminBrokerProcessor.getBrokerRuntimeInfo. */
import { KVTable } from '../../remoting/bodies/kv-table.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { collectRuntimeInfo, type RuntimeInfoSources } from '../runtime-info.js';

/** Makes the processor. */
export function createBrokerRuntimeInfoProcessor(sources: RuntimeInfoSources): RequestProcessor {
  return async (request) => {
    const body = KVTable.encode({ table: await collectRuntimeInfo(sources) });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}
