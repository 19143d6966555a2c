/**
 * `npm run simulate -- --seeds N --from SEED`: runs N seeds from SEED on, on all processors, and prints each that fails with its shrunk history.
 * Java: none. Invariant: the last line is `N passed, N failed`, and the exit code is 0 only when none failed and all ran.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { trySeed } from './try-seed.js';

const SEEDS = '1000';
/** Seeds that fail are shrunk, which takes longer than hundreds that do not; more of them tell no more. */
const FAILURES_MAX = 5;

/** What a process tells of one seed. */
interface SeedReport {
  readonly seed: number;
  readonly failure: string | undefined;
}

/** A process of its own runs each `step`-th seed from `from` on, before `end`. */
async function runSeeds(from: number, end: number, step: number): Promise<void> {
  let failures = 0;
  for (let seed = from; seed < end && failures < FAILURES_MAX; seed += step) {
    const failure = await trySeed(seed, 'store');
    if (failure !== undefined) failures++;
    process.send?.({ seed, failure } satisfies SeedReport);
  }
  process.disconnect();
}

async function runProcesses(from: number, count: number): Promise<void> {
  const startMs = performance.now();
  const processes = Math.min(count, availableParallelism());
  let passed = 0;
  let failed = 0;
  const run = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const args = [
        '--worker',
        '--from',
        String(from + index),
        '--end',
        String(from + count),
        '--step',
        String(processes),
      ];
      const child = fork(fileURLToPath(import.meta.url), args);
      child.on('message', ({ seed, failure }: SeedReport) => {
        if (failure === undefined) passed++;
        else failed++;
        if (failure !== undefined) process.stdout.write(`FAIL  seed ${seed}: ${failure}\n`);
        else if (passed % 1000 === 0) process.stdout.write(`${passed} of ${count} seeds\n`);
      });
      child.once('error', reject);
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process ended with ${code}`))));
    });
  const ends = await Promise.allSettled(Array.from({ length: processes }, (_, index) => run(index)));
  for (const end of ends) {
    if (end.status === 'fulfilled') continue;
    failed++;
    process.stdout.write(`FAIL  ${String(end.reason)}\n`);
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  process.stdout.write(`seeds ${from} to ${from + count - 1}: ${passed + failed} of ${count} in ${seconds} s\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed === count ? 0 : 1;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: SEEDS },
    from: { type: 'string', default: '1' },
    worker: { type: 'boolean', default: false },
    end: { type: 'string', default: '0' },
    step: { type: 'string', default: '1' },
  },
});
if (values.worker) await runSeeds(Number(values.from), Number(values.end), Number(values.step));
else await runProcesses(Number(values.from), Number(values.seeds));
