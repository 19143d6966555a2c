/** Scans of a queue on disk: across files, gaps and deleted segments, and where they stop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { PRE_BLANK_SIZE_BYTES } from '#src/consumequeue/consume-queue-entry.js';
import { type FilterScanTask, SCAN_BYTES_MAX, scanQueue } from '#src/workers/filter-scan-task.js';
import { suite } from '../suite.js';
import { queueOffsetsOf, ScannedStore } from './scanned-store.js';

const test = suite<{ folder: string }>('filter-scan-task');

test.before.each((state) => {
  state.folder = mkdtempSync(join(tmpdir(), 'ringmq-scan-'));
});

test.after.each((state) => {
  rmSync(state.folder, { recursive: true, force: true });
});

function taskFor(store: ScannedStore, expression: string, more: Partial<FilterScanTask> = {}): FilterScanTask {
  const { commitLogFolder, consumeQueueFolder, segmentSizeBytes, consumeQueueFileSizeBytes, topic } = store;
  return {
    commitLogFolder,
    segmentSizeBytes,
    consumeQueueFolder,
    consumeQueueFileSizeBytes,
    topic,
    queueId: 0,
    offset: 0,
    count: 800,
    entries: undefined,
    filter: { expression, byRealTopic: undefined },
    maxCount: 32,
    maxBytes: 1 << 20,
    ...more,
  };
}

/** 100 messages `i` over four files of the queue and, with gaps of all sizes, several segments. */
function hundred(folder: string): ScannedStore {
  const store = new ScannedStore(folder);
  for (let i = 0; i < 100; i++) {
    store.add(`i\u0001${i}\u0002`);
    store.skip([0, 100, 5_000][i % 3] ?? 0);
  }
  return store;
}

test('finds what is wanted across files, segments and gaps', ({ folder }) => {
  const store = hundred(folder);
  store.write();
  assert.ok((store.entries[99]?.physicalOffset ?? 0) > 2 * store.segmentSizeBytes, 'several segments');
  const result = scanQueue(taskFor(store, "i IN ('0', '29', '30', '31', '59', '60', '99')"));
  assert.equal(queueOffsetsOf(result.records), [0, 29, 30, 31, 59, 60, 99]);
  assert.equal([result.nextOffset, result.messageCount, result.isIncomplete], [100, 7, false]);
});

test('begins and ends where it is told', ({ folder }) => {
  const store = hundred(folder);
  store.write();
  const result = scanQueue(taskFor(store, 'TRUE', { offset: 40, count: 5 }));
  assert.equal(queueOffsetsOf(result.records), [40, 41, 42, 43, 44]);
  assert.is(result.nextOffset, 45);
});

test('stops when it has enough messages, right behind the last', ({ folder }) => {
  const store = hundred(folder);
  store.write();
  const result = scanQueue(taskFor(store, 'i >= 10', { maxCount: 3 }));
  assert.equal(queueOffsetsOf(result.records), [10, 11, 12]);
  assert.is(result.nextOffset, 13);
});

test('stops before a message that does not fit, but takes a first one of any size', ({ folder }) => {
  const store = new ScannedStore(folder);
  for (let i = 0; i < 4; i++) store.add(`i\u0001${i}\u0002`, 1_000);
  store.write();
  const one = scanQueue(taskFor(store, 'TRUE', { maxBytes: 10 }));
  assert.equal([queueOffsetsOf(one.records), one.nextOffset], [[0], 1]);
  const two = scanQueue(taskFor(store, 'TRUE', { maxBytes: 2_500 }));
  assert.equal([queueOffsetsOf(two.records), two.nextOffset], [[0, 1], 2]);
});

test('stops after so many bytes, and reads a record that is larger than its buffer', ({ folder }) => {
  const bodyBytes = 1024 * 1024;
  const store = new ScannedStore(folder, 16 * bodyBytes);
  for (let i = 0; i < 12; i++) store.add(`i\u0001${i}\u0002`, bodyBytes);
  store.write();
  const result = scanQueue(taskFor(store, 'i = 5 OR i = 11'));
  assert.equal(queueOffsetsOf(result.records), [5]);
  assert.is(result.nextOffset, SCAN_BYTES_MAX / bodyBytes);
});

test('passes over messages whose segment is gone, and says so', ({ folder }) => {
  const store = hundred(folder);
  store.write(store.segmentSizeBytes);
  const first = store.entries.findIndex(({ physicalOffset }) => physicalOffset >= store.segmentSizeBytes);
  const result = scanQueue(taskFor(store, 'TRUE', { maxCount: 2 }));
  assert.equal([queueOffsetsOf(result.records), result.isIncomplete], [[first, first + 1], true]);
});

test('passes over entries that stand for no message', ({ folder }) => {
  const store = hundred(folder);
  for (let i = 0; i < 10; i++) store.entries[i] = { physicalOffset: 0, sizeBytes: PRE_BLANK_SIZE_BYTES };
  store.write();
  const result = scanQueue(taskFor(store, 'TRUE', { maxCount: 1 }));
  assert.equal([queueOffsetsOf(result.records), result.isIncomplete], [[10], false]);
});

test('does not take a record of another size for the one that was meant', ({ folder }) => {
  const store = hundred(folder);
  const [first, second] = store.entries;
  if (first === undefined || second === undefined) throw new Error('no entries');
  store.entries[0] = { physicalOffset: first.physicalOffset, sizeBytes: second.sizeBytes - 1 };
  store.write();
  const result = scanQueue(taskFor(store, 'TRUE', { maxCount: 1 }));
  assert.equal([queueOffsetsOf(result.records), result.isIncomplete], [[1], true]);
});

test('takes entries that are handed to it in place of the file’s', ({ folder }) => {
  const store = hundred(folder);
  store.write();
  const entries = store.entries.slice(50, 53);
  const result = scanQueue(
    taskFor(store, 'TRUE', {
      offset: 50,
      entries: {
        physicalOffsets: Float64Array.from(entries, ({ physicalOffset }) => physicalOffset),
        sizes: Int32Array.from(entries, ({ sizeBytes }) => sizeBytes),
      },
    }),
  );
  assert.equal([queueOffsetsOf(result.records), result.nextOffset], [[50, 51, 52], 53]);
});

test('without files there is nothing, and the offset stays', ({ folder }) => {
  const store = new ScannedStore(folder);
  const result = scanQueue(taskFor(store, 'TRUE', { offset: 7 }));
  assert.equal([result.nextOffset, result.messageCount], [7, 0]);
});

test.run();
