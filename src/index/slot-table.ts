/**
 * The slots of one index file in memory: read from it and written to it by the page, so that a small index is small everywhere.
 * Commitlog worker. Java: the mapped slots of IndexFile.
 * Invariant: a page that is NOT_READ is in the file only, a DIRTY one in memory only, a CLEAN one is the same in both.
 */
import { SLOT_BYTES } from './index-layout.js';

const SLOTS_PER_PAGE_BITS = 10;
const SLOTS_PER_PAGE = 1 << SLOTS_PER_PAGE_BITS;
const PAGE_BYTES = SLOTS_PER_PAGE * SLOT_BYTES;
const NOT_READ = 0;
const CLEAN = 1;
const DIRTY = 2;

/** Fills `bytes` from a place among the file's slots, or writes them there. */
export type SlotTransfer = (bytes: Buffer, position: number) => void;

/** The slots. */
export class SlotTable {
  readonly #read: SlotTransfer;
  /** Zeros of this size cost no memory until they are touched: 20 MB with Apache's numbers, once keys have come to all pages. */
  readonly #slots: Int32Array;
  readonly #pages: Uint8Array;
  /** No page before it is dirty. */
  #writtenPages: number;

  private constructor(slots: Int32Array, page: number, read: SlotTransfer) {
    this.#slots = slots;
    this.#pages = new Uint8Array(Math.ceil(slots.length / SLOTS_PER_PAGE)).fill(page);
    this.#writtenPages = page === DIRTY ? 0 : this.#pages.length;
    this.#read = read;
  }

  /** Of a file without entries: all slots are empty. */
  static empty(slotCount: number): SlotTable {
    return new SlotTable(new Int32Array(slotCount), CLEAN, () => undefined);
  }

  /** Of a file that has them. */
  static inFile(slotCount: number, read: SlotTransfer): SlotTable {
    return new SlotTable(new Int32Array(slotCount), NOT_READ, read);
  }

  /** Made again from entries: the file has others. */
  static restored(slots: Int32Array): SlotTable {
    return new SlotTable(slots, DIRTY, () => undefined);
  }

  /** True when the file has all that memory has. */
  get isWritten(): boolean {
    return this.#writtenPages === this.#pages.length;
  }

  /** What a key's slot holds, or undefined when only the file knows. */
  get(keyHash: number): number | undefined {
    const slot = keyHash % this.#slots.length;
    return this.#pages[slot >>> SLOTS_PER_PAGE_BITS] === NOT_READ ? undefined : this.#slots[slot];
  }

  /**
   * Puts the places from `place` on into the slots of `keyHashes[start, end)`; `previous` gets what each held. Throws when a page cannot be read.
   * Hot: slots are all over memory. In a loop this small the processor waits for several of them at once: 40 ns a key in place of 150.
   */
  exchange(keyHashes: Int32Array, start: number, end: number, place: number, previous: Int32Array): void {
    const slots = this.#slots;
    const pages = this.#pages;
    const slotCount = slots.length;
    for (let i = start; i < end; i++) {
      const slot = (keyHashes[i] ?? 0) % slotCount;
      if (pages[slot >>> SLOTS_PER_PAGE_BITS] !== DIRTY) this.#touch(slot >>> SLOTS_PER_PAGE_BITS);
      previous[i - start] = slots[slot] ?? 0;
      slots[slot] = place + i - start;
    }
  }

  /** Writes dirty pages, at most `bytesMax` or one; true when none is left. */
  writeSome(write: SlotTransfer, bytesMax: number): boolean {
    const end = this.#writtenPages + Math.max(1, Math.floor(bytesMax / PAGE_BYTES));
    let from = this.#nextDirty();
    const last = Math.min(this.#pages.length, Math.max(end, from + 1));
    while (from < last) {
      let to = from;
      while (to < last && this.#pages[to] === DIRTY) to++;
      const slots = this.#slots.subarray(from * SLOTS_PER_PAGE, to * SLOTS_PER_PAGE);
      const bytes = Buffer.allocUnsafe(slots.byteLength);
      slots.forEach((place, i) => bytes.writeInt32BE(place, i * SLOT_BYTES));
      write(bytes, from * PAGE_BYTES);
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
      const slots = this.#slots.subarray(page * SLOTS_PER_PAGE, (page + 1) * SLOTS_PER_PAGE);
      const bytes = Buffer.alloc(slots.byteLength);
      this.#read(bytes, page * PAGE_BYTES);
      for (let i = 0; i < slots.length; i++) slots[i] = bytes.readInt32BE(i * SLOT_BYTES);
    }
    this.#pages[page] = DIRTY;
    this.#writtenPages = Math.min(this.#writtenPages, page);
  }
}
