/**
 * What every mode of the load generator reports, and how it is measured. Generator process.
 * Invariant: messages, time and CPU are of one and the same interval.
 */
import { systemClock } from '../base/clock.js';
import type { LatencyHistogram } from './latency-histogram.js';
import { readProcess } from './process-meter.js';

/** Figures of one run. */
export interface LoadResult {
  readonly messages: number;
  readonly elapsedMs: number;
  readonly messagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Stored, but answered 10, 11 or 12: not flushed or replicated as asked. */
  readonly lateMessages: number;
  /** Not stored, SYSTEM_BUSY (2); in no other figure. */
  readonly refusedMessages: number;
  /** Broker CPU a message, all threads, µs; absent when the broker's pid is unknown. */
  readonly cpuMicrosPerMessage?: number;
  readonly rssMiB?: number;
  /** RSS without pages of mapped files. */
  readonly ownMiB?: number;
  readonly rssPeakMiB?: number;
}

/** Where the broker is and, if known, which process it is. */
export interface LoadTarget {
  readonly host: string;
  readonly port: number;
  readonly pid?: number;
}

/** What was counted in an interval. */
export interface Counts {
  readonly messages: number;
  readonly late?: number;
  readonly refused?: number;
}

/** Begins an interval; the returned function ends it. */
export function beginInterval(target: LoadTarget): (counts: Counts, latencies: LatencyHistogram) => LoadResult {
  const cpuBefore = target.pid === undefined ? 0 : readProcess(target.pid).cpuMicros;
  const startedMs = systemClock.monotonicMs();
  return ({ messages, late = 0, refused = 0 }, latencies) => {
    const elapsedMs = systemClock.monotonicMs() - startedMs;
    const result = {
      messages,
      elapsedMs,
      messagesPerSecond: (messages / elapsedMs) * 1000,
      p50Ms: latencies.quantileMs(0.5),
      p99Ms: latencies.quantileMs(0.99),
      maxMs: latencies.maxMs,
      lateMessages: late,
      refusedMessages: refused,
    };
    if (target.pid === undefined) return result;
    const { cpuMicros, ...memory } = readProcess(target.pid);
    return { ...result, cpuMicrosPerMessage: (cpuMicros - cpuBefore) / messages, ...memory };
  };
}
