/**
 * `npm run simulate -- --kind store|replication --seeds N --from SEED`: runs N seeds of one kind, or of both, from SEED on, on all processors, and
 * prints each that fails with its shrunk history.
 * Java: none. Invariant: the last line is `N passed, N failed`, and the exit code is 0 only when none failed and all ran.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { SIMULATION_KINDS, type SimulationKind, trySeed } from './try-seed.js';

const SEEDS = '1000';
/** Seeds that fail are shrunk, which takes longer than hundreds that do not; more of them tell no more. */
const FAILURES_MAX = 5;

/** What a process tells of one seed. */
interface SeedReport {
  readonly seed: number;
  readonly failure: string | undefined;
}

interface Counts {
  passed: number;
  failed: number;
}

/** A process of its own runs each `step`-th seed from `from` on, before `end`. */
async function runSeeds(kind: SimulationKind, from: number, end: number, step: number): Promise<void> {
  let failures = 0;
  for (let seed = from; seed < end && failures < FAILURES_MAX; seed += step) {
    const failure = await trySeed(seed, kind);
    if (failure !== undefined) failures++;
    process.send?.({ seed, failure } satisfies SeedReport);
  }
  process.disconnect();
}

/** One of several processes; resolves at its end. */
function runProcess(args: readonly string[], onReport: (report: SeedReport) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['--worker', ...args]);
    child.on('message', onReport);
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process ended with ${code}`))));
  });
}

async function runKind(kind: SimulationKind, from: number, count: number): Promise<Counts> {
  const startMs = performance.now();
  const processes = Math.min(count, availableParallelism());
  const counts = { passed: 0, failed: 0 };
  const onReport = ({ seed, failure }: SeedReport): void => {
    if (failure === undefined) counts.passed++;
    else counts.failed++;
    if (failure !== undefined) process.stdout.write(`FAIL  ${kind} seed ${seed}: ${failure}\n`);
    else if (counts.passed % 1000 === 0) process.stdout.write(`${counts.passed} of ${count} seeds of ${kind}\n`);
  };
  const args = ['--kind', kind, '--end', String(from + count), '--step', String(processes)];
  const running = Array.from({ length: processes }, (_, index) =>
    runProcess([...args, '--from', String(from + index)], onReport),
  );
  for (const end of await Promise.allSettled(running)) {
    if (end.status === 'fulfilled') continue;
    counts.failed++;
    process.stdout.write(`FAIL  ${String(end.reason)}\n`);
  }
  const { passed, failed } = counts;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  process.stdout.write(
    `${kind}, seeds ${from} to ${from + count - 1}: ${passed + failed} of ${count} in ${seconds} s\n`,
  );
  return counts;
}

async function runKinds(kinds: readonly SimulationKind[], from: number, count: number): Promise<void> {
  let passed = 0;
  let failed = 0;
  for (const kind of kinds) {
    const counts = await runKind(kind, from, count);
    passed += counts.passed;
    failed += counts.failed;
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed === count * kinds.length ? 0 : 1;
}

function kindsOf(name: string): readonly SimulationKind[] {
  if (name === 'both') return SIMULATION_KINDS;
  const kind = SIMULATION_KINDS.find((known) => known === name);
  if (kind === undefined) throw new Error(`--kind is ${SIMULATION_KINDS.join(', ')} or both, not ${name}`);
  return [kind];
}

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'both' },
    seeds: { type: 'string', default: SEEDS },
    from: { type: 'string', default: '1' },
    worker: { type: 'boolean', default: false },
    end: { type: 'string', default: '0' },
    step: { type: 'string', default: '1' },
  },
});
const [kind = 'store', ...others] = kindsOf(values.kind);
if (values.worker) await runSeeds(kind, Number(values.from), Number(values.end), Number(values.step));
else await runKinds([kind, ...others], Number(values.from), Number(values.seeds));
