/**
 * Serves pulls: entries from the queue's tail or its files, records from the log tail window, the blocks read ahead or the segments. Main thread.
 * Java: DefaultMessageStore.getMessage.
 * Invariant: what keeps up with the log is served within the call, without a promise or a system call; so are most pulls of one that catches up
 * from front to back. The result is the caller's own.
 */
import { LogReadAhead } from '../commitlog/log-read-ahead.js';
import { isRecordHead, type LogReader } from '../commitlog/log-reader.js';
import { type ConsumeQueueEntry, isBlankEntry } from '../consumequeue/consume-queue-entry.js';
import { isExtAddress } from '../consumequeue/consume-queue-ext.js';
import type { ConsumeQueueReader } from '../consumequeue/consume-queue-reader.js';
import { ENTRIES_AHEAD, indexInRun, ReadRuns } from '../consumequeue/read-runs.js';
import type { LogTailWindowReader } from '../ring/log-tail-window.js';
import { found, notFound, outOfRange } from './get-results.js';
import { type GetResult, GetStatus, type QueueEntries, type QueueEntry, type TagsCodeFilter } from './message-store.js';
import type { Queue } from './queue-table.js';

/** Entries looked at in one pull when a filter passes few of them. Java: maxFilterMessageSize / 20. */
export const ENTRIES_SCANNED_MAX = 800;
/** Records this far apart are read one by one; closer together, in one read with what lies between them. */
const SPAN_WASTE_FACTOR = 4;
const SPAN_BYTES_MAX = 4 * 1024 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** What one pull may take. */
export interface PullLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly filter: TagsCodeFilter | undefined;
}

/** The records chosen for one pull, in order. */
class Selection {
  readonly physicalOffsets: number[] = [];
  readonly sizes: number[] = [];
  totalBytes = 0;
  readonly beginOffset: number;
  nextBeginOffset: number;
  /** Goes on where a pull before it ended; undefined when it was not looked at. */
  isGoingOn: boolean | undefined;
  readonly #limits: PullLimits;

  constructor(offset: number, limits: PullLimits) {
    this.beginOffset = offset;
    this.nextBeginOffset = offset;
    this.#limits = limits;
  }

  /** Passes over the entry at `nextBeginOffset`, which stands for no message. */
  pass(): void {
    this.nextBeginOffset++;
  }

  /** Takes or passes over the entry at `nextBeginOffset`; false when the pull is full and it stays for the next one. */
  offer(physicalOffset: number, sizeBytes: number, tagsCode: number): boolean {
    const { filter, maxBytes, maxCount } = this.#limits;
    // Of an extension unit that is lost nothing is known: the client looks at the tags itself.
    if (filter !== undefined && !filter(tagsCode) && !isExtAddress(tagsCode)) {
      this.nextBeginOffset++;
      return true;
    }
    const isFull = this.sizes.length >= maxCount || (this.sizes.length > 0 && this.totalBytes + sizeBytes > maxBytes);
    if (isFull) return false;
    this.physicalOffsets.push(physicalOffset);
    this.sizes.push(sizeBytes);
    this.totalBytes += sizeBytes;
    this.nextBeginOffset++;
    return true;
  }
}

/** End of its last record in the log. */
function endOf({ physicalOffsets, sizes }: Selection): number {
  const last = sizes.length - 1;
  return (physicalOffsets[last] ?? 0) + (sizes[last] ?? 0);
}

/** True if little else lies between its records. */
function isDense(selection: Selection): boolean {
  const spanBytes = endOf(selection) - (selection.physicalOffsets[0] ?? 0);
  return spanBytes <= Math.min(SPAN_BYTES_MAX, selection.totalBytes * SPAN_WASTE_FACTOR);
}

/** The read side of a store. */
export class MessageReader {
  readonly #window: LogTailWindowReader;
  readonly #log: LogReader;
  readonly #consumeQueues: ConsumeQueueReader;
  // Hot: a pull of a backlog, 32 of 1 KiB, cost two reads by promises, 290 µs with all their work.
  readonly #runs = new ReadRuns<Queue>();
  readonly #blocks: LogReadAhead;

  constructor(window: LogTailWindowReader, log: LogReader, consumeQueues: ConsumeQueueReader) {
    this.#window = window;
    this.#log = log;
    this.#consumeQueues = consumeQueues;
    this.#blocks = new LogReadAhead(log, () => window.oldestOffset);
  }

  /** Messages of `queue` from `offset` on. */
  get(queue: Queue | undefined, offset: number, limits: PullLimits): GetResult | Promise<GetResult> {
    if (queue === undefined || offset < queue.minOffset || offset >= queue.tail.nextOffset) {
      return outOfRange(queue, offset);
    }
    return offset < queue.tail.baseOffset
      ? this.#getFromFiles(queue, offset, limits)
      : this.#getFromTail(queue, offset, limits);
  }

