/**
 * Header of ADD_WRITE_PERM_OF_BROKER (327). Main thread.
 * Java: AddWritePermOfBrokerRequestHeader and AddWritePermOfBrokerResponseHeader.
 */
import { defineHeader, int, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const AddWritePermOfBrokerRequestHeader = defineHeader('AddWritePermOfBrokerRequestHeader', {
  brokerName: string(),
});
/** Decoded {@link AddWritePermOfBrokerRequestHeader}. */
export type AddWritePermOfBrokerRequestHeader = HeaderOf<typeof AddWritePermOfBrokerRequestHeader>;

/** The answer. */
export const AddWritePermOfBrokerResponseHeader = defineHeader('AddWritePermOfBrokerResponseHeader', {
  addTopicCount: int(),
});
/** Decoded {@link AddWritePermOfBrokerResponseHeader}. */
export type AddWritePermOfBrokerResponseHeader = HeaderOf<typeof AddWritePermOfBrokerResponseHeader>;
