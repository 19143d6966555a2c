/**
 * What a read answers, made in one place for all kinds of reads. Main thread. Java: GetMessageResult.
 */
import { type GetResult, GetStatus } from './message-store.js';
import type { Queue } from './queue-table.js';

const NO_BYTES = Buffer.alloc(0);

/** Messages. */
export function found(queue: Queue, nextBeginOffset: number, body: Buffer, messageCount: number): GetResult {
  return {
    status: GetStatus.FOUND,
    nextBeginOffset,
    minOffset: queue.minOffset,
    maxOffset: queue.tail.nextOffset,
    body,
    messageCount,
  };
}

/** No message, and why. */
export function notFound(status: GetStatus, nextBeginOffset: number, minOffset: number, maxOffset: number): GetResult {
  return { status, nextBeginOffset, minOffset, maxOffset, body: NO_BYTES, messageCount: 0 };
}

/** The answer for an offset at which `queue` has no message, or for no queue. */
export function outOfRange(queue: Queue | undefined, offset: number): GetResult {
  if (queue === undefined) return notFound(GetStatus.NO_MATCHED_LOGIC_QUEUE, 0, 0, 0);
  const { minOffset } = queue;
  const maxOffset = queue.tail.nextOffset;
  if (maxOffset === 0) return notFound(GetStatus.NO_MESSAGE_IN_QUEUE, 0, minOffset, maxOffset);
  if (offset < minOffset) return notFound(GetStatus.OFFSET_TOO_SMALL, minOffset, minOffset, maxOffset);
  if (offset === maxOffset) return notFound(GetStatus.OFFSET_OVERFLOW_ONE, offset, minOffset, maxOffset);
  return notFound(GetStatus.OFFSET_OVERFLOW_BADLY, maxOffset, minOffset, maxOffset);
}
