/**
 * Header of QUERY_CONSUMER_OFFSET (14). Main thread.
 * Java: QueryConsumerOffsetRequestHeader and QueryConsumerOffsetResponseHeader.
 */
import { boolean, defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const QueryConsumerOffsetRequestHeader = defineHeader('QueryConsumerOffsetRequestHeader', {
  consumerGroup: string(),
  topic: string(),
  queueId: int(),
  setZeroIfNotFound: boolean().optional(),
});
/** Decoded {@link QueryConsumerOffsetRequestHeader}. */
export type QueryConsumerOffsetRequestHeader = HeaderOf<typeof QueryConsumerOffsetRequestHeader>;

/** The answer. */
export const QueryConsumerOffsetResponseHeader = defineHeader('QueryConsumerOffsetResponseHeader', {
  offset: long(),
});
/** Decoded {@link QueryConsumerOffsetResponseHeader}. */
export type QueryConsumerOffsetResponseHeader = HeaderOf<typeof QueryConsumerOffsetResponseHeader>;
