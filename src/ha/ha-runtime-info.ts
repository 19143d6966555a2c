/**
 * How replication stands, for GET_BROKER_HA_STATUS (907). HA thread makes it, main thread writes it out. Java: HARuntimeInfo.
 * Invariant: plain data that travels between threads; times are of the wall clock.
 */
import type { Clock } from '../base/clock.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';
import type { HaClient } from './ha-client.js';
import type { HaServer } from './ha-server.js';
import type { HaSettings } from './ha-settings.js';

/** One slave of this master. Java: HAConnectionRuntimeInfo. */
export interface HaConnectionInfo {
  readonly addr: string;
  readonly slaveAckOffset: number;
  readonly transferFromWhere: number;
  readonly diff: number;
  readonly isInSync: boolean;
  readonly transferredByteInSecond: number;
}

/** The master of this slave. Java: HAClientRuntimeInfo. */
export interface HaClientInfo {
  readonly masterAddr: string | undefined;
  readonly maxOffset: number;
  readonly transferredByteInSecond: number;
  /** 0 for never. */
  readonly lastReadTimestampMs: number;
  readonly lastWriteTimestampMs: number;
}

/** Both. */
export interface HaRuntimeInfo {
  readonly isMaster: boolean;
  readonly masterCommitLogMaxOffset: number;
  readonly connections: readonly HaConnectionInfo[];
  readonly client: HaClientInfo | undefined;
}

/** Collects it. */
export function collectHaRuntimeInfo(
  { settings, clock }: { readonly settings: HaSettings; readonly clock: Clock },
  status: StoreStatusPage,
  server: HaServer,
  client: HaClient | undefined,
): HaRuntimeInfo {
  const maxOffset = status.get(StatusWord.writtenOffset);
  const wallClockOf = (monotonicMs: number): number =>
    monotonicMs === 0 ? 0 : Math.round(clock.nowMs() - clock.monotonicMs() + monotonicMs);
  return {
    isMaster: !settings.isSlave,
    masterCommitLogMaxOffset: maxOffset,
    connections: Array.from(server.connections, (connection) => {
      const { slaveAckOffset, transferFromWhere, transferredByteInSecond, remoteAddress } = connection;
      const diff = maxOffset - slaveAckOffset;
      const isInSync = diff < settings.maxGapNotInSyncBytes;
      return { addr: remoteAddress, slaveAckOffset, transferFromWhere, diff, isInSync, transferredByteInSecond };
    }),
    client:
      client === undefined
        ? undefined
        : {
            masterAddr: client.masterAddress,
            maxOffset,
            transferredByteInSecond: client.transferredByteInSecond,
            lastReadTimestampMs: wallClockOf(client.lastReadMs),
            lastWriteTimestampMs: wallClockOf(client.lastWriteMs),
          },
  };
}
