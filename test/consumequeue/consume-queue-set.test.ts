/** Consume queues and their files, without a log. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { FdatasyncError, type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';
import { ENTRY_BYTES, PRE_BLANK_SIZE_BYTES, readEntry } from '#src/consumequeue/consume-queue-entry.js';
import { ConsumeQueueFiles, FILES_PER_SYNC_STEP } from '#src/consumequeue/consume-queue-files.js';
import { recoverConsumeQueues } from '#src/consumequeue/consume-queue-recovery.js';
import { ConsumeQueueSet, QUEUES_PER_STEP } from '#src/consumequeue/consume-queue-set.js';
import { ConsumeQueueWriter } from '#src/consumequeue/consume-queue-writer.js';
import { BUFFERED_ENTRIES_FIRST, EntryBuffers, SPARE_BYTES_MAX } from '#src/consumequeue/entry-buffers.js';

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

/** Counts what is open, and what was synced. */
class CountedFiles {
  openNow = 0;
  openMost = 0;
  readonly synced: string[] = [];
  readonly syncedFolders: string[] = [];
  /** A path whose fdatasync fails, once. */
  failing: string | undefined;
  readonly files: FileSystem;
  readonly #paths = new Map<number, string>();

  constructor() {
    this.files = {
      ...nodeFileSystem,
      open: (path, mode) => {
        const file = nodeFileSystem.open(path, mode);
        this.#paths.set(file, path);
        this.openMost = Math.max(this.openMost, ++this.openNow);
        return file;
      },
      close: (file) => {
        this.openNow--;
        nodeFileSystem.close(file);
      },
      fsyncFolderLater: async (path) => void this.syncedFolders.push(path),
      fdatasyncLater: async (file) => {
        const path = this.#paths.get(file) ?? '';
        if (path === this.failing) {
          this.failing = undefined;
          throw new Error('EIO');
        }
        this.synced.push(path);
      },
    };
  }
}

async function syncAll(set: ConsumeQueueSet): Promise<void> {
  while (!(await set.syncSome())) continue;
}

test('writes and syncs in rounds that end, with few open files and each file once', async () => {
  const rootFolder = makeFolder();
  const counted = new CountedFiles();
  const openFilesMax = 16;
  const queues = FILES_PER_SYNC_STEP * 2 + 1;
  const set = new ConsumeQueueSet(new ConsumeQueueFiles(counted.files, rootFolder, FILE_BYTES, openFilesMax));
  for (let i = 0; i < queues; i++) fill(set, `T${i}`, 0, 1, i * 100);
  set.beginRound();
  let steps = 1;
  while (!set.stepRound()) steps++;
  assert.is(steps, Math.ceil(queues / QUEUES_PER_STEP), 'a round is cut into steps');
  set.beginSync();
  fill(set, 'T0', 1, 1, queues * 100);
  set.writeAll();
  assert.not.ok(await set.syncSome(), 'a sync is cut into steps');
  assert.is(counted.synced.length, FILES_PER_SYNC_STEP);
  await syncAll(set);
  assert.is(new Set(counted.synced).size, queues);
  assert.is(counted.synced.length, queues);
  // Names of folders too: the queues' own, the topics' and those above them, each once.
  assert.is(counted.syncedFolders.length, queues * 2 + 2);
  assert.is(new Set(counted.syncedFolders).size, queues * 2 + 2);
  set.beginSync();
  assert.ok(await set.syncSome());
  assert.equal(counted.synced.slice(queues), [join(rootFolder, 'T0', '0', '00000000000000000000')]);
  assert.ok(counted.openMost <= openFilesMax + 3, `${counted.openMost} files were open`);
  set.close();
  assert.is(counted.openNow, 0);
  assert.is(recover(rootFolder, 1_000_000).length, queues);
});

test('owes again what an fdatasync that failed left, and those that had not had their turn', async () => {
  const rootFolder = makeFolder();
  const counted = new CountedFiles();
  const set = new ConsumeQueueSet(new ConsumeQueueFiles(counted.files, rootFolder, FILE_BYTES, 4));
  const queues = FILES_PER_SYNC_STEP + 5;
  for (let i = 0; i < queues; i++) fill(set, `T${i}`, 0, 1, i * 100);
  set.writeAll();
  set.beginSync();
  counted.failing = join(rootFolder, 'T0', '0', '00000000000000000000');
  let failure: unknown;
  await set.syncSome().catch((error: unknown) => (failure = error));
  assert.instance(failure, FdatasyncError);
  set.beginSync();
  while (!(await set.syncSome())) continue;
  assert.is(new Set(counted.synced).size, queues);
  set.close();
});

test('a queue with nothing to write has no memory for entries', () => {
  const set = newSet(makeFolder());
  const files = new ConsumeQueueFiles(nodeFileSystem, makeFolder(), FILE_BYTES, 2);
  const queue = new ConsumeQueueWriter(files, 'A', 0, 0, 0, true);
  for (let i = 0; i < BUFFERED_ENTRIES_FIRST * 2; i++) {
    queue.nextOffset++;
    queue.append(i * 100, 100, 0);
  }
  assert.is(files.buffers.spareBytes, BUFFERED_ENTRIES_FIRST * ENTRY_BYTES, 'the smaller buffer is back');
  queue.write();
  assert.is(files.buffers.spareBytes, BUFFERED_ENTRIES_FIRST * ENTRY_BYTES * 3);
  const other = new ConsumeQueueWriter(files, 'B', 0, 0, 1, true);
  other.nextOffset++;
  other.append(0, 100, 0);
  assert.is(files.buffers.spareBytes, BUFFERED_ENTRIES_FIRST * ENTRY_BYTES * 2, 'the next one takes it');
  files.close();
  set.close();
});

test('the pool of entry buffers keeps no more than it may', () => {
  const buffers = new EntryBuffers();
  const lent = Array.from({ length: 3 }, () => buffers.larger(SPARE_BYTES_MAX / 4));
  for (const buffer of lent) buffers.giveBack(buffer);
  assert.is(buffers.spareBytes, SPARE_BYTES_MAX);
});

test.run();
