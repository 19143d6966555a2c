/**
 * Header of INVOKE_BROKER_TO_RESET_OFFSET (222), and of RESET_CONSUMER_CLIENT_OFFSET (220) by which a broker hands it on to clients.
 * Main thread. Java: ResetOffsetRequestHeader.
 */
import { boolean, defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const ResetOffsetRequestHeader = defineHeader('ResetOffsetRequestHeader', {
  group: string(),
  topic: string(),
  /** Below 0: all queues. */
  queueId: int().default(-1),
  /** Where to reset one queue to; missing or -1: where `timestamp` says. */
  offset: long().optional(),
  /** Below 0: the end of the queue. */
  timestamp: long(),
  isForce: boolean(),
});
/** Decoded {@link ResetOffsetRequestHeader}. */
export type ResetOffsetRequestHeader = HeaderOf<typeof ResetOffsetRequestHeader>;
