/**
 * Header of UPDATE_CONSUMER_OFFSET (15); the answer has none. Main thread.
 * Java: UpdateConsumerOffsetRequestHeader.
 */
import { defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const UpdateConsumerOffsetRequestHeader = defineHeader('UpdateConsumerOffsetRequestHeader', {
  consumerGroup: string(),
  topic: string(),
  queueId: int(),
  commitOffset: long(),
});
/** Decoded {@link UpdateConsumerOffsetRequestHeader}. */
export type UpdateConsumerOffsetRequestHeader = HeaderOf<typeof UpdateConsumerOffsetRequestHeader>;
