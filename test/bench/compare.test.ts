/** What `npm run bench:compare` makes of its runs: ratios of pairs, their spread, verdicts, the page; and that its table is sound. */
import * as assert from 'uvu/assert';

import type { Figures } from '../../bench/compare/figures.js';
import { resultsPage } from '../../bench/compare/results-page.js';
import { type CompareRun, ratiosOf, verdictsOf } from '../../bench/compare/verdicts.js';
import type { Target, Workload } from '../../bench/compare/workload.js';
import { WORKLOADS } from '../../bench/compare/workloads.js';
import { suite } from '../suite.js';

const test = suite('bench compare');

function run(round: number, side: CompareRun['side'], figures: Figures): CompareRun {
  return { round, side, figures };
}

/** The table's first workload, with other targets. */
function workloadWith(...targets: readonly Target[]): Workload {
  const [first] = WORKLOADS;
  if (first === undefined) throw new Error('there are workloads');
  return { ...first, targets };
}

const THREE_TIMES: Target = { figure: 'messagesPerSecond', of: 'ratio', at: 'least', value: 3, text: '≥ 3×' };
const A_THIRD: Target = { figure: 'p99Ms', of: 'ratio', at: 'most', value: 1 / 3, text: '≤ 1/3' };
const LITTLE_MEMORY: Target = { figure: 'rssPeakMiB', of: 'figure', at: 'most', value: 600, text: '≤ 600 MiB' };

const RUNS = [
  run(1, 'base', { messagesPerSecond: 100, p99Ms: 30, rssPeakMiB: 2000 }),
  run(1, 'subject', { messagesPerSecond: 250, p99Ms: 6, rssPeakMiB: 190 }),
  run(2, 'subject', { messagesPerSecond: 330, p99Ms: 6, rssPeakMiB: 700 }),
  run(2, 'base', { messagesPerSecond: 100, p99Ms: 12, rssPeakMiB: 2000 }),
  run(3, 'base', { messagesPerSecond: 100, p99Ms: 30, rssPeakMiB: 2000 }),
  run(3, 'subject', { messagesPerSecond: 400, p99Ms: 3, rssPeakMiB: 200 }),
];

test('a ratio is of the two runs of one round, in whichever order they were', () => {
  assert.equal(ratiosOf(RUNS, 'messagesPerSecond'), [2.5, 3.3, 4]);
});

test('a round with one side only, and a figure that was not measured, give no ratio', () => {
  assert.equal(ratiosOf([run(1, 'subject', { messagesPerSecond: 5 })], 'messagesPerSecond'), []);
  assert.equal(ratiosOf([run(1, 'base', {}), run(1, 'subject', { p99Ms: 5 })], 'p99Ms'), []);
});

test('the median decides whether a target is met, and a round that missed it is told', () => {
  const [more, less, memory] = verdictsOf(workloadWith(THREE_TIMES, A_THIRD, LITTLE_MEMORY), RUNS);
  assert.equal(more?.spread, { median: 3.3, min: 2.5, max: 4 });
  assert.equal([more?.isMet, more?.isAlwaysMet], [true, false]);
  assert.equal([less?.isMet, less?.isAlwaysMet], [true, false], 'round 2 had a half');
  assert.equal([memory?.isMet, memory?.isAlwaysMet], [true, false], 'round 2 had 700 MiB');
  const [missed] = verdictsOf(workloadWith({ ...THREE_TIMES, value: 3.5 }), RUNS);
  assert.equal([missed?.isMet, missed?.isAlwaysMet], [false, false]);
});

test('what was not measured is not met', () => {
  const [verdict] = verdictsOf(workloadWith(THREE_TIMES), []);
  assert.is(verdict?.spread, undefined);
  assert.is(verdict?.isMet, false);
});

test('the page has each target with figures, ratio, spread and verdict, and names what was not measured', () => {
  const workload = workloadWith(THREE_TIMES, { ...A_THIRD, value: 0.1 }, LITTLE_MEMORY);
  const conditions = { seconds: 8, warmupSeconds: 10, heap: '1g' };
  const results = { workload: workload.name, day: '2020-02-02', conditions, runs: RUNS };
  const page = resultsPage([{ workload, results }], [{ ...workload, name: 'forgotten' }], ['2 cores']);
  assert.ok(page.includes('- 2 cores\n'));
  assert.ok(page.includes(`| ${workload.title} | msg/s | 100 | 330 | ×3.30 (2.50–4.00) | ≥ 3× | yes, not always |`));
  assert.ok(page.includes('| p99 ms | 30.00 | 6.00 | ×0.200 (0.100–0.500) | ≤ 1/3 | **no** |'));
  assert.ok(page.includes('| peak MiB | 2000 | 200 (190–700) |'));
  assert.ok(page.includes('any of these runs: 700 MiB'));
  assert.ok(page.includes('Not measured: `forgotten`.'));
  assert.ok(page.includes('3 rounds of 8 s after 10 s of warm-up, 2020-02-02.'));
});

test('beside Apache both sides have the same load and settings', () => {
  for (const { name, base, subject } of WORKLOADS) {
    if (base.maker === 'ringmq') continue;
    const { label: _base, maker: _apache, ...ofApache } = base;
    const { label: _subject, maker, ...ofOurs } = subject;
    assert.equal(ofOurs, ofApache, name);
    assert.is(maker, 'ringmq');
  }
  assert.is(new Set(WORKLOADS.map(({ name }) => name)).size, WORKLOADS.length, 'a name is given once');
});

test.run();
