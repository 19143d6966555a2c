/** A checkpoint of more queues than one step brings to the disk. */
import { basename, dirname, join } from 'node:path';

import * as assert from 'uvu/assert';

import { type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';
import { StoreCheckpoint } from '#src/commitlog/store-checkpoint.js';
import { FILES_PER_SYNC_STEP } from '#src/consumequeue/consume-queue-files.js';

import { suite } from '../suite.js';
import { makeFolder, openStore, type OpenStore, removeFolders } from './store-harness.js';

const test = suite('many queues checkpoint');
test.after(removeFolders);

const QUEUES = FILES_PER_SYNC_STEP * 2 + 5;

/** The kinds of files that were synced, in order. */
function recordingFiles(): { files: FileSystem; synced: string[] } {
  const paths = new Map<number, string>();
  const synced: string[] = [];
  const files: FileSystem = {
    ...nodeFileSystem,
    open: (path, mode) => {
      const file = nodeFileSystem.open(path, mode);
      paths.set(file, path);
      return file;
    },
    fdatasyncLater: (file) => {
      const path = paths.get(file) ?? '';
      const folder = basename(dirname(path));
      synced.push(folder === 'commitlog' || basename(path) === 'checkpoint' ? basename(path) : 'queue');
      return nodeFileSystem.fdatasyncLater(file);
    },
  };
  return { files, synced };
}

function checkpointOf(folder: string): StoreCheckpoint {
  const checkpoint = new StoreCheckpoint(nodeFileSystem, join(folder, 'checkpoint'));
  checkpoint.load();
  return checkpoint;
}

async function step({ store, clock }: OpenStore): Promise<void> {
  store.flusher.tick(clock.monotonicMs());
  await store.flusher.idle();
}

test('others have the disk between its steps, and it says what was there when it began', async () => {
  const folder = makeFolder();
  const { files, synced } = recordingFiles();
  const opened = await openStore(folder, {}, files);
  const { store, clock, put } = opened;
  let last = 0;
  for (let i = 0; i < QUEUES; i++) last = put(`T${i}`, 0, [{}])[0]?.physicalOffset ?? 0;
  clock.advance(3000);
  while (!synced.includes('queue')) await step(opened);
  assert.is(synced.filter((kind) => kind === 'queue').length, FILES_PER_SYNC_STEP);
  assert.not.ok(synced.includes('checkpoint'));
  const later = put('T0', 0, [{}])[0]?.physicalOffset ?? 0;
  clock.advance(1000);
  synced.length = 0;
  await step(opened);
  assert.is(synced[0], '00000000000000000000', 'the log has its turn');
  assert.is(synced.includes('checkpoint'), false);
  while (!synced.includes('checkpoint')) await step(opened);
  assert.is(checkpointOf(folder).fields.logicsPhysicalOffset, last);
  assert.ok(later > last);
  await store.close();
  assert.is(checkpointOf(folder).fields.logicsPhysicalOffset, later);
});

test('after a kill messages are taken before the first one is made, and the one before holds until then', async () => {
  const folder = makeFolder();
  const before = await openStore(folder);
  for (let i = 0; i < QUEUES; i++) before.put(`T${i}`, 0, [{}]);
  await before.store.abandon();
  const { files, synced } = recordingFiles();
  const opened = await openStore(folder, {}, files);
  assert.not.ok(synced.includes('queue'));
  opened.put('T0', 0, [{}]);
  await opened.store.abandon();
  const again = await openStore(folder);
  assert.is(again.store.queueStates.find(({ topic }) => topic === 'T0')?.maxOffset, 2);
  assert.is(again.store.queueStates.length, QUEUES);
  while (checkpointOf(folder).fields.logicsPhysicalOffset === 0) await step(again);
  await again.store.close();
});

test.run();
