/** Body of the answer to GET_TOPIC_STATS_INFO (202): offsets by queue, the queues being keys. Main thread. Java: TopicStatsTable. */
import { defineBody, number, objectMap, record, type BodyOf } from '../body-schema.js';
import { MessageQueue } from './message-queue.js';

/** Java: TopicOffset. */
export const TopicOffset = record({ lastUpdateTimestamp: number(), maxOffset: number(), minOffset: number() });
/** Decoded {@link TopicOffset}. */
export type TopicOffset = BodyOf<typeof TopicOffset>;

/** The body. */
export const TopicStatsTable = defineBody({
  offsetTable: objectMap(MessageQueue, TopicOffset),
  topicPutTps: number(),
});
/** Decoded {@link TopicStatsTable}. */
export type TopicStatsTable = BodyOf<typeof TopicStatsTable>;
