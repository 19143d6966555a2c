/**
 * Header of UNREGISTER_BROKER (104). Main thread.
 * Java: UnRegisterBrokerRequestHeader.
 */
import { defineHeader, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const UnRegisterBrokerRequestHeader = defineHeader('UnRegisterBrokerRequestHeader', {
  brokerName: string(),
  brokerAddr: string(),
  clusterName: string(),
  brokerId: long(),
});
/** Decoded {@link UnRegisterBrokerRequestHeader}. */
export type UnRegisterBrokerRequestHeader = HeaderOf<typeof UnRegisterBrokerRequestHeader>;
