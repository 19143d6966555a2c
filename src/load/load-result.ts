/**
 * What a measurement ends with: the part of `ringmq bench`'s JSON that is measured. Generator's thread. Java: none.
 * Invariant: names and units are those of docs/bench.md; they may become more, not others.
 */
import type { LoadRecorder, SecondFigures } from './load-recorder.js';

/** Why a measurement ended. */
export interface Ending {
  readonly reason: 'duration' | 'messages' | 'interrupted' | 'failed';
  /** Of a failure. */
  readonly text?: string;
}

/** What the broker's process has spent in the interval, and has in memory at its end. */
export interface BrokerCost {
  readonly cpuSeconds: number;
  readonly cpuMicrosPerMessage: number;
  readonly rssMiB: number;
  readonly rssPeakMiB: number;
  /** RSS without pages of files. */
  readonly ownMiB: number;
}

/** One second, and what the broker's process had in it. */
export interface SecondResult extends SecondFigures {
  readonly rssMiB?: number;
  readonly cpuPercent?: number;
}

/** A share of the samples and the latency that they stay under. */
export interface PercentilePoint {
  readonly percentile: number;
  readonly ms: number;
}

/** Latencies in all, ms. */
export interface LatencySummary {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
}

/** Figures of one measurement. */
export interface LoadResult {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly ended: Ending['reason'];
  /** What failed, or the first failure of a request, in words. */
  readonly problem?: string;
  readonly messages: number;
  readonly requests: number;
  readonly messagesPerSecond: number;
  /** Millions of bytes. */
  readonly megabytesPerSecond: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly late: number;
  readonly refused: number;
  /** Messages of requests that were sent before the end and answered after it. */
  readonly afterEnd: number;
  /** At a fixed rate: messages that were due and could not be sent. */
  readonly unsent: number;
  readonly latencyMs: LatencySummary;
  /** The same, finer. */
  readonly percentiles: readonly PercentilePoint[];
  readonly perSecond: readonly SecondResult[];
  /** Our own process: what of a core it took. Near 100, it may be what was measured. */
  readonly generator: { readonly cpuPercent: number };
  readonly broker?: BrokerCost;
}

/** What a result is made of. */
export interface ResultParts {
  readonly startedAtMs: number;
  readonly elapsedMs: number;
  readonly ending: Ending;
  readonly counts: {
    readonly messages: number;
    readonly requests: number;
    readonly bytes: number;
    readonly behind: number;
    readonly afterEnd: number;
  };
  readonly recorder: LoadRecorder;
  readonly seconds: readonly SecondResult[];
  readonly broker: BrokerCost | undefined;
  readonly generatorCpuMicros: number;
}

/** Percentiles of the plot: evenly spread on an axis that gives each nine as much room. */
const PERCENTILES = [
  0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 98, 99, 99.25, 99.5, 99.6, 99.7, 99.8, 99.9,
].concat([99.925, 99.95, 99.96, 99.97, 99.98, 99.99, 99.995, 99.999, 100]);

/** Puts a result together. */
export function toResult(parts: ResultParts): LoadResult {
  const { elapsedMs, ending, counts, recorder, seconds, broker } = parts;
  const { total } = recorder;
  const problem = ending.text ?? recorder.firstFailure;
  const perSecond = (amount: number): number => (elapsedMs === 0 ? 0 : (amount / elapsedMs) * 1000);
  return {
    startedAt: new Date(parts.startedAtMs).toISOString(),
    elapsedMs,
    ended: ending.reason,
    ...(problem === undefined ? {} : { problem }),
    messages: counts.messages,
    requests: counts.requests,
    messagesPerSecond: perSecond(counts.messages),
    megabytesPerSecond: perSecond(counts.bytes) / 1e6,
    failed: Object.fromEntries(recorder.failed),
    late: recorder.late,
    refused: recorder.refused,
    afterEnd: counts.afterEnd,
    unsent: counts.behind,
    latencyMs: {
      mean: total.meanMs,
      p50: total.quantileMs(0.5),
      p90: total.quantileMs(0.9),
      p99: total.quantileMs(0.99),
      p999: total.quantileMs(0.999),
      p9999: total.quantileMs(0.9999),
      max: total.maxMs,
    },
    percentiles: PERCENTILES.map((percentile) => ({ percentile, ms: total.quantileMs(percentile / 100) })),
    perSecond: seconds,
    generator: { cpuPercent: elapsedMs === 0 ? 0 : parts.generatorCpuMicros / (elapsedMs * 10) },
    ...(broker === undefined ? {} : { broker }),
  };
}
