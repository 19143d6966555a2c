/**
 * Offset of a queue by store time: the newest entries are searched here, older ones in the pool. Main thread.
 * Java: DefaultMessageStore.getOffsetInQueueByTime.
 */
import type { StoreSettings } from './control-message.js';
import type { MessageReader } from './message-reader.js';
import type { BoundaryType } from './message-store.js';
import { firstOffsetAtOrAfter, type OffsetByTimeTask } from './offset-by-time-task.js';
import type { Queue } from './queue-table.js';
import type { TaskPool } from './task-pool.js';

const TASK_URL = new URL('./offset-by-time-task.js', import.meta.url);

/** Searches of one store. */
export class OffsetByTime {
  readonly #pool: TaskPool;
  readonly #reader: MessageReader;
  readonly #settings: StoreSettings;
  readonly #consumeQueueFolder: string;

  constructor(pool: TaskPool, reader: MessageReader, settings: StoreSettings, consumeQueueFolder: string) {
    this.#pool = pool;
    this.#reader = reader;
    this.#settings = settings;
    this.#consumeQueueFolder = consumeQueueFolder;
  }

  /**
   * LOWER: the first offset whose store time is at least `timestampMs`, or the maximum offset when all are earlier. UPPER: the last offset whose
   * store time is at most `timestampMs`, or the minimum offset when all are later. The minimum offset for a queue without messages.
   */
  async search(queue: Queue | undefined, timestampMs: number, boundary: BoundaryType): Promise<number> {
    if (queue === undefined) return 0;
    if (queue.tail.nextOffset === queue.minOffset) return queue.minOffset;
    if (boundary === 'LOWER') return Math.max(queue.minOffset, await this.#firstAtOrAfter(queue, timestampMs));
    // Store times are whole milliseconds: the last one at or before t is just before the first one at or after t + 1.
    const after = await this.#firstAtOrAfter(queue, timestampMs + 1);
    return Math.max(queue.minOffset, after - 1);
  }

  async #firstAtOrAfter(queue: Queue, timestampMs: number): Promise<number> {
    const inTail = Math.max(queue.minOffset, queue.tail.baseOffset);
    const high = queue.tail.nextOffset;
    const timestampAt = (offset: number): Promise<number> => this.#reader.storeTimestampAt(queue, offset);
    const tailBeginsEarlier = inTail < high && (await timestampAt(inTail)) < timestampMs;
    if (tailBeginsEarlier || inTail === queue.minOffset) {
      return firstOffsetAtOrAfter(inTail, high, timestampMs, timestampAt);
    }
    const task: OffsetByTimeTask = {
      commitLogFolder: this.#settings.storePathCommitLog,
      segmentSizeBytes: this.#settings.mappedFileSizeCommitLog,
      consumeQueueFolder: this.#consumeQueueFolder,
      consumeQueueFileSizeBytes: this.#settings.mappedFileSizeConsumeQueue,
      topic: queue.topic,
      queueId: queue.queueId,
      low: queue.minOffset,
      high: inTail,
      timestampMs,
    };
    return this.#pool.run<number>(TASK_URL, 'searchOffsetByTime', task);
  }
}
