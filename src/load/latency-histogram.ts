/**
 * Latencies in buckets of 1 % width, so that millions of samples cost a few KiB and an instant. Generator process.
 * Invariant: a quantile is within 1 % of the true one; the maximum is exact.
 */

const BUCKETS_PER_E = 100;
/** exp(2000 / 100) µs is over eight minutes. */
const BUCKETS = 2000;

/** Counts latencies given in milliseconds. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #samples = 0;
  #maxMs = 0;

  /** Adds one latency. */
  add(latencyMs: number): void {
    const micros = Math.max(1, latencyMs * 1000);
    const bucket = Math.min(BUCKETS - 1, Math.floor(Math.log(micros) * BUCKETS_PER_E));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#samples++;
    if (latencyMs > this.#maxMs) this.#maxMs = latencyMs;
  }

  /** Adds all that `other` has counted. */
  addAll(other: LatencyHistogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (other.#counts[bucket] ?? 0);
    }
    this.#samples += other.#samples;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  get samples(): number {
    return this.#samples;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** The latency that `quantile` (0–1) of the samples stay under, ms; 0 when there are none. */
  quantileMs(quantile: number): number {
    const wanted = quantile * this.#samples;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted && seen > 0) return Math.exp((bucket + 1) / BUCKETS_PER_E) / 1000;
    }
    return 0;
  }
}
