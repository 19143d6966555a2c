/**
 * Finds a queue offset by store time in files, by binary search. Piscina pool: dozens of reads in a row, far from any client's socket.
 * Java: ConsumeQueue.binarySearchInQueueByTime. Keeps no state between tasks.
 */
import { LogReader } from '../commitlog/log-reader.js';
import { isBlankEntry } from '../consumequeue/consume-queue-entry.js';
import { ConsumeQueueReader } from '../consumequeue/consume-queue-reader.js';

/** What to search: offsets [low, high) of one queue, all of them in consume-queue files. */
export interface OffsetByTimeTask {
  readonly commitLogFolder: string;
  readonly segmentSizeBytes: number;
  readonly consumeQueueFolder: string;
  readonly consumeQueueFileSizeBytes: number;
  readonly topic: string;
  readonly queueId: number;
  readonly low: number;
  readonly high: number;
  readonly timestampMs: number;
}

/** First offset in [low, high) whose time is at least `timestampMs`, or `high`. Times of a queue never fall. A time of -1 (gone) counts as early. */
export async function firstOffsetAtOrAfter(
  low: number,
  high: number,
  timestampMs: number,
  timestampAt: (offset: number) => Promise<number>,
): Promise<number> {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if ((await timestampAt(middle)) >= timestampMs) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Entry point of the task: first offset at or after the time, or `high`. */
export async function searchOffsetByTime(task: OffsetByTimeTask): Promise<number> {
  const log = new LogReader(task.commitLogFolder, task.segmentSizeBytes);
  const queues = new ConsumeQueueReader(task.consumeQueueFolder, task.consumeQueueFileSizeBytes);
  try {
    return await firstOffsetAtOrAfter(task.low, task.high, task.timestampMs, async (offset) => {
      const [entry] = await queues.read(task.topic, task.queueId, offset, 1);
      return entry === undefined || isBlankEntry(entry) ? -1 : log.storeTimestampAt(entry.physicalOffset);
    });
  } finally {
    await Promise.all([log.close(), queues.close()]);
  }
}
