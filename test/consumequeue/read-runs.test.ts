/** Which pulls go on where another one ended, and how many runs are kept. */
import * as assert from 'uvu/assert';

import { indexInRun, ReadRuns, RUN_QUEUES_MAX, RUNS_A_QUEUE_MAX } from '#src/consumequeue/read-runs.js';

import { suite } from '../suite.js';

const test = suite('read runs');

test('a pull goes on with the run that ended where it begins', () => {
  const runs = new ReadRuns<object>();
  const [one, other] = [{}, {}];
  assert.not(runs.passed(one, 0, 32));
  assert.is(runs.expected(one, 0), undefined);
  assert.is(runs.expected(other, 32), undefined);
  assert.ok(runs.passed(one, 32, 64));
  assert.is(runs.expected(one, 32), undefined);
  assert.is(runs.expected(one, 64)?.nextOffset, 64);
});

test('a queue has so many runs, and the oldest goes', () => {
  const runs = new ReadRuns<object>();
  const queue = {};
  for (let i = 0; i <= RUNS_A_QUEUE_MAX; i++) runs.passed(queue, i * 1000, i * 1000 + 1);
  assert.is(runs.expected(queue, 1), undefined);
  for (let i = 1; i <= RUNS_A_QUEUE_MAX; i++) assert.ok(runs.expected(queue, i * 1000 + 1));
});

test('so many queues have runs, and the one that was not begun for longest goes', () => {
  const runs = new ReadRuns<object>();
  const queues = Array.from({ length: RUN_QUEUES_MAX + 1 }, () => ({}));
  for (const queue of queues) runs.passed(queue, 0, 1);
  assert.is(runs.queueCount, RUN_QUEUES_MAX);
  assert.is(runs.expected(queues[0] ?? {}, 1), undefined);
  assert.ok(runs.expected(queues[1] ?? {}, 1));
});

test('entries serve a pull when there are enough of them from its offset on', () => {
  const entry = { physicalOffset: 0, sizeBytes: 1, tagsCode: 0 };
  const run = { nextOffset: 105, firstOffset: 100, entries: Array.from({ length: 10 }, () => entry) };
  assert.is(indexInRun(run, 105, 5), 5);
  assert.is(indexInRun(run, 105, 6), -1);
  assert.is(indexInRun(run, 99, 1), -1);
  assert.is(indexInRun(run, 110, 1), -1);
});

test.run();
