/** Deletion of old segments: which go, what follows them, and what a restart or a crash finds afterwards. */
import { cpSync, existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { segmentName } from '#src/base/segment-name.js';
import { type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';
import { StatusWord } from '#src/ring/store-status-page.js';
import type { ExpiryLimits, FromWorker } from '#src/workers/control-message.js';

import { makeFolder, openStore, type OpenStore, removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';

const SEGMENT_BYTES = 64 * 1024;
const HOUR_MS = 3_600_000;
const AT_ONCE: ExpiryLimits = {
  reservedMs: -1,
  isAtOnce: true,
  bytesToFree: 0,
  logBytesMax: 0,
  segmentsMax: 100,
  segmentPauseMs: 0,
  queuePauseMs: 0,
};
const BY_AGE: ExpiryLimits = { ...AT_ONCE, reservedMs: HOUR_MS, isAtOnce: false };

const test = suite('store cleaner');
test.after(removeFolders);

/** About 200 messages of some 500 bytes fill a segment. */
function putMany(open: OpenStore, topic: string, count: number): void {
  for (let i = 0; i < count; i++) {
    open.put(topic, 0, [{ body: 'x'.repeat(400), properties: `KEYS\u0001${topic}-${i}\u0002` }]);
  }
}

/** Lets the worker do what is due, its housekeeping too, until a round has nothing left. */
async function turn({ store, clock }: OpenStore, ms = 0): Promise<void> {
  clock.advance(ms);
  for (let i = 0; i < 60; i++) {
    store.flusher.tick(clock.monotonicMs());
    store.cleaner.tick(clock.monotonicMs());
    await store.flusher.idle();
    await store.cleaner.idle();
  }
}

/** Everything written has its entries on disk and a checkpoint that says so. */
async function checkpoint(open: OpenStore): Promise<void> {
  for (let i = 0; i < 4; i++) await turn(open, 3000);
}

let nextId = 1;

async function expire(open: OpenStore, limits: ExpiryLimits): Promise<Extract<FromWorker, { type: 'expired' }>> {
  const id = nextId++;
  open.store.cleaner.expire(id, limits);
  await turn(open);
  const answer = open.posted.find((message) => message.type === 'expired' && message.id === id);
  if (answer?.type !== 'expired') throw new Error('the task was not answered');
  return answer;
}

function segmentsOf(folder: string): string[] {
  return readdirSync(join(folder, 'commitlog')).toSorted();
}

function queueFiles(folder: string, topic: string): number[] {
  return readdirSync(join(folder, 'consumequeue', topic, '0'))
    .map(Number)
    .toSorted((a, b) => a - b);
}

function queueOf({ store }: OpenStore, topic: string): [minOffset: number, maxOffset: number] | undefined {
  const state = store.queueStates.find((queue) => queue.topic === topic);
  return state === undefined ? undefined : [state.minOffset, state.maxOffset];
}

/** Minimum offset of a key as the main thread was told. */
function toldMinOffset({ posted }: OpenStore, key: number): number {
  let told = 0;
  for (const message of posted) {
    if (message.type !== 'queuesExpired') continue;
    message.keys.forEach((each, i) => (told = each === key ? (message.minOffsets[i] ?? 0) : told));
  }
  return told;
}

async function reopened(folder: string): Promise<OpenStore> {
  const copy = makeFolder();
  cpSync(folder, copy, { recursive: true });
  return openStore(copy);
}

function age(folder: string, hours: number, count: number, { clock }: OpenStore): void {
  const seconds = (clock.nowMs() - hours * HOUR_MS) / 1000;
  for (const name of segmentsOf(folder).slice(0, count)) utimesSync(join(folder, 'commitlog', name), seconds, seconds);
}

test('segments past their time go, the oldest first; one that is not ends it, and the last one stays whatever its age', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  putMany(open, 'T', 600);
  await checkpoint(open);
  const before = segmentsOf(folder);
  assert.ok(before.length >= 5);
  age(folder, -1, before.length, open);
  assert.is((await expire(open, BY_AGE)).segments, 0, 'none is old enough');
  age(folder, 2, 2, open);
  assert.is((await expire(open, BY_AGE)).segments, 2);
  assert.equal(segmentsOf(folder), before.slice(2));
  assert.is(open.store.status.get(StatusWord.minPhysicalOffset), 2 * SEGMENT_BYTES);
  age(folder, 2, 100, open);
  await expire(open, BY_AGE);
  assert.ok(segmentsOf(folder).length >= 1);
  const last = open.store.status.get(StatusWord.writtenOffset);
  assert.ok(segmentsOf(folder).includes(segmentName(last - (last % SEGMENT_BYTES))), 'the segment that is written to');
  putMany(open, 'T', 1);
  await open.store.close();
});

test('the limits: so many at a time, until so much is free, until the log is so small', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  putMany(open, 'T', 1200);
  await checkpoint(open);
  assert.is((await expire(open, { ...AT_ONCE, segmentsMax: 1 })).segments, 1);
  assert.is((await expire(open, { ...BY_AGE, reservedMs: -1 })).segments, 0);
  assert.is((await expire(open, { ...BY_AGE, reservedMs: -1, bytesToFree: SEGMENT_BYTES + 1 })).segments, 2);
  await expire(open, { ...BY_AGE, reservedMs: -1, logBytesMax: 3 * SEGMENT_BYTES });
  const { status } = open.store;
  const left = status.get(StatusWord.writtenOffset) - status.get(StatusWord.minPhysicalOffset);
  assert.ok(left <= 3 * SEGMENT_BYTES && left > 2 * SEGMENT_BYTES, `${left} bytes are left`);
  await open.store.close();
});

test('a segment that the checkpoint is not past stays: a crash would need it', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  putMany(open, 'T', 600);
  const answer = await expire(open, AT_ONCE);
  assert.is(answer.segments, 0);
  await checkpoint(open);
  assert.ok((await expire(open, AT_ONCE)).segments > 0);
  await open.store.close();
});

