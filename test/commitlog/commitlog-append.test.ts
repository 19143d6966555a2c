/** Appending: what the worker fills in, groups, segment ends, the window, and answers when the disk does not take a write. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import * as assert from 'uvu/assert';

import { type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';
import { BLANK_MAGIC, bodySizePosition, readInt64, RECORD, storeTimestampOf } from '#src/message/stored-record.js';
import { javaStringHash } from '#src/message/tags-code.js';
import { StatusWord } from '#src/ring/store-status-page.js';
import { PutStatus } from '#src/workers/message-store.js';

import { suite } from '../suite.js';
import { entriesOfLog, entriesOfQueues, makeFolder, openStore, removeFolders } from './store-harness.js';

const test = suite('commitlog append');
test.after(removeFolders);

function firstSegment(folder: string): Buffer {
  return readFileSync(join(folder, 'commitlog', '00000000000000000000'));
}

test('fills in offsets, store time and body CRC', async () => {
  const folder = makeFolder();
  const { store, clock, put } = await openStore(folder);
  put('T', 3, [{ body: 'first' }]);
  const [result] = put('T', 3, [{ body: 'second', tags: 'TagA' }]);
  const log = firstSegment(folder);
  const at = log.readInt32BE(0);
  assert.equal(result, {
    requestId: 2,
    queueKey: 0,
    sizeBytes: log.readInt32BE(at),
    status: PutStatus.OK,
    isLast: true,
    isQueued: true,
    queueOffset: 1,
    physicalOffset: at,
    tagsCode: javaStringHash('TagA'),
    storeTimestampMs: clock.nowMs(),
  });
  assert.is(readInt64(log, at + RECORD.QUEUE_OFFSET), 1);
  assert.is(readInt64(log, at + RECORD.PHYSICAL_OFFSET), at);
  assert.is(log.readInt32BE(at + RECORD.BODY_CRC), crc32('second') & 0x7fff_ffff);
  assert.is(storeTimestampOf(log, at), clock.nowMs());
  assert.is(log.readInt32BE(bodySizePosition(log, at)), 6);
  await store.close();
});

test('answers each message of a group, which lies in one piece', async () => {
  const { store, put } = await openStore(makeFolder());
  const results = put('T', 0, [{ body: 'a' }, { body: 'bb' }, { body: 'ccc' }]);
  assert.equal(
    results.map((result) => [result.queueOffset, result.isLast]),
    [
      [0, false],
      [1, false],
      [2, true],
    ],
  );
  assert.is(results[1]?.physicalOffset, results[0]?.sizeBytes);
  await store.close();
});

test('closes a segment with a blank when a group and eight bytes do not fit', async () => {
  const folder = makeFolder();
  const { store, main, put } = await openStore(folder);
  const body = 'x'.repeat(30_000);
  put('T', 0, [{ body }]);
  put('T', 0, [{ body }]);
  const [third] = put('T', 0, [{ body }]);
  assert.is(third?.physicalOffset, 65_536);
  const log = firstSegment(folder);
  const blankAt = 2 * (third?.sizeBytes ?? 0);
  assert.is(log.readInt32BE(blankAt), 65_536 - blankAt);
  assert.is(log.readInt32BE(blankAt + 4), BLANK_MAGIC);
  const copy = Buffer.alloc(65_536);
  assert.ok(main.window.copyOut(0, copy.length, copy, 0));
  assert.ok(copy.equals(log), 'the window shows what the file has');
  await store.close();
});

test('fills a segment to its last eight bytes', async () => {
  const folder = makeFolder();
  const { store, put } = await openStore(folder);
  const [first] = put('T', 0, [{ body: '' }]);
  const overhead = first?.sizeBytes ?? 0;
  put('T', 0, [{ body: 'x'.repeat(65_536 - overhead - overhead - 8) }]);
  assert.is(firstSegment(folder).readInt32BE(65_528), 0, 'no blank before the next message');
  const [next] = put('T', 0, [{ body: '' }]);
  assert.is(next?.physicalOffset, 65_536);
  assert.is(firstSegment(folder).readInt32BE(65_528), 8);
  await store.close();
});

test('refuses a group that no segment can take, and goes on', async () => {
  const { store, put } = await openStore(makeFolder());
  const [refused] = put('T', 0, [{ body: 'x'.repeat(65_536) }]);
  assert.is(refused?.status, PutStatus.MESSAGE_ILLEGAL);
  assert.is(put('T', 0, [{}])[0]?.queueOffset, 0);
  await store.close();
});

test('gives prepared messages no offset and no entry', async () => {
  const folder = makeFolder();
  const { store, put } = await openStore(folder);
  assert.is(put('T', 0, [{ sysFlag: 0x4 }])[0]?.isQueued, false);
  const [next] = put('T', 0, [{}]);
  assert.is(next?.queueOffset, 0);
  await store.close();
  assert.is(entriesOfQueues(folder).get('T/0')?.length, 1);
});

test('writes the entry of every record, across consume-queue files and many queues', async () => {
  const folder = makeFolder();
  const { store, put } = await openStore(folder);
  for (let i = 0; i < 2000; i++) put(`T${i % 3}`, i % 4, [{ body: `message ${i}`, tags: `tag${i % 5}` }]);
  await store.close();
  const expected = entriesOfLog(folder);
  assert.is(expected.size, 12);
  assert.equal(entriesOfQueues(folder), expected);
  assert.is(readdirSync(join(folder, 'consumequeue', 'T0', '0')).length, 2);
});

test('says how far entries are in their files only after a round', async () => {
  const { store, clock, put } = await openStore(makeFolder());
  const [result] = put('T', 0, [{}]);
  store.flusher.tick(clock.monotonicMs());
  assert.is(store.status.get(StatusWord.consumeQueueWrittenOffset), 0);
  clock.advance(1000);
  store.flusher.tick(clock.monotonicMs());
  assert.is(store.status.get(StatusWord.consumeQueueWrittenOffset), result?.sizeBytes);
  await store.flusher.idle();
  assert.is(store.status.get(StatusWord.flushedOffset), result?.sizeBytes);
  await store.close();
});

function failing(code: string, method: 'pwrite' | 'fdatasync'): { files: FileSystem; isOn: boolean } {
  const state = { isOn: false, files: { ...nodeFileSystem } };
  const fail = (): never => {
    throw Object.assign(new Error(code), { code });
  };
  if (method === 'pwrite') {
    state.files.pwrite = (...args) => (state.isOn ? fail() : nodeFileSystem.pwrite(...args));
  } else {
    state.files.fdatasync = (file) => (state.isOn ? fail() : nodeFileSystem.fdatasync(file));
  }
  return state;
}

test('acknowledges nothing on a full disk, and goes on without a gap when there is room again', async () => {
  const folder = makeFolder();
  const disk = failing('ENOSPC', 'pwrite');
  const { store, clock, posted, put } = await openStore(folder, {}, disk.files);
  put('T', 0, [{}]);
  disk.isOn = true;
  assert.is(put('T', 0, [{}, {}])[1]?.status, PutStatus.SERVICE_NOT_AVAILABLE);
  assert.is(put('T', 0, [{}])[0]?.status, PutStatus.SERVICE_NOT_AVAILABLE);
  assert.match(JSON.stringify(posted.at(-1)), /the disk is full/);
  disk.isOn = false;
  clock.advance(1000);
  store.flusher.tick(clock.monotonicMs());
  assert.equal(posted.at(-1), { type: 'refuseWrites', refusal: undefined });
  const [next] = put('T', 0, [{}]);
  assert.is(next?.status, PutStatus.OK);
  assert.is(next?.queueOffset, 1);
  await store.close();
  assert.equal(entriesOfQueues(folder), entriesOfLog(folder));
});

test('never says OK after a failed fdatasync', async () => {
  const folder = makeFolder();
  const disk = failing('EIO', 'fdatasync');
  const { store, clock, put } = await openStore(folder, { flushDiskType: 'SYNC_FLUSH' }, disk.files);
  assert.is(put('T', 0, [{}])[0]?.status, PutStatus.OK);
  disk.isOn = true;
  assert.is(put('T', 0, [{}])[0]?.status, PutStatus.FLUSH_DISK_TIMEOUT);
  disk.isOn = false;
  clock.advance(5000);
  store.flusher.tick(clock.monotonicMs());
  assert.is(put('T', 0, [{}])[0]?.status, PutStatus.SERVICE_NOT_AVAILABLE);
  await store.close();
  assert.ok(readdirSync(folder).includes('abort'), 'the next start does not trust the files');
});

test.run();
