/**
 * The filter expressions of consumer groups: the content of consumerFilter.json. Main thread.
 * Java: ConsumerFilterManager, FilterDataMapByTopic and ConsumerFilterData, as fastjson writes them.
 */
import { defineBody, flag, intArray, number, optional, record, text, textMap, type BodyOf } from '../body-schema.js';

/** Which bits stand for a group and topic in the bitmaps of Apache's extended consume queues. Java: BloomFilterData. */
export const BloomFilterData = record({ bitNum: number(), bitPos: intArray() });
/** Decoded {@link BloomFilterData}. */
export type BloomFilterData = BodyOf<typeof BloomFilterData>;

/** A group's expression for one topic. Times are ms since the epoch; `deadTime` 0 says that the group is online. */
export const ConsumerFilterData = record({
  bloomFilterData: optional(BloomFilterData),
  bornTime: number(),
  clientVersion: number(),
  consumerGroup: text(),
  /** Follows from the times; written because Apache does. */
  dead: flag(),
  deadTime: number(),
  expression: text(),
  expressionType: text('SQL92'),
  topic: text(),
});
/** Decoded {@link ConsumerFilterData}. */
export type ConsumerFilterData = BodyOf<typeof ConsumerFilterData>;

/** The body: by topic, then group. */
export const ConsumerFilterTable = defineBody({
  filterDataByTopic: textMap(record({ groupFilterData: textMap(ConsumerFilterData), topic: text() })),
});
/** Decoded {@link ConsumerFilterTable}. */
export type ConsumerFilterTable = BodyOf<typeof ConsumerFilterTable>;
