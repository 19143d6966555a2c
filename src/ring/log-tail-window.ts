/**
 * The last bytes of the log in shared memory, byte `physicalOffset` at `physicalOffset mod size`. The commitlog worker writes (and
 * writes its segments from here), the main thread and the HA thread read without a system call.
 *
 *     0    i64  reservedOffset  end of what the worker has begun to write; bytes below reservedOffset - size are overtaken
 *     8    i64  visibleOffset   end of what readers may read
 *     16   i64  beginOffset     first offset that was ever in this window (the log's end at start)
 *     64   data
 *
 * Why a torn read is found: the worker raises reservedOffset before it overwrites; a reader copies, then reads reservedOffset: if it is
 * not more than `size` past the copy's first byte, no byte of the copy had been touched.
 */
import { assert } from '../base/assert.js';

const RESERVED = 0;
const VISIBLE = 1;
const BEGIN = 2;
const DATA_BYTES = 64;

/** Makes the memory of a window of `sizeBytes`, a power of two, at least twice the largest record. */
export function allocateLogTailWindow(sizeBytes: number): SharedArrayBuffer {
  assert(
    sizeBytes >= 1 << 16 && (sizeBytes & (sizeBytes - 1)) === 0,
    'the log tail window is a power of two of at least 64 KiB',
  );
  return new SharedArrayBuffer(DATA_BYTES + sizeBytes);
}

/** The commitlog worker's end. */
export class LogTailWindowWriter {
  readonly sizeBytes: number;
  /** The window's bytes, for writing segments straight from it. */
  readonly bytes: Buffer;
  readonly #words: BigInt64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new BigInt64Array(memory, 0, DATA_BYTES / 8);
    this.bytes = Buffer.from(memory, DATA_BYTES);
    this.sizeBytes = this.bytes.length;
  }

  /** Begins at the log's end: nothing before it is in the window. Again when an empty log is moved to its master's offset. */
  begin(physicalOffset: number): void {
    Atomics.store(this.#words, BEGIN, BigInt(physicalOffset));
    Atomics.store(this.#words, RESERVED, BigInt(physicalOffset));
    Atomics.store(this.#words, VISIBLE, BigInt(physicalOffset));
  }

  /** Says that bytes up to `endOffset` are about to be written. Comes before any `copyIn` of them. */
  reserve(endOffset: number): void {
    Atomics.store(this.#words, RESERVED, BigInt(endOffset));
  }

  /** Copies `source[start, end)` to `physicalOffset`, around the window's end if need be. */
  copyIn(source: Buffer, start: number, end: number, physicalOffset: number): void {
    assert(end - start <= this.sizeBytes, 'one copy fits the window');
    const position = this.positionOf(physicalOffset);
    const untilEnd = this.sizeBytes - position;
    if (end - start <= untilEnd) {
      source.copy(this.bytes, position, start, end);
      return;
    }
    source.copy(this.bytes, position, start, start + untilEnd);
    source.copy(this.bytes, 0, start + untilEnd, end);
  }

  /** Index in `bytes` of a physical offset. Offsets pass 2^32, so no bit operations. */
  positionOf(physicalOffset: number): number {
    return physicalOffset % this.sizeBytes;
  }

  /** Lets readers read up to `endOffset`. */
  publish(endOffset: number): void {
    Atomics.store(this.#words, VISIBLE, BigInt(endOffset));
  }
}

/** Answers a question about the record in `source[position, limit)`, which may be overwritten meanwhile: it must bear any bytes. */
export interface RecordInspector {
  isMatch(source: Buffer, position: number, limit: number): boolean;
}

/** A reader's end, on any thread. */
export class LogTailWindowReader {
  readonly sizeBytes: number;
  readonly #words: BigInt64Array;
  readonly #bytes: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new BigInt64Array(memory, 0, DATA_BYTES / 8);
    this.#bytes = Buffer.from(memory, DATA_BYTES);
    this.sizeBytes = this.#bytes.length;
  }

  /** End of what may be read. */
  get visibleOffset(): number {
    return Number(Atomics.load(this.#words, VISIBLE));
  }

  /** First offset still in the window. */
  get oldestOffset(): number {
    const reserved = Number(Atomics.load(this.#words, RESERVED));
    return Math.max(Number(Atomics.load(this.#words, BEGIN)), reserved - this.sizeBytes);
  }

  /**
   * Copies `[physicalOffset, physicalOffset + sizeBytes)` to `target` at `targetStart`. False when a part is not there or was overtaken while
   * copying; `target` then holds nothing of worth.
   */
  copyOut(physicalOffset: number, sizeBytes: number, target: Buffer, targetStart: number): boolean {
    return this.copyOutBelow(this.visibleOffset, physicalOffset, sizeBytes, target, targetStart);
  }

  /**
   * As `copyOut`, for bytes below an `endOffset` that the caller knows to be written: under SYNC_FLUSH they are not visible to consumers before
   * the disk has them, but a slave need not wait for that.
   */
  copyOutBelow(
    endOffset: number,
    physicalOffset: number,
    sizeBytes: number,
    target: Buffer,
    targetStart: number,
  ): boolean {
    if (physicalOffset < this.oldestOffset || physicalOffset + sizeBytes > endOffset) return false;
    const position = physicalOffset % this.sizeBytes;
    const untilEnd = this.sizeBytes - position;
    if (sizeBytes <= untilEnd) {
      this.#bytes.copy(target, targetStart, position, position + sizeBytes);
    } else {
      this.#bytes.copy(target, targetStart, position, this.sizeBytes);
      this.#bytes.copy(target, targetStart + untilEnd, 0, sizeBytes - untilEnd);
    }
    return physicalOffset >= this.oldestOffset;
  }

  /**
   * What `inspector` says of the record at `physicalOffset`, asked in place; undefined when it is not there or was overtaken meanwhile. One that
   * lies around the window's end is copied first.
   */
  inspect(physicalOffset: number, sizeBytes: number, inspector: RecordInspector): boolean | undefined {
    const position = physicalOffset % this.sizeBytes;
    if (position + sizeBytes > this.sizeBytes) {
      const copy = Buffer.allocUnsafe(sizeBytes);
      return this.copyOut(physicalOffset, sizeBytes, copy, 0) ? inspector.isMatch(copy, 0, sizeBytes) : undefined;
    }
    if (physicalOffset < this.oldestOffset || physicalOffset + sizeBytes > this.visibleOffset) return undefined;
    const isMatch = inspector.isMatch(this.#bytes, position, position + sizeBytes);
    return physicalOffset >= this.oldestOffset ? isMatch : undefined;
  }
}
