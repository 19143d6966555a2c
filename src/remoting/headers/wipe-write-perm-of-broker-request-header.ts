/**
 * Header of WIPE_WRITE_PERM_OF_BROKER (205). Main thread.
 * Java: WipeWritePermOfBrokerRequestHeader and WipeWritePermOfBrokerResponseHeader.
 */
import { defineHeader, int, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const WipeWritePermOfBrokerRequestHeader = defineHeader('WipeWritePermOfBrokerRequestHeader', {
  brokerName: string(),
});
/** Decoded {@link WipeWritePermOfBrokerRequestHeader}. */
export type WipeWritePermOfBrokerRequestHeader = HeaderOf<typeof WipeWritePermOfBrokerRequestHeader>;

/** The answer. */
export const WipeWritePermOfBrokerResponseHeader = defineHeader('WipeWritePermOfBrokerResponseHeader', {
  wipeTopicCount: int(),
});
/** Decoded {@link WipeWritePermOfBrokerResponseHeader}. */
export type WipeWritePermOfBrokerResponseHeader = HeaderOf<typeof WipeWritePermOfBrokerResponseHeader>;
