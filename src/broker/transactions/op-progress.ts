/**
 * How far the op queue is done with: an op message is when all half messages that it names are passed. Main thread.
 * Java: opMsgMap, doneOpOffset and calculateOpOffset of TransactionalMessageServiceImpl.
 */

/** The op messages that are still needed, oldest first. */
export class OpProgress {
  #offset = 0;
  #opOffsets: number[] = [];
  #lastHalfOffsets: number[] = [];
  #first = 0;

  /** The first op message that is still needed, or the next one. */
  get offset(): number {
    return this.#offset;
  }

  /** Op messages that name a half message not yet passed. */
  get needed(): number {
    return this.#opOffsets.length - this.#first;
  }

  /** Begins at `offset`, knowing nothing. */
  restart(offset: number): void {
    this.#offset = offset;
    this.#opOffsets = [];
    this.#lastHalfOffsets = [];
    this.#first = 0;
  }

  /** The op message at `opOffset`, the last so far, names half messages up to `lastHalfOffset`; -1 if none. */
  add(opOffset: number, lastHalfOffset: number): void {
    this.#opOffsets.push(opOffset);
    this.#lastHalfOffsets.push(lastHalfOffset);
  }

  /** Half messages before `base` are passed. */
  advance(base: number): void {
    while (this.#first < this.#opOffsets.length && (this.#lastHalfOffsets[this.#first] ?? 0) < base) {
      this.#offset = (this.#opOffsets[this.#first] ?? 0) + 1;
      this.#first++;
    }
    // In large steps, or each would copy all that is still needed.
    if (this.#first < this.#opOffsets.length / 2) return;
    this.#opOffsets = this.#opOffsets.slice(this.#first);
    this.#lastHalfOffsets = this.#lastHalfOffsets.slice(this.#first);
    this.#first = 0;
  }
}
