/**
 * Header of BROKER_HEARTBEAT (904). Main thread.
 * Java: BrokerHeartbeatRequestHeader.
 */
import { defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const BrokerHeartbeatRequestHeader = defineHeader('BrokerHeartbeatRequestHeader', {
  clusterName: string(),
  brokerAddr: string(),
  brokerName: string(),
  brokerId: long().optional(),
  epoch: int().optional(),
  maxOffset: long().optional(),
  confirmOffset: long().optional(),
  heartbeatTimeoutMills: long().optional(),
  electionPriority: int().optional(),
});
/** Decoded {@link BrokerHeartbeatRequestHeader}. */
export type BrokerHeartbeatRequestHeader = HeaderOf<typeof BrokerHeartbeatRequestHeader>;
