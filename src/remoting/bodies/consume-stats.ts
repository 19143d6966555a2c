/** Body of the answer to GET_CONSUME_STATS (208): where a group is in each queue, and where the queue ends. Main thread. Java: ConsumeStats. */
import { defineBody, number, objectMap, record, type BodyOf } from '../body-schema.js';
import { MessageQueue } from './message-queue.js';

/** Java: OffsetWrapper. */
export const OffsetWrapper = record({
  brokerOffset: number(),
  consumerOffset: number(),
  /** Store time of the last message consumed, ms; 0 if there is none. */
  lastTimestamp: number(),
  pullOffset: number(),
});
/** Decoded {@link OffsetWrapper}. */
export type OffsetWrapper = BodyOf<typeof OffsetWrapper>;

/** The body. */
export const ConsumeStats = defineBody({ consumeTps: number(), offsetTable: objectMap(MessageQueue, OffsetWrapper) });
/** Decoded {@link ConsumeStats}. */
export type ConsumeStats = BodyOf<typeof ConsumeStats>;
