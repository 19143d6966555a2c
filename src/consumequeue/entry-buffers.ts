/**
 * Memory for entries that wait to be written, lent to the queues that have some: a queue without has none. Commitlog worker. Java: none.
 * Invariant: a buffer belongs to one queue or to the pool.
 */
import { ENTRY_BYTES } from './consume-queue-entry.js';

/** Entries of the smallest buffer; the others are twice as large as the one before. */
export const BUFFERED_ENTRIES_FIRST = 8;
/** What the pool keeps when nobody needs it; past it a buffer that comes back is dropped. Enough for 100,000 queues with few entries. */
export const SPARE_BYTES_MAX = 16 * 1024 * 1024;

/** Lends buffers. */
export class EntryBuffers {
  /** By size, in bytes. */
  readonly #spare = new Map<number, Buffer[]>();
  #spareBytes = 0;

  /** Bytes that nobody has borrowed. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /** A buffer twice as large as one of `sizeBytes`; the smallest for 0. */
  larger(sizeBytes: number): Buffer {
    const wanted = sizeBytes === 0 ? BUFFERED_ENTRIES_FIRST * ENTRY_BYTES : sizeBytes * 2;
    const buffer = this.#spare.get(wanted)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(wanted);
    this.#spareBytes -= wanted;
    return buffer;
  }

  /** Takes one back. */
  giveBack(buffer: Buffer): void {
    const { length } = buffer;
    if (length === 0 || this.#spareBytes + length > SPARE_BYTES_MAX) return;
    const spare = this.#spare.get(length);
    if (spare === undefined) this.#spare.set(length, [buffer]);
    else spare.push(buffer);
    this.#spareBytes += length;
  }
}
