/**
 * Serves pulls that filter by properties: the newest messages are looked through here, in the log tail window, older ones in the pool.
 * Main thread. Java: DefaultMessageStore.getMessage with ExpressionMessageFilter.
 * Invariant: one pull costs this thread at most ENTRIES_SCANNED_MAX messages and SCAN_COST_MAX; the rest waits for the next pull, which the
 * client is asked to send at once.
 */
import type { PropertyFilter } from '../filter/property-filter.js';
import type { LogTailWindowReader } from '../ring/log-tail-window.js';
import type { StoreSettings } from './control-message.js';
import type { ScanEntries } from './filter-scan-task.js';
import { FilterScans } from './filter-scans.js';
import { found, notFound, outOfRange } from './get-results.js';
import { ENTRIES_SCANNED_MAX } from './message-reader.js';
import { type GetResult, GetStatus } from './message-store.js';
import type { Queue } from './queue-table.js';
import type { TaskPool } from './task-pool.js';

/** Most that judging the messages of one pull may cost on this thread, as PropertyFilter measures it: some 2 ms. */
const SCAN_COST_MAX = 2_000_000;

/** What one pull may take. */
export interface FilteredPullLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly filter: PropertyFilter;
}

/** See the file's comment. */
export class FilteredReader {
  readonly #window: LogTailWindowReader;
  readonly #settings: StoreSettings;
  readonly #consumeQueueFolder: string;
  readonly #scans: FilterScans;

  constructor(
    pool: Pick<TaskPool, 'run'>,
    window: LogTailWindowReader,
    settings: StoreSettings,
    consumeQueueFolder: string,
  ) {
    this.#scans = new FilterScans(pool);
    this.#window = window;
    this.#settings = settings;
    this.#consumeQueueFolder = consumeQueueFolder;
  }

  /** Wanted messages of `queue` from `offset` on. */
  get(queue: Queue | undefined, offset: number, limits: FilteredPullLimits): GetResult | Promise<GetResult> {
    if (queue === undefined || offset < queue.minOffset || offset >= queue.tail.nextOffset) {
      return outOfRange(queue, offset);
    }
    const isInTail = offset >= queue.tail.baseOffset;
    return (isInTail ? this.#scanWindow(queue, offset, limits) : undefined) ?? this.#scanFiles(queue, offset, limits);
  }

  /** See MessageStore. */
  matchInMemory(queue: Queue | undefined, offset: number, filter: PropertyFilter): boolean | undefined {
    if (queue === undefined || offset < queue.tail.baseOffset || offset >= queue.tail.nextOffset) return undefined;
    return this.#window.inspect(queue.tail.physicalOffsetAt(offset), queue.tail.sizeAt(offset), filter);
  }

  /** No scan is begun any more; those under way are answered. */
  stop(): void {
    this.#scans.stop();
  }

  /** Undefined if the records are not all in the window any more. */
  #scanWindow(queue: Queue, offset: number, limits: FilteredPullLimits): GetResult | undefined {
    const { tail } = queue;
    const { filter, maxCount, maxBytes } = limits;
    const end = Math.min(tail.nextOffset, offset + Math.max(ENTRIES_SCANNED_MAX, maxCount));
    const wanted: number[] = [];
    let totalBytes = 0;
    let cost = 0;
    let at = offset;
    for (; at < end && wanted.length < maxCount && cost < SCAN_COST_MAX; at++) {
      const sizeBytes = tail.sizeAt(at);
      const isMatch = this.#window.inspect(tail.physicalOffsetAt(at), sizeBytes, filter);
      if (isMatch === undefined) return undefined;
      cost += filter.lastCost;
      if (!isMatch) continue;
      if (wanted.length > 0 && totalBytes + sizeBytes > maxBytes) break;
      wanted.push(at);
      totalBytes += sizeBytes;
    }
    if (wanted.length === 0) return notFound(GetStatus.NO_MATCHED_MESSAGE, at, queue.minOffset, tail.nextOffset);
    const body = this.#copyFromWindow(queue, wanted, totalBytes);
    return body === undefined ? undefined : found(queue, at, body, wanted.length);
  }

  #copyFromWindow({ tail }: Queue, offsets: readonly number[], totalBytes: number): Buffer | undefined {
    const body = Buffer.allocUnsafe(totalBytes);
    let end = 0;
    for (const offset of offsets) {
      const sizeBytes = tail.sizeAt(offset);
      if (!this.#window.copyOut(tail.physicalOffsetAt(offset), sizeBytes, body, end)) return undefined;
      end += sizeBytes;
    }
    return body;
  }

  async #scanFiles(queue: Queue, offset: number, limits: FilteredPullLimits): Promise<GetResult> {
    const { maxCount, maxBytes, filter } = limits;
    const { tail } = queue;
    const wanted = Math.max(ENTRIES_SCANNED_MAX, maxCount);
    const isInTail = offset >= tail.baseOffset;
    const count = Math.min(wanted, (isInTail ? tail.nextOffset : tail.baseOffset) - offset);
    const result = await this.#scans.run(queue.key, {
      commitLogFolder: this.#settings.storePathCommitLog,
      segmentSizeBytes: this.#settings.mappedFileSizeCommitLog,
      consumeQueueFolder: this.#consumeQueueFolder,
      consumeQueueFileSizeBytes: this.#settings.mappedFileSizeConsumeQueue,
      topic: queue.topic,
      queueId: queue.queueId,
      offset,
      count,
      // What the tail holds may not be in the file yet.
      entries: isInTail ? entriesOfTail(queue, offset, count) : undefined,
      filter: filter.spec,
      maxCount,
      maxBytes,
    });
    const { nextOffset, records, messageCount, isIncomplete } = result;
    if (messageCount > 0) {
      return found(queue, nextOffset, Buffer.from(records.buffer, records.byteOffset, records.length), messageCount);
    }
    // No entry at all can only mean that they have been deleted since: the next pull sees the new minimum.
    const isGone = nextOffset === offset;
    const status = isGone
      ? GetStatus.OFFSET_FOUND_NULL
      : isIncomplete
        ? GetStatus.MESSAGE_WAS_REMOVING
        : GetStatus.NO_MATCHED_MESSAGE;
    return notFound(status, Math.max(nextOffset, queue.minOffset), queue.minOffset, tail.nextOffset);
  }
}

function entriesOfTail({ tail }: Queue, offset: number, count: number): ScanEntries {
  const physicalOffsets = new Float64Array(count);
  const sizes = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    physicalOffsets[i] = tail.physicalOffsetAt(offset + i);
    sizes[i] = tail.sizeAt(offset + i);
  }
  return { physicalOffsets, sizes };
}
