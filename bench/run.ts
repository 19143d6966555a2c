/**
 * Micro benchmarks of what lies on every message's way: `npm run bench`. Prints a table, writes `build/bench-results/micro.json` and fails when one is
 * slower than `bench/micro/baseline.json` allows. Figures are given as multiples of a baseline of the same run as well: only these may be compared
 * between machines. Run by hand; none decides a test.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { codecBenchmarks } from './micro/codec-bench.js';
import { consumeQueueBenchmarks } from './micro/consume-queue-bench.js';
import { filterBenchmarks } from './micro/filter-bench.js';
import { type MicroBenchmark, type MicroResult, microTable } from './micro/micro-benchmark.js';
import { recordBenchmarks } from './micro/record-bench.js';
import { findRegressions, readBaseline, regressionText, updateBaseline } from './micro/regression.js';
import { ringBenchmarks } from './micro/ring-bench.js';

const { values } = parseArgs({
  options: {
    'time-ms': { type: 'string', default: '500' },
    'fail-ratio': { type: 'string' },
    update: { type: 'boolean', default: false },
    out: { type: 'string', default: 'build/bench-results/micro.json' },
  },
});

/** Calls that are timed together, so that reading the clock costs next to nothing beside what is measured. */
const CALLS_TOGETHER = 64;

/** Times that a group is measured before a regression is believed. */
const ATTEMPTS = 3;

function repeated(run: () => void): () => void {
  return () => {
    for (let call = 0; call < CALLS_TOGETHER; call++) run();
  };
}

async function measureGroup(benchmarks: readonly MicroBenchmark[]): Promise<MicroResult[]> {
  const bench = new Bench({ time: Number(values['time-ms']), warmupTime: 200, throws: true });
  for (const { name, run } of benchmarks) bench.add(name, repeated(run));
  await bench.run();
  const measured = benchmarks.map((benchmark) => {
    const result = bench.getTask(benchmark.name)?.result;
    if (result?.state !== 'completed') throw new Error(`${benchmark.name} did not end`);
    // The median: a mean has the machine's other work in it.
    const { p50, rme } = result.latency;
    return { benchmark, nanos: (p50 * 1e6) / CALLS_TOGETHER / (benchmark.operations ?? 1), errorPercent: rme };
  });
  const baseline = measured.find(({ benchmark }) => benchmark.isBaseline)?.nanos ?? Number.NaN;
  return measured.map(({ benchmark: { group, name }, nanos, errorPercent }) => ({
    group,
    name,
    nanosPerOperation: nanos,
    errorPercent,
    timesBaseline: nanos / baseline,
  }));
}

/** Each as quick as it was at its best: another program can only have made it slower. */
function bestOf(attempts: readonly (readonly MicroResult[])[]): MicroResult[] {
  const [first = []] = attempts;
  return first.map((result, index) =>
    attempts.map((attempt) => attempt[index] ?? result).reduce((a, b) => (b.timesBaseline < a.timesBaseline ? b : a)),
  );
}

const committed = readBaseline();
const failRatio = Number(values['fail-ratio'] ?? committed.failRatio);
const baseline = { ...committed, failRatio };

/** Measures a group, and again where something seems to be a regression. */
async function measureSurely(benchmarks: readonly MicroBenchmark[]): Promise<MicroResult[]> {
  const attempts = [await measureGroup(benchmarks)];
  const isSlow = (): boolean =>
    findRegressions(baseline, bestOf(attempts)).some(({ measured }) => measured !== undefined);
  while (attempts.length < ATTEMPTS && (values.update || isSlow())) attempts.push(await measureGroup(benchmarks));
  return bestOf(attempts);
}

const results: MicroResult[] = [];
const groups = [codecBenchmarks, recordBenchmarks, ringBenchmarks, consumeQueueBenchmarks, filterBenchmarks];
for (const group of groups) results.push(...(await measureSurely(group())));
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, `${JSON.stringify({ node: process.version, results }, undefined, 2)}\n`);
process.stdout.write(`${microTable(results)}\n`);
if (values.update) updateBaseline(results, failRatio);
const regressions = findRegressions(values.update ? { ...readBaseline(), failRatio } : baseline, results);
for (const regression of regressions) process.stdout.write(`\n${regressionText(regression)}`);
process.stdout.write(regressions.length === 0 ? '\nno regression\n' : '\n');
if (regressions.length > 0) process.exitCode = 1;
