/**
 * Runs `ringmq bench`, the load generator, as a process of its own and reads what it measured. Bench processes.
 * Invariant: no message of a full load passes this process.
 */
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { startChild } from '../servers/child-processes.js';
import type { BenchStep } from './workload.js';

/** What of the generator's JSON is used; `docs/bench.md` has all of it. */
export interface BenchResult {
  readonly elapsedMs: number;
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly late: number;
  readonly refused: number;
  readonly latencyMs: Readonly<Record<'mean' | 'p50' | 'p99' | 'p999' | 'max', number>>;
  readonly perSecond: readonly BenchSecond[];
  /** What of a core the generator took. */
  readonly generator: { readonly cpuPercent: number };
  readonly broker?: {
    readonly cpuMicrosPerMessage: number;
    readonly rssMiB: number;
    readonly rssPeakMiB: number;
    readonly ownMiB: number;
  };
}

/** One second of a run. */
export interface BenchSecond {
  readonly second: number;
  readonly messages: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly rssMiB?: number;
}

/** The broker that is measured. */
export interface BenchTarget {
  readonly brokerPort: number;
  readonly brokerPid: number;
}

const CLI = resolve('dist/cli/ringmq.js');

/** Runs a step with some more flags; `interrupt` ends it early. Rejects when the generator fails or a message did. */
export async function runBench(
  { brokerPort, brokerPid }: BenchTarget,
  { command, flags }: BenchStep,
  more: BenchStep['flags'] = {},
  interrupt?: AbortSignal,
): Promise<BenchResult> {
  const all = { broker: `127.0.0.1:${brokerPort}`, pid: brokerPid, ...flags, ...more, json: '-' };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = startChild(process.execPath, [CLI, 'bench', command, ...args, '--no-progress']);
  interrupt?.addEventListener('abort', () => child.kill('SIGINT'));
  const [output, errors, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  const said = `ringmq bench ${command} ${args.join(' ')}\n${errors}`;
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${said}`);
  const result = JSON.parse(output) as BenchResult;
  const failures = Object.entries(result.failed).filter(([, count]) => count > 0);
  if (failures.length > 0) throw new Error(`answers other than success (${JSON.stringify(failures)}): ${said}`);
  if (result.messages === 0) throw new Error(`no message was answered: ${said}`);
  return result;
}