test('consume queues follow: whole files go, the first offset is the first message that is left, and index files too', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  putMany(open, 'T', 600);
  await checkpoint(open);
  const indexFiles = readdirSync(join(folder, 'index')).length;
  await expire(open, { ...AT_ONCE, segmentsMax: 2 });
  const minOffset = toldMinOffset(open, 0);
  assert.ok(minOffset > 100 && minOffset < 600, `the queue begins at ${minOffset}`);
  // 100 entries of 20 bytes a file.
  assert.equal(queueFiles(folder, 'T')[0], Math.floor(minOffset / 100) * 2000);
  assert.ok(readdirSync(join(folder, 'index')).length < indexFiles);
  const second = await reopened(folder);
  assert.equal(queueOf(second, 'T'), [minOffset, 600], 'recovery finds the same');
  await second.store.close();
  await open.store.close();
});

test('a queue all of whose messages are gone goes on where it was: at once, after a stop, and after a crash', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  putMany(open, 'Old', 250);
  putMany(open, 'New', 400);
  await checkpoint(open);
  await expire(open, AT_ONCE);
  assert.is(toldMinOffset(open, 0), 250);
  assert.equal(queueFiles(folder, 'Old'), [4000], 'the last file stays');
  const crashed = await reopened(folder);
  assert.equal(queueOf(crashed, 'Old'), [250, 250]);
  assert.is(crashed.put('Old', 0, [{}])[0]?.queueOffset, 250);
  await crashed.store.close();
  await open.store.close();
  const stopped = await reopened(folder);
  assert.equal(queueOf(stopped, 'Old'), [250, 250]);
  assert.is(stopped.put('Old', 0, [{}])[0]?.queueOffset, 250);
  await stopped.store.close();
});

test('a queue that ended with a full file keeps that file', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  putMany(open, 'Old', 200);
  putMany(open, 'New', 400);
  await checkpoint(open);
  await expire(open, AT_ONCE);
  assert.equal(queueFiles(folder, 'Old'), [2000]);
  const second = await reopened(folder);
  assert.equal(queueOf(second, 'Old'), [200, 200]);
  await second.store.close();
  await open.store.close();
});

