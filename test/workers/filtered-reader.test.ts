/** Pulls by properties: from the log tail window without the pool while the records are there, through it when they are not. */
import * as assert from 'uvu/assert';

import { PropertyFilter } from '#src/filter/property-filter.js';
import { allocateLogTailWindow, LogTailWindowReader, LogTailWindowWriter } from '#src/ring/log-tail-window.js';
import type { FilterScanResult, FilterScanTask } from '#src/workers/filter-scan-task.js';
import { FilteredReader } from '#src/workers/filtered-reader.js';
import { type GetResult, GetStatus } from '#src/workers/message-store.js';
import { type Queue, QueueTable } from '#src/workers/queue-table.js';
import { settingsFor } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';
import { queueOffsetsOf, storedRecord } from './scanned-store.js';

const WINDOW_BYTES = 1 << 16;
/** Not on a multiple of the window, so that records lie around its end. */
const BEGIN = 2 ** 33 + 60_000;
const test = suite('filtered-reader');

/** A queue whose newest messages are in a window, and a pool that notes what it is asked. */
class Fixture {
  readonly queue: Queue;
  readonly tasks: FilterScanTask[] = [];
  readonly reader: FilteredReader;
  scanned: FilterScanResult = { nextOffset: 0, records: new Uint8Array(0), messageCount: 0, isIncomplete: false };
  readonly #writer: LogTailWindowWriter;
  #end = BEGIN;

  constructor(firstOffset = 0, windowBytes = WINDOW_BYTES) {
    const memory = allocateLogTailWindow(windowBytes);
    this.#writer = new LogTailWindowWriter(memory);
    this.#writer.begin(BEGIN);
    const queues = new QueueTable();
    queues.load([{ topic: 'Scanned', queueId: 0, minOffset: 0, maxOffset: firstOffset }]);
    const queue = queues.find('Scanned', 0);
    if (queue === undefined) throw new Error('no queue');
    this.queue = queue;
    const pool = {
      run: <Result>(_url: URL, _name: string, task: unknown): Promise<Result> => {
        this.tasks.push(task as FilterScanTask);
        return Promise.resolve(this.scanned as Result);
      },
    };
    this.reader = new FilteredReader(pool, new LogTailWindowReader(memory), settingsFor('/data'), '/data/consumequeue');
  }

