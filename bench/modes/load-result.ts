/**
 * What the modes of the project's own benches report, shortened from what the load generator measures. Generator process.
 * Invariant: messages, time and CPU are of one and the same interval.
 */
import type { LoadResult as Measured } from '#src/load/load-result.js';
import type { LatencyHistogram } from '#src/load/latency-histogram.js';
import { readProcess } from '#src/load/process-meter.js';

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

/** The figures of a measurement in which nothing may fail. Throws if something did. */
export function figuresOf(measured: Measured): LoadResult {
  if (measured.ended === 'failed' || Object.keys(measured.failed).length > 0)
    throw new Error(measured.problem ?? `failed: ${JSON.stringify(measured.failed)}`);
  const { cpuSeconds: _total, ...broker } = measured.broker ?? { cpuSeconds: 0 };
  return {
    messages: measured.messages,
    elapsedMs: measured.elapsedMs,
    messagesPerSecond: measured.messagesPerSecond,
    p50Ms: measured.latencyMs.p50,
    p99Ms: measured.latencyMs.p99,
    maxMs: measured.latencyMs.max,
    lateMessages: measured.late,
    refusedMessages: measured.refused,
    ...broker,
  };
}

/** Begins an interval that is not a load's own; the returned function ends it. */
export function beginInterval(target: LoadTarget): (messages: number, latencies: LatencyHistogram) => LoadResult {
  const cpuBefore = target.pid === undefined ? 0 : readProcess(target.pid).cpuMicros;
  const startedMs = performance.now();
  return (messages, latencies) => {
    const elapsedMs = performance.now() - startedMs;
    const result = {
      messages,
      elapsedMs,
      messagesPerSecond: (messages / elapsedMs) * 1000,
      p50Ms: latencies.quantileMs(0.5),
      p99Ms: latencies.quantileMs(0.99),
      maxMs: latencies.maxMs,
      lateMessages: 0,
      refusedMessages: 0,
    };
    if (target.pid === undefined) return result;
    const { cpuMicros, ...memory } = readProcess(target.pid);
    return { ...result, cpuMicrosPerMessage: (cpuMicros - cpuBefore) / messages, ...memory };
  };
}
