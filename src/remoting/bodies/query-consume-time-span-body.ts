/**
 * Body of the answer to QUERY_CONSUME_TIME_SPAN (303): the times of each queue's first, last and last consumed message. Main thread.
 * Java: QueryConsumeTimeSpanBody, QueueTimeSpan. Times are ms; a `…Str` is the same time for people, in the machine's time zone.
 */
import { defineBody, list, number, record, text, type BodyOf } from '../body-schema.js';
import { MessageQueue } from './message-queue.js';

/** One queue. */
export const QueueTimeSpan = record({
  consumeTimeStamp: number(),
  consumeTimeStampStr: text(),
  /** Age of the next message to be consumed; 0 if there is none. */
  delayTime: number(),
  maxTimeStamp: number(),
  maxTimeStampStr: text(),
  messageQueue: MessageQueue,
  minTimeStamp: number(),
  minTimeStampStr: text(),
});
/** Decoded {@link QueueTimeSpan}. */
export type QueueTimeSpan = BodyOf<typeof QueueTimeSpan>;

/** The body. */
export const QueryConsumeTimeSpanBody = defineBody({ consumeTimeSpanSet: list(QueueTimeSpan) });
/** Decoded {@link QueryConsumeTimeSpanBody}. */
export type QueryConsumeTimeSpanBody = BodyOf<typeof QueryConsumeTimeSpanBody>;
