/** How replication stands: the body of the answer to GET_BROKER_HA_STATUS (907). Main thread. Java: HARuntimeInfo. */
import { defineBody, flag, list, number, optionalText, record, text, type BodyOf } from '../body-schema.js';

const HaConnectionRuntimeInfo = record({
  addr: text(),
  diff: number(),
  inSync: flag(),
  slaveAckOffset: number(),
  transferFromWhere: number(),
  transferredByteInSecond: number(),
});

const HaClientRuntimeInfo = record({
  lastReadTimestamp: number(),
  lastWriteTimestamp: number(),
  masterAddr: optionalText(),
  masterFlushOffset: number(),
  maxOffset: number(),
  transferredByteInSecond: number(),
});

/** The body. A master has connections, a slave a client; the other one is empty. */
export const HaRuntimeInfoBody = defineBody({
  haClientRuntimeInfo: HaClientRuntimeInfo,
  haConnectionInfo: list(HaConnectionRuntimeInfo),
  inSyncSlaveNums: number(),
  master: flag(),
  masterCommitLogMaxOffset: number(),
});
/** Decoded {@link HaRuntimeInfoBody}. */
export type HaRuntimeInfoBody = BodyOf<typeof HaRuntimeInfoBody>;
