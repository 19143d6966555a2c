/**
 * The newest entries of one consume queue, kept on the main thread so that consumers who keep up need no file. Main thread.
 * Java: none (its consume queues are mapped files).
 * Invariant: holds every entry in [baseOffset, nextOffset), and at least every entry that is not yet in its consume-queue file.
 */
import { assert } from '../base/assert.js';

const CAPACITY_INITIAL = 16;
/** Entries kept for readers although they are in the file already; a tail grows past it only by what the file lacks. */
export const TAIL_ENTRIES_MAX = 2048;

/** One consume queue's newest entries, oldest first. */
export class ConsumeQueueTail {
  #baseOffset: number;
  #nextOffset: number;
  #physicalOffsets = new Float64Array(CAPACITY_INITIAL);
  #tagsCodes = new Float64Array(CAPACITY_INITIAL);
  #sizes = new Int32Array(CAPACITY_INITIAL);

  constructor(nextOffset: number) {
    this.#baseOffset = nextOffset;
    this.#nextOffset = nextOffset;
  }

  /** Queue offset of the oldest entry held. */
  get baseOffset(): number {
    return this.#baseOffset;
  }

  /** Queue offset that the next entry gets. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Adds the entry of `queueOffset`. Entries below `fileEnd()` (a physical offset) are in the file and may be dropped. */
  push(queueOffset: number, physicalOffset: number, sizeBytes: number, tagsCode: number, fileEnd: () => number): void {
    assert(queueOffset === this.#nextOffset, 'queue offsets have no gap');
    if (this.#nextOffset - this.#baseOffset === this.#sizes.length) this.#makeRoom(fileEnd);
    const slot = this.#slotOf(queueOffset);
    this.#physicalOffsets[slot] = physicalOffset;
    this.#sizes[slot] = sizeBytes;
    this.#tagsCodes[slot] = tagsCode;
    this.#nextOffset++;
  }

  physicalOffsetAt(queueOffset: number): number {
    return this.#physicalOffsets[this.#slotOf(queueOffset)] ?? 0;
  }

  sizeAt(queueOffset: number): number {
    return this.#sizes[this.#slotOf(queueOffset)] ?? 0;
  }

  tagsCodeAt(queueOffset: number): number {
    return this.#tagsCodes[this.#slotOf(queueOffset)] ?? 0;
  }

  #slotOf(queueOffset: number): number {
    return queueOffset % this.#sizes.length;
  }

  #makeRoom(fileEnd: () => number): void {
    const full = this.#sizes.length >= TAIL_ENTRIES_MAX;
    if (full && this.physicalOffsetAt(this.#baseOffset) < fileEnd()) {
      this.#baseOffset++;
      return;
    }
    this.#grow();
  }

  #grow(): void {
    const capacity = this.#sizes.length * 2;
    const physicalOffsets = new Float64Array(capacity);
    const tagsCodes = new Float64Array(capacity);
    const sizes = new Int32Array(capacity);
    for (let offset = this.#baseOffset; offset < this.#nextOffset; offset++) {
      const slot = offset % capacity;
      physicalOffsets[slot] = this.physicalOffsetAt(offset);
      tagsCodes[slot] = this.tagsCodeAt(offset);
      sizes[slot] = this.sizeAt(offset);
    }
    this.#physicalOffsets = physicalOffsets;
    this.#tagsCodes = tagsCodes;
    this.#sizes = sizes;
  }
}
