/**
 * The slots of one index file in memory, in the file's bytes: read from it and written to it by the page, so that a small index is small everywhere.
 * Commitlog worker. Java: the mapped slots of IndexFile.
 * Invariant: a page that is NOT_READ is in the file only, a DIRTY one in memory only, a CLEAN one is the same in both.
 */
import { SLOT_BYTES } from './index-layout.js';

const PAGE_BITS = 12;
const PAGE_BYTES = 1 << PAGE_BITS;
const NOT_READ = 0;
const CLEAN = 1;
const DIRTY = 2;

/** Fills `target[start, start + length)` from the same place among the file's slots, or writes it there. */
export type SlotTransfer = (bytes: Buffer, start: number, length: number) => void;

/** The slots. */
export class SlotTable {
  readonly #read: SlotTransfer;
  readonly #bytes: Buffer;
  readonly #pages: Uint8Array;
  /** No page before it is dirty. */
  #writtenPages = 0;

  private constructor(bytes: Buffer, page: number, read: SlotTransfer) {
    this.#bytes = bytes;
    this.#pages = new Uint8Array(Math.ceil(bytes.length / PAGE_BYTES)).fill(page);
    this.#writtenPages = page === DIRTY ? 0 : this.#pages.length;
    this.#read = read;
  }

  /** Of a file without entries: all slots are empty. */
  static empty(slotCount: number): SlotTable {
    // Zeros of this size cost no memory until they are touched: 20 MB with Apache's numbers, once keys have come to all pages.
    return new SlotTable(Buffer.alloc(slotCount * SLOT_BYTES), CLEAN, () => undefined);
  }

  /** Of a file that has them. */
  static inFile(slotCount: number, read: SlotTransfer): SlotTable {
    return new SlotTable(Buffer.alloc(slotCount * SLOT_BYTES), NOT_READ, read);
  }

  /** Made again from entries: the file has others. */
  static restored(bytes: Buffer): SlotTable {
    return new SlotTable(bytes, DIRTY, () => undefined);
  }

  /** True when the file has all that memory has. */
  get isWritten(): boolean {
    return this.#writtenPages === this.#pages.length;
  }

  /** What the slot at a byte position holds, or undefined when only the file knows. */
  get(position: number): number | undefined {
    return this.#pages[position >>> PAGE_BITS] === NOT_READ ? undefined : this.#bytes.readInt32BE(position);
  }

  /** Puts `place` into a slot and returns what it held. */
  exchange(position: number, place: number): number {
    const page = position >>> PAGE_BITS;
    if (this.#pages[page] !== DIRTY) this.#touch(page);
    const held = this.#bytes.readInt32BE(position);
    this.#bytes.writeInt32BE(place, position);
    return held;
  }

  /** Writes dirty pages, at most `bytesMax` or one; true when none is left. */
  writeSome(write: SlotTransfer, bytesMax: number): boolean {
    const end = this.#writtenPages + Math.max(1, Math.floor(bytesMax / PAGE_BYTES));
    let from = this.#nextDirty();
    const last = Math.min(this.#pages.length, Math.max(end, from + 1));
    while (from < last) {
      let to = from;
      while (to < last && this.#pages[to] === DIRTY) to++;
      write(this.#bytes, from * PAGE_BYTES, Math.min(to * PAGE_BYTES, this.#bytes.length) - from * PAGE_BYTES);
      this.#pages.fill(CLEAN, from, to);
      this.#writtenPages = to;
      from = this.#nextDirty();
    }
    return this.isWritten;
  }

  /** Goes on to the next dirty page, or to the end. */
  #nextDirty(): number {
    const next = this.#pages.indexOf(DIRTY, this.#writtenPages);
    this.#writtenPages = next < 0 ? this.#pages.length : next;
    return this.#writtenPages;
  }

  #touch(page: number): void {
    if (this.#pages[page] === NOT_READ) {
      const start = page * PAGE_BYTES;
      this.#read(this.#bytes, start, Math.min(PAGE_BYTES, this.#bytes.length - start));
    }
    this.#pages[page] = DIRTY;
    this.#writtenPages = Math.min(this.#writtenPages, page);
  }
}
