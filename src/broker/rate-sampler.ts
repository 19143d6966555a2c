/**
 * Rates of growing counters over the last 10 s, minute and ten minutes, from one sample a second. Main thread.
 * Java: StoreStatsService.CallSnapshot and its lists.
 */

/** A second's reading of all counters. */
interface Sample {
  readonly atMs: number;
  readonly totals: readonly number[];
}

/** Seconds that rates are given over. */
export const RATE_SPANS_SECONDS = [10, 60, 600] as const;
const SAMPLES_MAX = 601;

/** Keeps ten minutes of samples. */
export class RateSampler {
  readonly #samples: Sample[] = [];

  /** Takes a reading; to be called once a second. */
  sample(atMs: number, totals: readonly number[]): void {
    this.#samples.push({ atMs, totals });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  /** Growth a second of counter `index` over the last `seconds`, or undefined until there are that many samples. */
  rate(index: number, seconds: number): number | undefined {
    const last = this.#samples.at(-1);
    const before = this.#samples.at(-1 - seconds);
    if (last === undefined || before === undefined || last.atMs === before.atMs) return undefined;
    return (((last.totals[index] ?? 0) - (before.totals[index] ?? 0)) * 1000) / (last.atMs - before.atMs);
  }
}
