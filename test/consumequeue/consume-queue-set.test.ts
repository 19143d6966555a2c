/** Consume queues and their files, without a log. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { ENTRY_BYTES, PRE_BLANK_SIZE_BYTES, readEntry } from '#src/consumequeue/consume-queue-entry.js';
import { ConsumeQueueFiles } from '#src/consumequeue/consume-queue-files.js';
import { recoverConsumeQueues } from '#src/consumequeue/consume-queue-recovery.js';
import { ConsumeQueueSet } from '#src/consumequeue/consume-queue-set.js';

import { makeFolder, removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';

const test = suite('consume queue set');
test.after(removeFolders);

const FILE_BYTES = 10 * ENTRY_BYTES;

function newSet(rootFolder: string): ConsumeQueueSet {
  return new ConsumeQueueSet(new ConsumeQueueFiles(nodeFileSystem, rootFolder, FILE_BYTES, 2));
}

/** Entries of 100-byte records, one after the other from `physicalOffset` on. */
function fill(set: ConsumeQueueSet, topic: string, first: number, count: number, physicalOffset = 0): void {
  for (let i = 0; i < count; i++) set.restore(topic, 0, first + i, physicalOffset + i * 100, 100, i);
}

function recover(rootFolder: string, cutOffset: number, logMinOffset = 0): unknown[] {
  const ignored = { onChanged: () => undefined, onRemoved: () => undefined };
  const options = { rootFolder, fileSizeBytes: FILE_BYTES, logMinOffset, cutOffset, wasCleanStop: false, ...ignored };
  return recoverConsumeQueues(nodeFileSystem, options).map(({ topic, minOffset, maxOffset }) => [
    topic,
    minOffset,
    maxOffset,
  ]);
}

test('keeps files of full size and finds its end by halving, cut anywhere', () => {
  const rootFolder = makeFolder();
  const set = newSet(rootFolder);
  fill(set, 'A', 0, 35);
  set.writeAll();
  set.close();
  assert.is(readFileSync(join(rootFolder, 'A', '0', '00000000000000000600')).length, FILE_BYTES);
  assert.equal(recover(rootFolder, 10_000), [['A', 0, 35]]);
  assert.equal(recover(rootFolder, 10_000, 1150), [['A', 12, 35]]);
  assert.equal(recover(rootFolder, 10_000, 9000), [['A', 35, 35]]);
  assert.equal(recover(rootFolder, 2000), [['A', 0, 20]]);
  assert.equal(recover(rootFolder, 10_000), [['A', 0, 20]], 'what was cut does not come back');
  assert.equal(recover(rootFolder, 50), [['A', 0, 1]]);
  assert.equal(recover(rootFolder, 0), []);
  assert.equal(nodeFileSystem.readdir(join(rootFolder, 'A')), []);
});

test('fills the first file with blanks before a queue that begins late', () => {
  const rootFolder = makeFolder();
  const set = newSet(rootFolder);
  fill(set, 'A', 13, 2, 5000);
  set.writeAll();
  set.close();
  const file = readFileSync(join(rootFolder, 'A', '0', '00000000000000000200'));
  assert.equal(readEntry(file, 2 * ENTRY_BYTES), { physicalOffset: 0, sizeBytes: PRE_BLANK_SIZE_BYTES, tagsCode: 0 });
  assert.equal(readEntry(file, 3 * ENTRY_BYTES), { physicalOffset: 5000, sizeBytes: 100, tagsCode: 0 });
  assert.equal(recover(rootFolder, 10_000), [['A', 13, 15]]);
});

test('keeps offsets right where entries are missing', () => {
  const rootFolder = makeFolder();
  const set = newSet(rootFolder);
  fill(set, 'A', 0, 3);
  fill(set, 'A', 5, 1, 900);
  assert.is(set.missingEntries, 2);
  assert.equal(set.assignKeys(), [{ topic: 'A', queueId: 0, minOffset: 0, maxOffset: 6 }]);
  set.close();
});

test('writes in rounds that end, with few open files', async () => {
  const rootFolder = makeFolder();
  const set = newSet(rootFolder);
  for (let i = 0; i < 200; i++) fill(set, `T${i}`, 0, 1, i * 100);
  set.beginRound();
  let steps = 1;
  while (!set.stepRound()) steps++;
  assert.ok(steps > 1, 'a round is cut into steps');
  await set.fdatasyncLater();
  set.close();
  assert.is(recover(rootFolder, 1_000_000).length, 200);
});

test.run();
