/**
 * How far the slaves of this master are behind, for GET_BROKER_RUNTIME_INFO (28). Main thread. Java: none in 28; slaveFallBehindMuch, which Apache's
 * broker logs every minute, is `slaveBehindBytesMin`.
 * Invariant: only a master with slaves has these keys, so that nobody takes a 0 for a slave that keeps up.
 */
import type { Clock } from '../base/clock.js';
import { storeTimestampOf } from '../message/stored-record.js';
import type { MessageStore } from '../workers/message-store.js';
import type { Replication } from '../workers/replication.js';

/** What the figures are gathered from. */
export interface ReplicationLagSources {
  readonly replication: Pick<Replication, 'runtimeInfo'>;
  readonly store: Pick<MessageStore, 'recordAt'>;
  readonly clock: Clock;
}

/**
 * `slaveCount`; `slaveBehindBytesMin` and `slaveBehindBytesMax` of the nearest and the farthest; `slaveBehindMillisMax`: how long ago what the
 * farthest does not have yet was stored, -1 when that is not known (it is in the middle of a record, or has not said where it is).
 */
export async function collectReplicationLag(sources: ReplicationLagSources): Promise<Map<string, string>> {
  const { isMaster, connections } = await sources.replication.runtimeInfo();
  if (!isMaster || connections.length === 0) return new Map();
  const lag = new Map([['slaveCount', String(connections.length)]]);
  const farthest = connections.reduce((a, b) => (b.slaveAckOffset < a.slaveAckOffset ? b : a));
  lag.set('slaveBehindBytesMin', String(Math.min(...connections.map(({ diff }) => diff))));
  lag.set('slaveBehindBytesMax', String(farthest.diff));
  lag.set('slaveBehindMillisMax', String(await behindMillis(sources, farthest)));
  return lag;
}

async function behindMillis(
  { store, clock }: ReplicationLagSources,
  { slaveAckOffset, diff }: { readonly slaveAckOffset: number; readonly diff: number },
): Promise<number> {
  if (slaveAckOffset < 0) return -1;
  if (diff <= 0) return 0;
  const record = await store.recordAt(slaveAckOffset);
  return record === undefined ? -1 : Math.max(0, clock.nowMs() - storeTimestampOf(record, 0));
}
