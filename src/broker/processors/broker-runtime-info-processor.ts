/** GET_BROKER_RUNTIME_INFO (28). Main thread. Java: AdminBrokerProcessor.getBrokerRuntimeInfo. */
import { KVTable } from '../../remoting/bodies/kv-table.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { collectReplicationLag, type ReplicationLagSources } from '../replication-lag.js';
import { collectRuntimeInfo, type RuntimeInfoSources } from '../runtime-info.js';

/** Makes the processor. */
export function createBrokerRuntimeInfoProcessor(
  sources: RuntimeInfoSources & ReplicationLagSources,
): RequestProcessor {
  return async (request) => {
    const table = new Map([...(await collectRuntimeInfo(sources)), ...(await collectReplicationLag(sources))]);
    const body = KVTable.encode({ table });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}