  /** Entries of `queue` from `offset` on, at most `maxCount`. */
  entries(queue: Queue | undefined, offset: number, maxCount: number): QueueEntries | Promise<QueueEntries> {
    if (queue === undefined || offset < queue.minOffset || offset >= queue.tail.nextOffset) {
      return { entries: [], nextOffset: offset };
    }
    const { tail } = queue;
    if (offset < tail.baseOffset) return this.#entriesFromFiles(queue, offset, maxCount);
    const nextOffset = Math.min(tail.nextOffset, offset + maxCount);
    const entries: QueueEntry[] = [];
    for (let at = offset; at < nextOffset; at++) {
      entries.push({
        queueOffset: at,
        physicalOffset: tail.physicalOffsetAt(at),
        sizeBytes: tail.sizeAt(at),
        tagsCode: tail.tagsCodeAt(at),
      });
    }
    return { entries, nextOffset };
  }

  async #entriesFromFiles({ topic, queueId, tail }: Queue, offset: number, maxCount: number): Promise<QueueEntries> {
    // What the tail holds may not be in the file yet.
    const count = Math.min(maxCount, tail.baseOffset - offset);
    const entries: QueueEntry[] = [];
    let nextOffset = offset;
    for (const entry of await this.#consumeQueues.read(topic, queueId, offset, count)) {
      if (entry.sizeBytes === 0) break;
      if (!isBlankEntry(entry)) entries.push({ queueOffset: nextOffset, ...entry });
      nextOffset++;
    }
    return { entries, nextOffset };
  }

  /** Store time of the message at `offset`, ms, or -1. */
  async storeTimestampAt(queue: Queue | undefined, offset: number): Promise<number> {
    if (queue === undefined || offset < queue.minOffset || offset >= queue.tail.nextOffset) return -1;
    if (offset >= queue.tail.baseOffset) return this.#log.storeTimestampAt(queue.tail.physicalOffsetAt(offset));
    const [entry] = await this.#consumeQueues.read(queue.topic, queue.queueId, offset, 1);
    return entry === undefined || isBlankEntry(entry) ? -1 : this.#log.storeTimestampAt(entry.physicalOffset);
  }

  #getFromTail(queue: Queue, offset: number, limits: PullLimits): GetResult | Promise<GetResult> {
    const { tail } = queue;
    const selection = new Selection(offset, limits);
    const end = Math.min(tail.nextOffset, offset + Math.max(ENTRIES_SCANNED_MAX, limits.maxCount));
    for (let at = offset; at < end; at++) {
      if (!selection.offer(tail.physicalOffsetAt(at), tail.sizeAt(at), tail.tagsCodeAt(at))) break;
    }
    return this.#finish(queue, selection);
  }

  #getFromFiles(queue: Queue, offset: number, limits: PullLimits): GetResult | Promise<GetResult> {
    const run = this.#runs.expected(queue, offset);
    const inFiles = queue.tail.baseOffset - offset;
    const index = run === undefined ? -1 : indexInRun(run, offset, Math.min(limits.maxCount, inFiles));
    return run === undefined || index < 0
      ? this.#readFromFiles(queue, offset, limits)
      : this.#select(queue, offset, limits, run.entries, index);
  }

  async #readFromFiles(queue: Queue, offset: number, limits: PullLimits): Promise<GetResult> {
    const wanted = limits.filter === undefined ? limits.maxCount : Math.max(ENTRIES_SCANNED_MAX, limits.maxCount);
    const ahead = this.#runs.expected(queue, offset) === undefined ? 0 : ENTRIES_AHEAD;
    // What the tail holds may not be in the file yet.
    const count = Math.min(Math.max(wanted, ahead), queue.tail.baseOffset - offset);
    const entries = await this.#consumeQueues.read(queue.topic, queue.queueId, offset, count);
    const run = this.#runs.expected(queue, offset);
    if (run !== undefined) {
      run.firstOffset = offset;
      // What cannot be there yet, or not any more, is looked for again.
      const missing = entries.findIndex(({ sizeBytes }) => sizeBytes === 0);
      run.entries = missing < 0 ? entries : entries.slice(0, missing);
    }
    return this.#select(queue, offset, limits, entries, 0);
  }

  /** Takes what the pull wants of `entries`, the first of which, at `offset`, has the index `first`. */
  #select(
    queue: Queue,
    offset: number,
    limits: PullLimits,
    entries: readonly ConsumeQueueEntry[],
    first: number,
  ): GetResult | Promise<GetResult> {
    const selection = new Selection(offset, limits);
    const end = Math.min(entries.length, first + Math.max(ENTRIES_SCANNED_MAX, limits.maxCount));
    for (let index = first; index < end; index++) {
      const entry = entries[index];
      if (entry === undefined || entry.sizeBytes === 0) break;
      if (isBlankEntry(entry)) selection.pass();
      else if (!selection.offer(entry.physicalOffset, entry.sizeBytes, entry.tagsCode)) break;
    }
    selection.isGoingOn = this.#runs.passed(queue, offset, selection.nextBeginOffset);
    // Entries that the file lacks can only be ones that have been deleted since: the next pull sees the new minimum.
    if (selection.nextBeginOffset === offset) {
      return notFound(
        GetStatus.OFFSET_FOUND_NULL,
        Math.max(offset, queue.minOffset),
        queue.minOffset,
        queue.tail.nextOffset,
      );
    }
    return this.#finish(queue, selection);
  }

  #finish(queue: Queue, selection: Selection): GetResult | Promise<GetResult> {
    const { nextBeginOffset, physicalOffsets, sizes, totalBytes } = selection;
    if (sizes.length === 0) {
      return notFound(GetStatus.NO_MATCHED_MESSAGE, nextBeginOffset, queue.minOffset, queue.tail.nextOffset);
    }
    const body = Buffer.allocUnsafe(totalBytes);
    let at = 0;
    for (let i = 0; i < sizes.length; i++) {
      const size = sizes[i] ?? 0;
      if (!this.#window.copyOut(physicalOffsets[i] ?? 0, size, body, at))
        return this.#finishBehind(queue, selection, body);
      at += size;
    }
    return found(queue, nextBeginOffset, body, sizes.length);
  }

  /** For records that the window does not have. A consumer who goes on where it was finds them in the blocks. */
  #finishBehind(queue: Queue, selection: Selection, body: Buffer): GetResult | Promise<GetResult> {
    const { nextBeginOffset, sizes } = selection;
    selection.isGoingOn ??= this.#runs.passed(queue, selection.beginOffset, nextBeginOffset);
    if (!selection.isGoingOn || !isDense(selection)) return this.#finishFromLog(queue, selection, body);
    const end = endOf(selection);
    this.#blocks.advance(end);
    if (this.#copyFromBlocks(selection, body)) return found(queue, nextBeginOffset, body, sizes.length);
    return this.#blocks
      .load(selection.physicalOffsets[0] ?? 0, end)
      .then(() =>
        this.#copyFromBlocks(selection, body)
          ? found(queue, nextBeginOffset, body, sizes.length)
          : this.#finishFromLog(queue, selection, body),
      );
  }

  /** False when a record is in no block, or is not what should be there. */
  #copyFromBlocks({ physicalOffsets, sizes }: Selection, body: Buffer): boolean {
    let at = 0;
    for (let i = 0; i < sizes.length; i++) {
      const size = sizes[i] ?? 0;
      const physicalOffset = physicalOffsets[i] ?? 0;
      if (!this.#blocks.copyOut(physicalOffset, size, body, at)) return false;
      if (!isRecordHead(body, at, size, physicalOffset)) return false;
      at += size;
    }
    return true;
  }

  async #finishFromLog(queue: Queue, selection: Selection, body: Buffer): Promise<GetResult> {
    const { count, sizeBytes } = await this.#readRecords(selection, body);
    const { nextBeginOffset } = selection;
    // What is gone or damaged is stepped over, as Apache does with what it cannot map.
    if (count > 0) return found(queue, nextBeginOffset, body.subarray(0, sizeBytes), count);
    return notFound(GetStatus.MESSAGE_WAS_REMOVING, nextBeginOffset, queue.minOffset, queue.tail.nextOffset);
  }

  /** Fills `body` with those of the selected records that are there. */
  async #readRecords(selection: Selection, body: Buffer): Promise<{ count: number; sizeBytes: number }> {
    const { physicalOffsets, sizes } = selection;
    const first = physicalOffsets[0] ?? 0;
    const spanBytes = endOf(selection) - first;
    const isClose = isDense(selection);
    const span = isClose ? Buffer.allocUnsafe(spanBytes) : NO_BYTES;
    const inOneRead = isClose && (await this.#log.read(first, span, 0, spanBytes));
    let at = 0;
    let count = 0;
    for (let i = 0; i < sizes.length; i++) {
      const size = sizes[i] ?? 0;
      const offset = physicalOffsets[i] ?? 0;
      if (inOneRead) span.copy(body, at, offset - first, offset - first + size);
      else if (!(await this.#log.read(offset, body, at, at + size))) continue;
      if (!isRecordHead(body, at, size, offset)) continue;
      at += size;
      count++;
    }
    return { count, sizeBytes: at };
  }
}
