/**
 * Header of NOTIFY_MIN_BROKER_ID_CHANGE (905). Main thread.
 * Java: NotifyMinBrokerIdChangeRequestHeader.
 */
import { defineHeader, long, string, type HeaderOf } from '../header-schema.js';

/** The request. `offlineBrokerAddr` is who has gone, `haBrokerAddr` where the one that has come listens for slaves. */
export const NotifyMinBrokerIdChangeRequestHeader = defineHeader('NotifyMinBrokerIdChangeRequestHeader', {
  minBrokerId: long().optional(),
  brokerName: string().optional(),
  minBrokerAddr: string().optional(),
  offlineBrokerAddr: string().optional(),
  haBrokerAddr: string().optional(),
});
/** Decoded {@link NotifyMinBrokerIdChangeRequestHeader}. */
export type NotifyMinBrokerIdChangeRequestHeader = HeaderOf<typeof NotifyMinBrokerIdChangeRequestHeader>;