// Without the floor the queue began at 0 again: all that was left of it was past the place where recovery cuts.
test('a queue whose only file holds nothing that recovery keeps goes on at that file', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  putMany(open, 'Old', 200);
  putMany(open, 'New', 400);
  await open.store.close();
  const queueFolder = join(folder, 'consumequeue', 'Old', '0');
  nodeFileSystem.unlink(join(queueFolder, segmentName(0)));
  nodeFileSystem.unlink(join(queueFolder, segmentName(2000)));
  const file = nodeFileSystem.open(join(queueFolder, segmentName(4000)), 'create');
  nodeFileSystem.ftruncate(file, 2000);
  nodeFileSystem.close(file);
  // The messages are in deleted segments, so that nothing makes the entries again.
  for (const name of segmentsOf(folder).slice(0, 3)) nodeFileSystem.unlink(join(folder, 'commitlog', name));
  const second = await openStore(folder);
  assert.equal(queueOf(second, 'Old'), [200, 200]);
  assert.is(second.put('Old', 0, [{}])[0]?.queueOffset, 200);
  await second.store.close();
});

test('a crash between any two steps leaves a store that opens, with every message that is in its log', async () => {
  const folder = makeFolder();
  const copies: string[] = [];
  const snapshot = (): void => {
    const copy = makeFolder();
    cpSync(folder, copy, { recursive: true });
    copies.push(copy);
  };
  const files: FileSystem = {
    ...nodeFileSystem,
    unlink: (path) => {
      snapshot();
      nodeFileSystem.unlink(path);
    },
    unlinkLater: (path) => {
      snapshot();
      return nodeFileSystem.unlinkLater(path);
    },
  };
  const open = await openStore(folder, {}, files);
  putMany(open, 'T', 300);
  putMany(open, 'U', 300);
  await checkpoint(open);
  await expire(open, { ...AT_ONCE, segmentsMax: 4 });
  snapshot();
  await open.store.close();
  assert.ok(copies.length > 6, `${copies.length} steps`);
  for (const copy of copies) {
    const second = await openStore(copy);
    assert.is(queueOf(second, 'T')?.[1], 300);
    assert.is(queueOf(second, 'U')?.[1], 300);
    assert.is(second.put('U', 0, [{}])[0]?.queueOffset, 300);
    await second.store.close();
  }
});

test('a file that cannot be deleted: the task says why, the log keeps its beginning, and the next task tries again', async () => {
  const folder = makeFolder();
  let isFailing = true;
  const files: FileSystem = {
    ...nodeFileSystem,
    unlinkLater: (path) => (isFailing ? Promise.reject(new Error('EIO')) : nodeFileSystem.unlinkLater(path)),
  };
  const open = await openStore(folder, {}, files);
  putMany(open, 'T', 600);
  await checkpoint(open);
  const failed = await expire(open, AT_ONCE);
  assert.equal([failed.segments, failed.error], [0, 'EIO']);
  assert.is(open.store.status.get(StatusWord.minPhysicalOffset), 0);
  isFailing = false;
  assert.ok((await expire(open, AT_ONCE)).segments > 0);
  await open.store.close();
});

test('what a crash has left of queue files goes when it is asked for', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  putMany(open, 'T', 600);
  await checkpoint(open);
  const before = makeFolder();
  cpSync(join(folder, 'consumequeue'), before, { recursive: true });
  await expire(open, AT_ONCE);
  const left = queueFiles(folder, 'T');
  await open.store.close();
  cpSync(before, join(folder, 'consumequeue'), { recursive: true, force: false });
  const second = await openStore(folder);
  assert.ok(existsSync(join(folder, 'consumequeue', 'T', '0', segmentName(0))));
  await expire(second, { ...AT_ONCE, segmentsMax: 0 });
  assert.equal(queueFiles(folder, 'T'), left);
  await second.store.close();
});

test.run();
