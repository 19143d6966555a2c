/**
 * One consume queue: gives out its offsets and collects its entries until they are written. Commitlog worker. Java: ConsumeQueue.
 * Invariant: minOffset <= writtenOffset <= appendedOffset <= nextOffset; entries in [writtenOffset, appendedOffset) are in `#buffer` only,
 * offsets in [appendedOffset, nextOffset) belong to records that are not written yet.
 */
import { assert } from '../base/assert.js';
import { ENTRY_BYTES, PRE_BLANK_SIZE_BYTES, writeEntry } from './consume-queue-entry.js';
import type { ConsumeQueueFiles } from './consume-queue-files.js';

/** A queue with so many entries in memory is written without waiting for the next round. */
export const BUFFERED_ENTRIES_FULL = 512;
const NO_BYTES = Buffer.alloc(0);

/** The writing end of one queue. */
export class ConsumeQueueWriter {
  readonly topic: string;
  readonly queueId: number;
  /** The first entry whose record is still in the log; `nextOffset` if there is none. Java: minLogicOffset. */
  minOffset: number;
  /** Physical offset of the record at `minOffset`, or -1 when it was not looked at. */
  minPhysicalOffset = -1;
  /** True once files before `minOffset` were looked for: a crash may have left some. */
  isTrimmed = false;
  /** Offset that the next record gets. */
  nextOffset: number;
  /** True once its topic is deleted: what is buffered goes nowhere. */
  isDeleted = false;
  readonly #files: ConsumeQueueFiles;
  #appendedOffset: number;
  #writtenOffset: number;
  /** True until something is in the queue's files, which then need blanks before it. */
  #isNew: boolean;
  /** Borrowed while there are entries: with ten thousands of queues, what each had once needed came to hundreds of MB. */
  #buffer: Buffer = NO_BYTES;

  /** A queue with entries [minOffset, nextOffset) in its files; `isNew` says there are no files yet. */
  constructor(
    files: ConsumeQueueFiles,
    topic: string,
    queueId: number,
    minOffset: number,
    nextOffset: number,
    isNew: boolean,
  ) {
    assert(minOffset >= 0 && minOffset <= nextOffset, 'a queue begins before it ends');
    this.#files = files;
    this.topic = topic;
    this.queueId = queueId;
    this.minOffset = minOffset;
    this.nextOffset = nextOffset;
    this.#appendedOffset = nextOffset;
    this.#writtenOffset = nextOffset;
    this.#isNew = isNew;
  }

  /** Made when it is needed: kept, it would be a quarter of what a queue takes. */
  get folder(): string {
    return this.#files.folderOf(this.topic, this.queueId);
  }

  /** End of the entries that the operating system has. */
  get writtenOffset(): number {
    return this.#writtenOffset;
  }

  /** Entries that are only in memory. */
  get bufferedCount(): number {
    return this.#appendedOffset - this.#writtenOffset;
  }

  /** Adds the entry of the oldest record whose offset was given out. The caller writes soon once `bufferedCount` is at its bound. */
  append(physicalOffset: number, sizeBytes: number, tagsCode: number): void {
    assert(this.#appendedOffset < this.nextOffset, 'an entry has an offset that was given out');
    const position = this.bufferedCount * ENTRY_BYTES;
    if (position === this.#buffer.length) this.#grow();
    writeEntry(this.#buffer, position, physicalOffset, sizeBytes, tagsCode);
    this.#appendedOffset++;
  }

  /** Gives the buffered entries to the operating system; when it throws they stay buffered. */
  write(): void {
    if (this.bufferedCount === 0) return;
    if (!this.isDeleted) {
      if (this.#isNew) this.#fillPreBlank();
      this.#files.write(this.folder, this.#buffer, 0, this.bufferedCount * ENTRY_BYTES, this.#writtenOffset);
      this.#isNew = false;
    }
    this.#writtenOffset = this.#appendedOffset;
    this.#files.buffers.giveBack(this.#buffer);
    this.#buffer = NO_BYTES;
  }

  #grow(): void {
    const larger = this.#files.buffers.larger(this.#buffer.length);
    this.#buffer.copy(larger);
    this.#files.buffers.giveBack(this.#buffer);
    this.#buffer = larger;
  }

  /** Compat: Apache's readers take zeros for a queue's end, so the first file has no hole before the first entry. */
  #fillPreBlank(): void {
    const entriesPerFile = this.#files.fileSizeBytes / ENTRY_BYTES;
    const count = this.#writtenOffset % entriesPerFile;
    if (count === 0) return;
    const blanks = Buffer.alloc(count * ENTRY_BYTES);
    for (let i = 0; i < count; i++) writeEntry(blanks, i * ENTRY_BYTES, 0, PRE_BLANK_SIZE_BYTES, 0);
    this.#files.write(this.folder, blanks, 0, blanks.length, this.#writtenOffset - count);
  }
}
