/** The index of a store over restarts: after a clean stop, after kills at any time, with files that lost what was written, with a log that lost its end. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';
import { ENTRY_BYTES, entryPosition, readHeader } from '#src/index/index-layout.js';
import { readInt64 } from '#src/message/stored-record.js';

import { suite } from '../suite.js';
import { indexFiles, keysOfIndex, keysOfLog } from './index-harness.js';
import { makeFolder, openStore, type OpenStore, removeFolders } from './store-harness.js';

const test = suite('index recovery');
test.after(removeFolders);

const SHAPE = { hashSlotNum: 2000, indexNum: 300 };
const SETTINGS = { maxHashSlotNum: SHAPE.hashSlotNum, maxIndexNum: SHAPE.indexNum };

function putMany(open: OpenStore, count: number, from = 0): void {
  for (let i = from; i < from + count; i++) {
    const keys = i % 5 === 0 ? '' : `KEYS\u0001busy k${i}\u0002`;
    const properties = i % 7 === 0 ? '' : `UNIQ_KEY\u0001id-${i}\u0002${keys}TAGS\u0001tag${i % 3}\u0002`;
    open.put('T', i % 3, [{ body: `message ${i}`.repeat(20), properties }]);
  }
}

async function passTime({ store, clock }: OpenStore, ms: number): Promise<void> {
  clock.advance(ms);
  for (let i = 0; i < 10; i++) {
    store.flusher.tick(clock.monotonicMs());
    await store.flusher.idle();
  }
}

function killedCopy(folder: string): string {
  const copy = makeFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

async function reopenAndClose(
  folder: string,
  files: FileSystem = nodeFileSystem,
  poolBytesMin?: number,
): Promise<void> {
  const open = await openStore(folder, SETTINGS, files, poolBytesMin);
  await open.store.close();
}

/** All keys of the log, in its order, each once. */
function assertWhole(folder: string, what = ''): void {
  const keys = keysOfIndex(folder, SHAPE);
  const wanted = keysOfLog(folder);
  const place = wanted.findIndex((key, i) => keys[i] !== key);
  const difference = `${what}: at ${place} ${keys[place]} instead of ${wanted[place]}`;
  assert.equal([keys.length, place], [wanted.length, -1], difference);
}

function indexMsgTimestamp(folder: string): number {
  return readInt64(readFileSync(join(folder, 'checkpoint')), 16);
}

test('a clean stop leaves a whole index, which is gone on with', async () => {
  const folder = makeFolder();
  const first = await openStore(folder, SETTINGS);
  putMany(first, 300);
  await first.store.close();
  assertWhole(folder);
  assert.is(indexMsgTimestamp(folder), first.clock.nowMs());
  await reopenAndClose(folder);
  assertWhole(folder, 'nothing twice');
  const third = await openStore(folder, SETTINGS);
  putMany(third, 300, 300);
  await third.store.close();
  assertWhole(folder);
  assert.ok(indexFiles(folder).length > 3);
});

test('a kill at any time loses no key and leaves none twice', async () => {
  for (const rounds of [0, 1, 3]) {
    for (const tail of [0, 1, 50, 200]) {
      const folder = makeFolder();
      const first = await openStore(folder, SETTINGS);
      for (let i = 0; i < rounds; i++) {
        putMany(first, 90, i * 1000);
        await passTime(first, 10_000);
      }
      putMany(first, tail, 5000);
      const copy = killedCopy(folder);
      await first.store.abandon();
      const second = await openStore(copy, SETTINGS);
      putMany(second, 30, 9000);
      await second.store.close();
      assertWhole(copy, `${rounds} rounds, then ${tail}`);
    }
  }
});

test('a second kill before anything was put, and a third', async () => {
  const folder = makeFolder();
  let open = await openStore(folder, SETTINGS);
  putMany(open, 200);
  let copy = folder;
  for (let i = 0; i < 3; i++) {
    copy = killedCopy(copy);
    await open.store.abandon();
    open = await openStore(copy, SETTINGS);
  }
  await open.store.close();
  assertWhole(copy);
});

test('the pool makes the same keys again as the worker does by itself', async () => {
  const folder = makeFolder();
  const first = await openStore(folder, SETTINGS);
  putMany(first, 900);
  const copy = killedCopy(folder);
  await first.store.abandon();
  await reopenAndClose(copy, nodeFileSystem, 0);
  assertWhole(copy);
});

test('entries of records that the log has lost go', async () => {
  const folder = makeFolder();
  const first = await openStore(folder, SETTINGS);
  putMany(first, 40);
  first.store.flusher.tick(first.clock.monotonicMs());
  const results = first.put('T', 0, [{ properties: 'UNIQ_KEY\u0001last\u0002' }]);
  first.store.answerIndex(1, 0);
  putMany(first, 20, 100);
  first.store.answerIndex(2, 0);
  const copy = killedCopy(folder);
  await first.store.abandon();
  const log = join(copy, 'commitlog', '00000000000000000000');
  const bytes = readFileSync(log);
  bytes.fill(0, results[0]?.physicalOffset ?? 0);
  writeFileSync(log, bytes);
  const second = await openStore(copy, SETTINGS);
  putMany(second, 20, 200);
  await second.store.close();
  assertWhole(copy);
});

