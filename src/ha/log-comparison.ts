/**
 * Compares what the master sends with this slave's own log, from a record on that it has up to its end. HA thread. Java: none.
 * Invariant: holds one block of whole records of the own log; tells of records only that were compared to the last byte.
 */
import { assert } from '../base/assert.js';
import { headKindAt } from '../commitlog/record-check.js';
import { BLANK_SIZE_MIN, RECORD } from '../message/stored-record.js';
import type { LogSource } from './log-source.js';

/** Bytes that are read of the own log at a time, but for a single record that is larger. */
const BLOCK_BYTES = 256 * 1024;
const HEAD_BYTES = 8;
const NO_BYTES = Buffer.alloc(0);

/** How far two logs are the same. */
export interface Agreement {
  /** End of the last record, or of the blank after it, that both have. */
  readonly agreedOffset: number;
  /** Where that record begins; -1 when there is none. */
  readonly lastRecordOffset: number;
}

/** What a comparison works with. */
export interface LogComparisonParts {
  readonly log: Pick<LogSource, 'read' | 'segmentStart' | 'segmentSizeBytes'>;
  /** Where the own log has a record. */
  readonly fromOffset: number;
  /** Where in that record the master begins to send. */
  readonly firstOffset: number;
  /** Where it ends. */
  readonly endOffset: number;
  /** The next block is there: what `take` has left can be taken. */
  readonly onReady: () => void;
  /** The own log cannot be read. */
  readonly onFailure: (error: unknown) => void;
}

/** One comparison; for each connection another. */
export class LogComparison {
  readonly #parts: LogComparisonParts;
  /** Whole records of the own log, or the head of a blank. */
  #block: Buffer = NO_BYTES;
  #blockStart: number;
  #isBlank = false;
  #isLoading = false;
  #offset: number;
  #agreed: Agreement;
  #isDifferent = false;

  constructor(parts: LogComparisonParts) {
    assert(
      parts.fromOffset <= parts.firstOffset && parts.firstOffset < parts.endOffset,
      'there is something to compare',
    );
    this.#parts = parts;
    this.#blockStart = parts.fromOffset;
    this.#offset = parts.firstOffset;
    this.#agreed = { agreedOffset: parts.fromOffset, lastRecordOffset: -1 };
  }

  /** Everything up to here is the same, or the rest of a blank. */
  get offset(): number {
    return this.#offset;
  }

  /** True when the whole own log from the beginning on was found at the master. */
  get isDone(): boolean {
    return this.#offset === this.#parts.endOffset;
  }

  /** True when a byte was another one. */
  get isDifferent(): boolean {
    return this.#isDifferent;
  }

  /** How far whole records agree. */
  get agreement(): Agreement {
    let { agreedOffset, lastRecordOffset } = this.#agreed;
    if (this.#isBlank)
      return this.#offset === this.#blockEnd ? { agreedOffset: this.#offset, lastRecordOffset } : this.#agreed;
    for (let at = 0; at < this.#block.length;) {
      const end = at + this.#block.readInt32BE(at + RECORD.TOTAL_SIZE);
      if (this.#blockStart + end > this.#offset) break;
      lastRecordOffset = this.#blockStart + at;
      agreedOffset = this.#blockStart + end;
      at = end;
    }
    return { agreedOffset, lastRecordOffset };
  }

  /** Takes bytes that follow the last ones; returns how many were the same. Fewer than there are: a difference, the end, or the next block is being read. */
  take(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && !this.isDone && !this.#isDifferent) {
      const left = this.#blockEnd - this.#offset;
      if (left <= 0) {
        this.#loadNext();
        break;
      }
      const length = Math.min(left, chunk.length - at);
      const same = this.#sameBytes(chunk, at, length);
      this.#offset += same;
      at += same;
      this.#isDifferent = same < length;
    }
    return at;
  }

  /** Of a blank the head is compared: what Apache leaves behind it is nobody's. */
  get #blockEnd(): number {
    if (!this.#isBlank) return this.#blockStart + this.#block.length;
    return this.#segmentEnd(this.#blockStart);
  }

  #segmentEnd(offset: number): number {
    const { log } = this.#parts;
    return log.segmentStart(offset) + log.segmentSizeBytes;
  }

  #sameBytes(chunk: Buffer, at: number, length: number): number {
    const position = this.#offset - this.#blockStart;
    const compared = Math.min(length, Math.max(0, this.#block.length - position));
    if (compared === 0) return length;
    if (chunk.compare(this.#block, position, position + compared, at, at + compared) === 0) return length;
    for (let i = 0; i < compared; i++) if (chunk[at + i] !== this.#block[position + i]) return i;
    return compared;
  }

  #loadNext(): void {
    if (this.#isLoading) return;
    this.#agreed = this.agreement;
    this.#isLoading = true;
    this.#load().then(
      () => {
        this.#isLoading = false;
        this.#parts.onReady();
      },
      (error: unknown) => this.#parts.onFailure(error),
    );
  }

  async #load(): Promise<void> {
    const { endOffset } = this.#parts;
    const start = this.#blockEnd;
    const roomBytes = this.#segmentEnd(start) - start;
    const readable = Math.min(roomBytes, endOffset - start);
    let block = await this.#read(start, Math.min(BLOCK_BYTES, readable));
    const kind = headKindAt(block, 0, roomBytes);
    const sizeBytes = block.readInt32BE(RECORD.TOTAL_SIZE);
    if (kind === 'end' || sizeBytes > readable) throw new Error(`this log has no record at ${start}`);
    if (kind === 'record' && sizeBytes > block.length) block = await this.#read(start, sizeBytes);
    this.#isBlank = kind === 'blank';
    this.#blockStart = start;
    this.#block = this.#isBlank ? block.subarray(0, BLANK_SIZE_MIN) : block.subarray(0, endOfRecords(block, roomBytes));
    assert(this.#block.length > 0, 'a block has a record or the head of a blank');
  }

  async #read(physicalOffset: number, sizeBytes: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(Math.max(HEAD_BYTES, sizeBytes));
    if (await this.#parts.log.read(physicalOffset, sizeBytes, bytes, 0)) return bytes;
    throw new Error(`this log cannot be read at ${physicalOffset}`);
  }
}

/** End of the last whole record of a block that begins with one. */
function endOfRecords(block: Buffer, roomBytes: number): number {
  let end = 0;
  while (block.length - end >= HEAD_BYTES && headKindAt(block, end, roomBytes - end) === 'record') {
    const sizeBytes = block.readInt32BE(end + RECORD.TOTAL_SIZE);
    if (end + sizeBytes > block.length) break;
    end += sizeBytes;
  }
  return end;
}
