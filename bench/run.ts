/**
 * Micro benchmarks of what lies on every message's way: `npm run bench`. Prints a table and writes `build/bench-results/micro.json`.
 * Figures are given as multiples of a baseline of the same run as well: only these may be compared between machines, and none decides a test.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';
import { codecBenchmarks } from './micro/codec-bench.js';
import { type MicroBenchmark, type MicroResult, microTable } from './micro/micro-benchmark.js';
import { recordBenchmarks } from './micro/record-bench.js';
import { ringBenchmarks } from './micro/ring-bench.js';

const { values } = parseArgs({
  options: {
    'time-ms': { type: 'string', default: '500' },
    out: { type: 'string', default: 'build/bench-results/micro.json' },
  },
});

/** Calls that are timed together, so that reading the clock costs next to nothing beside what is measured. */
const CALLS_TOGETHER = 64;

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
    const { mean, rme } = result.latency;
    return { benchmark, nanos: (mean * 1e6) / CALLS_TOGETHER / (benchmark.operations ?? 1), errorPercent: rme };
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

const results: MicroResult[] = [];
for (const benchmarks of [codecBenchmarks(), recordBenchmarks(), ringBenchmarks()])
  results.push(...(await measureGroup(benchmarks)));
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, `${JSON.stringify({ node: process.version, results }, undefined, 2)}\n`);
process.stdout.write(`${microTable(results)}\n`);
