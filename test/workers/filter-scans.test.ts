/** Whose scan is next in the pool: a bounded number at once, one a queue, queues in turn. */
import * as assert from 'uvu/assert';

import { RequestError } from '#src/base/errors.js';
import { type FilterScanResult, type FilterScanTask } from '#src/workers/filter-scan-task.js';
import { FilterScans, SCANS_IN_FLIGHT_MAX, SCANS_WAITING_MAX } from '#src/workers/filter-scans.js';
import { suite } from '../suite.js';

const test = suite('filter-scans');

interface Running {
  readonly task: FilterScanTask;
  readonly finish: (error?: Error) => void;
}

/** A pool whose tasks end when the test says so. */
class StoppedPool {
  readonly started: Running[] = [];

  run<Result>(_url: URL, _name: string, task: unknown): Promise<Result> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        if (error === undefined) resolve({ nextOffset: (task as FilterScanTask).offset + 1 } as Result);
        else reject(error);
      };
      this.started.push({ task: task as FilterScanTask, finish });
    });
  }

  /** The queue and offset of each task started so far. */
  get order(): string[] {
    return this.started.map(({ task }) => `${task.queueId}/${task.offset}`);
  }
}

function taskOf(queueId: number, offset: number): FilterScanTask {
  return { queueId, offset } as FilterScanTask;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('one queue has one scan in the pool, and others go before its next', async () => {
  const pool = new StoppedPool();
  const scans = new FilterScans(pool);
  const results: Promise<FilterScanResult>[] = [];
  for (const [queue, offset] of [
    [1, 0],
    [1, 800],
    [1, 1600],
    [2, 0],
    [3, 0],
  ] as const)
    results.push(scans.run(queue, taskOf(queue, offset)));
  assert.is(SCANS_IN_FLIGHT_MAX, 2);
  assert.equal(pool.order, ['1/0', '2/0']);
  pool.started[0]?.finish();
  await turn();
  assert.equal(pool.order, ['1/0', '2/0', '3/0'], 'the third queue comes before the first one’s second scan');
  pool.started[1]?.finish();
  await turn();
  assert.equal(pool.order.at(-1), '1/800');
  pool.started[2]?.finish();
  await turn();
  assert.is(pool.started.length, 4, 'the other place stays empty: only the first queue has scans waiting');
  pool.started[3]?.finish();
  await turn();
  pool.started[4]?.finish();
  const offsets = (await Promise.all(results)).map(({ nextOffset }) => nextOffset);
  assert.equal(offsets, [1, 801, 1601, 1, 1]);
});

test('a scan that fails is told, and the next one runs', async () => {
  const pool = new StoppedPool();
  const scans = new FilterScans(pool);
  const first = scans.run(1, taskOf(1, 0));
  const second = scans.run(1, taskOf(1, 800));
  pool.started[0]?.finish(new Error('the disk is gone'));
  const cause = await first.then(String, String);
  assert.is(cause, 'Error: the disk is gone');
  await turn();
  pool.started[1]?.finish();
  assert.is((await second).nextOffset, 801);
});

test('past the bound a scan is refused with SYSTEM_BUSY', async () => {
  const pool = new StoppedPool();
  const scans = new FilterScans(pool);
  for (let i = 0; i <= SCANS_WAITING_MAX; i++) void scans.run(1, taskOf(1, i));
  const refusal: unknown = await scans.run(2, taskOf(2, 0)).catch((error: unknown) => error);
  assert.ok(refusal instanceof RequestError);
  assert.equal([refusal.code, refusal.message], [2, '4096 scans with filter expressions wait already']);
  pool.started[0]?.finish();
  await turn();
  void scans.run(2, taskOf(2, 0));
  assert.equal(pool.order, ['1/0', '1/1', '2/0']);
});

test('when the store stops every scan is answered, and none begins', async () => {
  const pool = new StoppedPool();
  const scans = new FilterScans(pool);
  const outcomes = [0, 800].map((offset) => scans.run(1, taskOf(1, offset)).then(String, String));
  scans.stop();
  // As the pool does when its threads are ended.
  pool.started[0]?.finish(new Error('Terminating worker thread'));
  const late = scans.run(2, taskOf(2, 0)).then(String, String);
  const stopping = 'RequestError: the broker is stopping';
  assert.equal(await Promise.all([...outcomes, late]), [stopping, stopping, stopping]);
  assert.is(pool.started.length, 1);
});

test.run();
