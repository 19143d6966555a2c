/**
 * How each half message stands, from the oldest that is not decided on. Main thread. Java: the removeMap of
 * TransactionalMessageServiceImpl.check, which is made anew in every round.
 * Invariant: a half message leaves UNDECIDED once, and everything before `base` has left it. One byte each is kept, for as long as the oldest
 * undecided one holds the others up (at most transactionTimeOut and a round, after which that one is put back) and a round more.
 */

/** How a half message stands. */
export const HalfState = {
  UNDECIDED: 0,
  COMMITTED: 1,
  ROLLED_BACK: 2,
  /** An op message says so; which way is not known any more. */
  ENDED: 3,
  /** Stands at a later offset now, or was given up. */
  MOVED: 4,
} as const;
/** One of {@link HalfState}. */
export type HalfState = (typeof HalfState)[keyof typeof HalfState];

const CAPACITY_MIN = 1024;
/** Answers to a question may come late, when the message has been put back again: for so long it is known where it went. */
const LATE_ANSWER_MS = 600_000;

/** One half message that was put back at least once. */
interface Copies {
  newest: number;
  readonly offsets: number[];
  state: HalfState;
}

/** The half queue's states. */
export class HalfTable {
  #base = 0;
  /** The first offset whose state is kept. */
  #floor = 0;
  /** `base` when the last round began. */
  #lastRoundBase = 0;
  #states = new Uint8Array(CAPACITY_MIN);
  /** Position of `#floor` in `#states`. */
  #start = 0;
  readonly #held = new Map<number, Promise<void>>();
  readonly #copies = new Map<number, Copies>();
  readonly #endedCopies: { readonly copies: Copies; readonly atMs: number }[] = [];

  /** All before this offset are done with. */
  get base(): number {
    return this.#base;
  }

  /** Half messages of which an older copy may still be answered for. */
  get copiesKnown(): number {
    return this.#copies.size;
  }

  /** Begins at `offset`. */
  restart(offset: number): void {
    this.#base = offset;
    this.#floor = offset;
    this.#lastRoundBase = offset;
  }

  /** Everything before `offset` is done with. */
  passTo(offset: number): void {
    this.#base = Math.max(this.#base, offset);
  }

  /** A round begins: states that were passed before the last one began are forgotten, and late answers that are too late. */
  beginRound(nowMs: number): void {
    this.#start += this.#lastRoundBase - this.#floor;
    this.#floor = this.#lastRoundBase;
    this.#lastRoundBase = this.#base;
    this.#compact();
    let gone = 0;
    for (const { copies, atMs } of this.#endedCopies) {
      if (atMs > nowMs - LATE_ANSWER_MS) break;
      this.#forget(copies);
      gone++;
    }
    if (gone > 0) this.#endedCopies.splice(0, gone);
  }

  /** Where the message that was once at `offset` is now. */
  newestOf(offset: number): number {
    return this.#copies.get(offset)?.newest ?? offset;
  }

  /** Undefined for one that is done with and of which nothing is remembered. */
  stateOf(offset: number): HalfState | undefined {
    if (offset >= this.#floor) {
      const state = (this.#states[this.#start + offset - this.#floor] ?? HalfState.UNDECIDED) as HalfState;
      // Undecided and passed: it was so before this process, or was deleted.
      return state === HalfState.UNDECIDED && offset < this.#base ? undefined : state;
    }
    const copies = this.#copies.get(offset);
    return copies?.newest === offset ? copies.state : undefined;
  }

  /** The message at `offset` has ended. `nowMs` is remembered for late answers. */
  end(offset: number, state: HalfState, nowMs: number): void {
    this.#set(offset, state);
    const copies = this.#copies.get(offset);
    if (copies === undefined) return;
    copies.state = state;
    this.#endedCopies.push({ copies, atMs: nowMs });
  }

  /** The message at `offset` has been put back and is at `newOffset` now. */
  move(offset: number, newOffset: number): void {
    this.#set(offset, HalfState.MOVED);
    const copies = this.#copies.get(offset) ?? { newest: offset, offsets: [offset], state: HalfState.UNDECIDED };
    copies.newest = newOffset;
    copies.offsets.push(newOffset);
    this.#copies.set(offset, copies);
    this.#copies.set(newOffset, copies);
  }

  /** The message at `offset` will not be asked about any more. */
  giveUp(offset: number): void {
    this.#set(offset, HalfState.MOVED);
    this.#forget(this.#copies.get(offset));
  }

  /** The first undecided offset in `[from, end)`, or `end`. */
  nextUndecided(from: number, end: number): number {
    let at = Math.max(from, this.#base);
    while (at < end && this.stateOf(at) !== HalfState.UNDECIDED) at++;
    return Math.min(at, end);
  }

  /** Passes what is decided at the front, up to `end`. */
  advance(end: number): void {
    this.passTo(this.nextUndecided(this.#base, end));
  }

  /** Keeps others from `offset` until the returned function is called: a put is under way that decides what becomes of it. */
  hold(offset: number): () => void {
    let release = (): void => undefined;
    this.#held.set(offset, new Promise((resolve) => (release = resolve)));
    return () => {
      this.#held.delete(offset);
      release();
    };
  }

  /** Undefined if nobody holds `offset`; else settles when it is let go. */
  held(offset: number): Promise<void> | undefined {
    return this.#held.get(offset);
  }

  #set(offset: number, state: HalfState): void {
    if (offset < this.#floor) return;
    const index = this.#start + offset - this.#floor;
    if (index >= this.#states.length) this.#grow(index);
    this.#states[this.#start + offset - this.#floor] = state;
  }

  #grow(index: number): void {
    const needed = index - this.#start + 1;
    const larger = new Uint8Array(Math.max(CAPACITY_MIN, needed * 2));
    larger.set(this.#states.subarray(this.#start));
    this.#states = larger;
    this.#start = 0;
  }

  #compact(): void {
    if (this.#start < this.#states.length / 2) return;
    const rest = this.#states.slice(this.#start);
    this.#states = rest.length < CAPACITY_MIN ? new Uint8Array(CAPACITY_MIN) : rest;
    if (rest.length < CAPACITY_MIN) this.#states.set(rest);
    this.#start = 0;
  }

  #forget(copies: Copies | undefined): void {
    for (const offset of copies?.offsets ?? []) this.#copies.delete(offset);
  }
}