test('entries that a power cut took from the file are made again from the log, however old', async () => {
  const folder = makeFolder();
  const first = await openStore(folder, SETTINGS);
  for (let i = 0; i < 5; i++) {
    putMany(first, 100, i * 100);
    await passTime(first, 10_000);
  }
  const copy = killedCopy(folder);
  await first.store.abandon();
  const newest = join(copy, 'index', indexFiles(copy).at(-1) ?? '');
  const bytes = readFileSync(newest);
  assert.ok(readHeader(bytes).indexCount > 20);
  bytes.fill(0, entryPosition(SHAPE, 10), entryPosition(SHAPE, 10) + 3 * ENTRY_BYTES);
  writeFileSync(newest, bytes);
  const second = await openStore(copy, SETTINGS);
  assert.ok(second.posted.some((message) => message.type === 'log' && /made again from the log/.test(message.message)));
  await second.store.close();
  assertWhole(copy);
});

test('an index that is gone holds what is seen of the log again, all of it when the queues are gone too', async () => {
  const folder = makeFolder();
  const first = await openStore(folder, SETTINGS);
  putMany(first, 300);
  await first.store.close();
  rmSync(join(folder, 'index'), { recursive: true });
  await reopenAndClose(folder);
  assert.ok(keysOfIndex(folder, SHAPE).length < 6);
  for (const name of ['index', 'consumequeue']) rmSync(join(folder, name), { recursive: true });
  await reopenAndClose(folder);
  assertWhole(folder);
});

test('without messageIndexEnable nothing is made, and what is there stays', async () => {
  const folder = makeFolder();
  const first = await openStore(folder, { ...SETTINGS, messageIndexEnable: false });
  putMany(first, 50);
  await passTime(first, 10_000);
  await first.store.close();
  assert.equal(indexFiles(folder), []);
  const second = await openStore(folder, SETTINGS);
  putMany(second, 50, 100);
  await second.store.close();
  const keys = keysOfIndex(folder, SHAPE);
  const third = await openStore(folder, { ...SETTINGS, messageIndexEnable: false });
  putMany(third, 50, 200);
  const copy = killedCopy(folder);
  await third.store.close();
  assert.equal(keysOfIndex(folder, SHAPE), keys);
  const fourth = await openStore(copy, { ...SETTINGS, messageIndexEnable: false });
  await fourth.store.close();
  assert.equal(keysOfIndex(copy, SHAPE), keys.slice(0, keysOfIndex(copy, SHAPE).length));
});

test('a disk that has no room refuses messages, and no key of one that was answered is lost', async () => {
  const folder = makeFolder();
  let isFull = false;
  const indexFds = new Set<number>();
  const files: FileSystem = {
    ...nodeFileSystem,
    open: (path, mode) => {
      const file = nodeFileSystem.open(path, mode);
      if (path.includes('/index/')) indexFds.add(file);
      return file;
    },
    close: (file) => {
      indexFds.delete(file);
      nodeFileSystem.close(file);
    },
    pwrite: (file, ...rest) => {
      if (isFull && indexFds.has(file)) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
      return nodeFileSystem.pwrite(file, ...rest);
    },
  };
  const open = await openStore(folder, SETTINGS, files);
  putMany(open, 50);
  isFull = true;
  putMany(open, 50, 50);
  await passTime(open, 2000);
  const refusals = open.posted
    .filter((message) => message.type === 'refuseWrites')
    .map((message) => message.refusal?.reason);
  assert.match(refusals[0] ?? '', /^the disk is full: cannot write (a consume queue or )?the index/);
  isFull = false;
  await passTime(open, 2000);
  putMany(open, 200, 100);
  await open.store.close();
  assertWhole(folder);
});

// Apache's broker recovers a store before it takes the lock: one that was refused had removed the index file, and the next fdatasync failed.
test('an index file that a refused broker has removed is there again, whole, after the next checkpoint', async () => {
  const folder = makeFolder();
  const open = await openStore(folder, SETTINGS);
  putMany(open, 200);
  await passTime(open, 5000);
  const removed = indexFiles(folder).at(-1) ?? '';
  rmSync(join(folder, 'index', removed));
  putMany(open, 100, 200);
  await passTime(open, 5000);
  assert.equal(
    open.posted.filter(({ type }) => type === 'refuseWrites'),
    [],
  );
  assert.ok(indexFiles(folder).includes(removed));
  await open.store.close();
  assertWhole(folder);
});

test.run();
