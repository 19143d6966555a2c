/**
 * Header of GET_CONSUMER_LIST_BY_GROUP (38); the answer is a body. Main thread.
 * Java: GetConsumerListByGroupRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetConsumerListByGroupRequestHeader = defineHeader('GetConsumerListByGroupRequestHeader', {
  consumerGroup: string(),
});
/** Decoded {@link GetConsumerListByGroupRequestHeader}. */
export type GetConsumerListByGroupRequestHeader = HeaderOf<typeof GetConsumerListByGroupRequestHeader>;
