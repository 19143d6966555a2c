/**
 * GET_ALL_CONSUMER_OFFSET (43), which slaves ask, and GET_BROKER_HA_STATUS (907), which tells how they are. Main thread.
 * Java: AdminBrokerProcessor.
 */
import { ConsumerOffsetTable } from '../../remoting/bodies/consumer-offset-table.js';
import { HaRuntimeInfoBody } from '../../remoting/bodies/ha-runtime-info.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { Replication } from '../../workers/replication.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';

/** What these need. */
export interface SlaveAdminProcessorDeps {
  readonly offsets: ConsumerOffsetManager;
  readonly replication: Pick<Replication, 'runtimeInfo'>;
}

/**
 * Makes the processor of 43. Differs: queue ids are quoted, as standard JSON has them. Apache 5.5.0 writes them bare, which its own slaves cannot
 * read; quoted ones all readers take.
 */
export function createGetAllConsumerOffsetProcessor({ offsets }: SlaveAdminProcessorDeps): RequestProcessor {
  return (request) => {
    const body = ConsumerOffsetTable.encode(offsets.toTable(), 'standard');
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}

/** Makes the processor of 907. */
export function createGetBrokerHaStatusProcessor({ replication }: SlaveAdminProcessorDeps): RequestProcessor {
  return async (request) => {
    const { isMaster, masterCommitLogMaxOffset, connections, client } = await replication.runtimeInfo();
    const body = HaRuntimeInfoBody.encode({
      haClientRuntimeInfo: {
        lastReadTimestamp: client?.lastReadTimestampMs ?? 0,
        lastWriteTimestamp: client?.lastWriteTimestampMs ?? 0,
        ...(client?.masterAddr === undefined ? {} : { masterAddr: client.masterAddr }),
        masterFlushOffset: 0,
        maxOffset: client?.maxOffset ?? 0,
        transferredByteInSecond: client?.transferredByteInSecond ?? 0,
      },
      haConnectionInfo: connections.map(({ isInSync, ...connection }) => ({ ...connection, inSync: isInSync })),
      inSyncSlaveNums: connections.filter(({ isInSync }) => isInSync).length,
      master: isMaster,
      // Compat: a slave says 0 and no connections.
      masterCommitLogMaxOffset: isMaster ? masterCommitLogMaxOffset : 0,
    });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}
