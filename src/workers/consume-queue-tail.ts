/**
 * The newest entries of one consume queue, kept on the main thread so that consumers who keep up need no file. Main thread.
 * Java: none (its consume queues are mapped files).
 * Invariant: holds every entry in [baseOffset, nextOffset), and at least every entry that is not yet in its consume-queue file.
 */
import { assert } from '../base/assert.js';
import type { BudgetedTail, TailBudget } from './tail-budget.js';

/** Entries that every tail may hold, so that a queue with few messages is served from memory whatever the others need. */
export const TAIL_ENTRIES_FEW = 4;
/** Entries kept for readers although they are in the file already; a tail grows past it only by what the file lacks. */
export const TAIL_ENTRIES_MAX = 2048;
const CAPACITY_INITIAL = 2;

/** Physical offset, tags code and size of an entry, next to each other: one array instead of three saves 700 bytes a queue. */
const FIELDS = 3;
const NO_ENTRIES = new Float64Array(0);

/** One consume queue's newest entries, oldest first. */
export class ConsumeQueueTail implements BudgetedTail {
  readonly #budget: TailBudget;
  #baseOffset: number;
  #nextOffset: number;
  #capacity = 0;
  #entries: Float64Array = NO_ENTRIES;
  #isWatched = false;
  #fileEnd: () => number = nowhere;

  constructor(nextOffset: number, budget: TailBudget) {
    this.#budget = budget;
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

  /** Room for so many entries. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Adds the entry of `queueOffset`. Entries below `fileEnd()` (a physical offset) are in the file and may be dropped. */
  push(queueOffset: number, physicalOffset: number, sizeBytes: number, tagsCode: number, fileEnd: () => number): void {
    assert(queueOffset === this.#nextOffset, 'queue offsets have no gap');
    if (this.#nextOffset - this.#baseOffset === this.#capacity) this.#makeRoom(fileEnd);
    const at = this.#placeOf(queueOffset);
    const entries = this.#entries;
    entries[at] = physicalOffset;
    entries[at + 1] = tagsCode;
    entries[at + 2] = sizeBytes;
    this.#nextOffset++;
  }

  physicalOffsetAt(queueOffset: number): number {
    return this.#entries[this.#placeOf(queueOffset)] ?? 0;
  }

  tagsCodeAt(queueOffset: number): number {
    return this.#entries[this.#placeOf(queueOffset) + 1] ?? 0;
  }

  sizeAt(queueOffset: number): number {
    return this.#entries[this.#placeOf(queueOffset) + 2] ?? 0;
  }

  /** Keeps a few entries, and those that the file lacks; false if these are so many that it stays as large as it is. */
  shrink(): boolean {
    if (this.#capacity <= TAIL_ENTRIES_FEW) {
      this.#isWatched = false;
      return true;
    }
    const fileEnd = this.#fileEnd();
    let keptFrom = this.#baseOffset;
    const fewFrom = this.#nextOffset - TAIL_ENTRIES_FEW;
    while (keptFrom < fewFrom && this.physicalOffsetAt(keptFrom) < fileEnd) keptFrom++;
    let capacity = CAPACITY_INITIAL;
    while (capacity < this.#nextOffset - keptFrom) capacity *= 2;
    if (capacity >= this.#capacity) return false;
    this.#baseOffset = keptFrom;
    this.#resize(capacity);
    this.#isWatched = capacity > TAIL_ENTRIES_FEW;
    return !this.#isWatched;
  }

  /** Lets go of all entries: nobody reads the queue any more. */
  clear(): void {
    this.#baseOffset = this.#nextOffset;
    this.#budget.changed(this.#capacity, 0);
    this.#capacity = 0;
    this.#entries = NO_ENTRIES;
  }

  #placeOf(queueOffset: number): number {
    return (queueOffset % this.#capacity) * FIELDS;
  }

  #makeRoom(fileEnd: () => number): void {
    this.#fileEnd = fileEnd;
    const capacity = this.#capacity;
    const isInFile = capacity > 0 && this.physicalOffsetAt(this.#baseOffset) < fileEnd();
    const mayGrow =
      !isInFile || capacity < TAIL_ENTRIES_FEW || (capacity < TAIL_ENTRIES_MAX && this.#budget.hasRoom(capacity, this));
    if (mayGrow) this.#resize(capacity === 0 ? CAPACITY_INITIAL : capacity * 2);
    else this.#baseOffset++;
  }

  #resize(capacity: number): void {
    const entries = new Float64Array(capacity * FIELDS);
    for (let offset = this.#baseOffset; offset < this.#nextOffset; offset++) {
      const from = this.#placeOf(offset);
      entries.set(this.#entries.subarray(from, from + FIELDS), (offset % capacity) * FIELDS);
    }
    this.#budget.changed(this.#capacity, capacity);
    this.#capacity = capacity;
    this.#entries = entries;
    if (capacity <= TAIL_ENTRIES_FEW || this.#isWatched) return;
    this.#isWatched = true;
    this.#budget.watch(this);
  }
}

function nowhere(): number {
  return 0;
}
