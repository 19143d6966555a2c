/**
 * How many entries the in-memory tails of all consume queues hold together. A tail grows while there is room; when there is none, those that nothing
 * has come to for a while give theirs back. Main thread. Java: none.
 * Invariant: entries that are not in a file yet are held whatever the budget says.
 */
import { assert } from '../base/assert.js';

/** Room for entries in all tails together, 24 bytes each: 256 busy queues have a full one. Past it a tail grows by what the files lack only. */
export const TAIL_ENTRIES_ALL_MAX = 512 * 1024;
/** One tail is looked at each time so many wishes for room were refused. Were it each time, tails that take turns would take room from each other. */
const WISHES_PER_LOOK = 64;

/** A tail that has taken more than the least. */
export interface BudgetedTail {
  /** Room for so many entries. */
  readonly capacity: number;
  readonly nextOffset: number;
  /** Gives back what is not needed; false when it stays large all the same. */
  shrink(): boolean;
}

interface Seen {
  readonly tail: BudgetedTail;
  nextOffset: number;
}

/** The budget of one store. */
export class TailBudget {
  readonly #entriesMax: number;
  #entries = 0;
  readonly #large: Seen[] = [];
  #hand = 0;
  #wishes = 0;

  constructor(entriesMax: number = TAIL_ENTRIES_ALL_MAX) {
    this.#entriesMax = entriesMax;
  }

  /** Room that all tails have. */
  get entries(): number {
    return this.#entries;
  }

  /** True if `asking` may take room for `more` entries for those that are in a file already. */
  hasRoom(more: number, asking: BudgetedTail): boolean {
    if (this.#entries + more <= this.#entriesMax) return true;
    if (++this.#wishes < WISHES_PER_LOOK) return false;
    this.#wishes = 0;
    this.#lookAtNext(asking);
    return this.#entries + more <= this.#entriesMax;
  }

  /** A tail has another room now. */
  changed(from: number, to: number): void {
    this.#entries += to - from;
    assert(this.#entries >= 0, 'what is given back was taken');
  }

  /** From now on `tail` may be asked to shrink. */
  watch(tail: BudgetedTail): void {
    this.#large.push({ tail, nextOffset: -1 });
  }

  #lookAtNext(asking: BudgetedTail): void {
    if (this.#hand >= this.#large.length) this.#hand = 0;
    const seen = this.#large[this.#hand];
    if (seen === undefined) return;
    const { tail } = seen;
    if (tail === asking || tail.nextOffset !== seen.nextOffset || !tail.shrink()) {
      seen.nextOffset = tail.nextOffset;
      this.#hand++;
      return;
    }
    const last = this.#large.pop();
    if (last !== undefined && last !== seen) this.#large[this.#hand] = last;
  }
}
