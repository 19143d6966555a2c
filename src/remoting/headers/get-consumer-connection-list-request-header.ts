/**
 * Header of GET_CONSUMER_CONNECTION_LIST (203). Main thread.
 * Java: GetConsumerConnectionListRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetConsumerConnectionListRequestHeader = defineHeader('GetConsumerConnectionListRequestHeader', {
  consumerGroup: string(),
});
/** Decoded {@link GetConsumerConnectionListRequestHeader}. */
export type GetConsumerConnectionListRequestHeader = HeaderOf<typeof GetConsumerConnectionListRequestHeader>;
