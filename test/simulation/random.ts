/** Random numbers that a seed repeats. Java: none. Invariant: the same seed gives the same numbers on every machine. */

/** One sequence. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x2545_f491, 0x9e37_79b1) >>> 0;
    this.#next();
  }

  /** A whole number in [0, end). */
  below(end: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * end);
  }

  /** A whole number in [from, to]. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.#next() < probability * 0x1_0000_0000;
  }

  /** One of them. */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('nothing to pick from');
    return choices[this.below(choices.length)] as T;
  }

  /** One of them, each as often as its weight says. */
  pickWeighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries<number>(weights) as [T, number][];
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [choice, weight] of entries) {
      left -= weight;
      if (left < 0) return choice;
    }
    throw new RangeError('nothing to pick from');
  }

  /** Mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
