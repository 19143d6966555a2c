/**
 * Header of REGISTER_BROKER (103); bodyCrc32 0 stands for unchecked. Main thread.
 * Java: RegisterBrokerRequestHeader and RegisterBrokerResponseHeader.
 */
import { boolean, defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const RegisterBrokerRequestHeader = defineHeader('RegisterBrokerRequestHeader', {
  brokerName: string(),
  brokerAddr: string(),
  clusterName: string(),
  haServerAddr: string(),
  brokerId: long(),
  heartbeatTimeoutMillis: long().optional(),
  enableActingMaster: boolean().optional(),
  compressed: boolean().default(false),
  bodyCrc32: int().default(0),
});
/** Decoded {@link RegisterBrokerRequestHeader}. */
export type RegisterBrokerRequestHeader = HeaderOf<typeof RegisterBrokerRequestHeader>;

/** The answer. */
export const RegisterBrokerResponseHeader = defineHeader('RegisterBrokerResponseHeader', {
  haServerAddr: string().optional(),
  masterAddr: string().optional(),
});
/** Decoded {@link RegisterBrokerResponseHeader}. */
export type RegisterBrokerResponseHeader = HeaderOf<typeof RegisterBrokerResponseHeader>;