  add(count: number, bodyBytes = 20): void {
    const { tail } = this.queue;
    for (let i = 0; i < count; i++) {
      const record = storedRecord(tail.nextOffset, this.#end, `i\u0001${tail.nextOffset}\u0002`, bodyBytes);
      this.#writer.reserve(this.#end + record.length);
      this.#writer.copyIn(record, 0, record.length, this.#end);
      this.#writer.publish(this.#end + record.length);
      tail.push(tail.nextOffset, this.#end, record.length, 0, () => 0);
      this.#end += record.length;
    }
  }

  get(
    expression: string,
    offset = 0,
    limits: { maxCount?: number; maxBytes?: number } = {},
  ): Promise<GetResult> | GetResult {
    const filter = new PropertyFilter({ expression, byRealTopic: undefined });
    return this.reader.get(this.queue, offset, { maxCount: 32, maxBytes: 1 << 20, ...limits, filter });
  }
}

/** A result that was there at once. */
function atOnce(result: GetResult | Promise<GetResult>): GetResult {
  if (result instanceof Promise) throw new Error('it took the pool');
  return result;
}

test('finds messages in the window, in the turn in which it is asked', () => {
  const fixture = new Fixture();
  fixture.add(100);
  const found = atOnce(fixture.get('i > 10 AND i < 14 OR i = 99'));
  assert.equal(queueOffsetsOf(found.body), [11, 12, 13, 99]);
  assert.equal([found.status, found.nextBeginOffset, found.messageCount], [GetStatus.FOUND, 100, 4]);
  const none = atOnce(fixture.get('i > 100', 30));
  assert.equal([none.status, none.nextBeginOffset], [GetStatus.NO_MATCHED_MESSAGE, 100]);
  assert.is(fixture.tasks.length, 0);
});

test('finds a record that lies around the window’s end', () => {
  const fixture = new Fixture();
  fixture.add(8, 1_000);
  const found = atOnce(fixture.get('TRUE'));
  assert.equal(queueOffsetsOf(found.body), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('ends at its bounds: messages, bytes, messages looked at, work', () => {
  const fixture = new Fixture();
  fixture.add(400);
  const few = atOnce(fixture.get('i >= 10', 0, { maxCount: 3 }));
  assert.equal([queueOffsetsOf(few.body), few.nextBeginOffset], [[10, 11, 12], 13]);
  const small = atOnce(fixture.get('i >= 10', 0, { maxBytes: 1 }));
  assert.equal([queueOffsetsOf(small.body), small.nextBeginOffset], [[10], 11]);
  const costly = Array.from({ length: 3_000 }, () => 'i = -1').join(' OR ');
  const stopped = atOnce(fixture.get(costly));
  assert.is(stopped.status, GetStatus.NO_MATCHED_MESSAGE);
  assert.ok(stopped.nextBeginOffset > 0 && stopped.nextBeginOffset < 20, `${stopped.nextBeginOffset} looked at`);
});

test('looks at 800 messages at the most', () => {
  const fixture = new Fixture(0, 4 * WINDOW_BYTES);
  fixture.add(1_000, 0);
  assert.is(atOnce(fixture.get('i = -1', 0)).nextBeginOffset, 800);
  assert.is(atOnce(fixture.get('i = -1', 800)).nextBeginOffset, 1_000);
});

test('asks the pool for what is in files only, up to where the tail begins', async () => {
  const fixture = new Fixture(500);
  fixture.add(10);
  fixture.scanned = { nextOffset: 500, records: new Uint8Array(0), messageCount: 0, isIncomplete: false };
  const result = await fixture.get('i = 3', 100);
  assert.equal([result.status, result.nextBeginOffset, result.maxOffset], [GetStatus.NO_MATCHED_MESSAGE, 500, 510]);
  const [task] = fixture.tasks;
  assert.equal([task?.offset, task?.count, task?.entries, task?.filter.expression], [100, 400, undefined, 'i = 3']);
  assert.is(task?.consumeQueueFolder, '/data/consumequeue');
});

test('hands the pool the entries of records that have left the window but may not be in the files', async () => {
  const fixture = new Fixture();
  fixture.add(300, 500);
  const record = storedRecord(0, BEGIN, 'i\u00010\u0002');
  fixture.scanned = { nextOffset: 300, records: new Uint8Array(record), messageCount: 1, isIncomplete: false };
  const result = await fixture.get('i = 0');
  assert.equal([result.status, result.nextBeginOffset, queueOffsetsOf(result.body)], [GetStatus.FOUND, 300, [0]]);
  const entries = fixture.tasks[0]?.entries;
  assert.equal([entries?.sizes.length, entries?.physicalOffsets[0]], [300, BEGIN]);
});

test('tells when messages are gone', async () => {
  const fixture = new Fixture(500);
  fixture.scanned = { nextOffset: 100, records: new Uint8Array(0), messageCount: 0, isIncomplete: false };
  assert.is((await fixture.get('i = 3', 100)).status, GetStatus.OFFSET_FOUND_NULL);
  fixture.scanned = { ...fixture.scanned, nextOffset: 200, isIncomplete: true };
  const removing = await fixture.get('i = 3', 100);
  assert.equal([removing.status, removing.nextBeginOffset], [GetStatus.MESSAGE_WAS_REMOVING, 200]);
});

test('answers offsets out of range without looking anywhere', () => {
  const fixture = new Fixture();
  assert.is(atOnce(fixture.get('TRUE')).status, GetStatus.NO_MESSAGE_IN_QUEUE);
  fixture.add(5);
  assert.is(atOnce(fixture.get('TRUE', 5)).status, GetStatus.OFFSET_OVERFLOW_ONE);
  assert.is(atOnce(fixture.get('TRUE', 6)).status, GetStatus.OFFSET_OVERFLOW_BADLY);
  fixture.queue.minOffset = 2;
  assert.is(atOnce(fixture.get('TRUE', 1)).nextBeginOffset, 2);
  const filter = new PropertyFilter({ expression: 'TRUE', byRealTopic: undefined });
  const none = fixture.reader.get(undefined, 0, { maxCount: 1, maxBytes: 1, filter });
  assert.is(atOnce(none).status, GetStatus.NO_MATCHED_LOGIC_QUEUE);
});

test('judges one message in memory, and only there', () => {
  const fixture = new Fixture();
  fixture.add(300, 500);
  const filter = new PropertyFilter({ expression: 'i = 299', byRealTopic: undefined });
  const judge = (offset: number): boolean | undefined => fixture.reader.matchInMemory(fixture.queue, offset, filter);
  assert.equal([judge(299), judge(298), judge(0), judge(300)], [true, false, undefined, undefined]);
});

test.run();
