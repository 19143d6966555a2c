/** Restarts: after a clean stop, after a kill at any time, with torn and damaged ends, and with consume queues that do not fit the log. */
import { closeSync, cpSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { StatusWord } from '#src/ring/store-status-page.js';

import { suite } from '../suite.js';
import {
  entriesOfLog,
  entriesOfQueues,
  makeFolder,
  openStore,
  type OpenStore,
  removeFolders,
} from './store-harness.js';

const test = suite('store recovery');
test.after(removeFolders);

function putMany(open: OpenStore, count: number): void {
  for (let i = 0; i < count; i++) open.put('T', i % 3, [{ body: `message ${i}`.repeat(20), tags: `tag${i % 2}` }]);
}

/** Lets the worker do what is due after `ms`, and waits for its file operations. */
async function passTime({ store, clock }: OpenStore, ms: number): Promise<void> {
  clock.advance(ms);
  for (let i = 0; i < 10; i++) {
    store.flusher.tick(clock.monotonicMs());
    await store.flusher.idle();
  }
}

function writtenOffset({ store }: OpenStore): number {
  return store.status.get(StatusWord.writtenOffset);
}

/** What a kill leaves: the files as the operating system has them. */
function killedCopy(folder: string): string {
  const copy = makeFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

function overwrite(path: string, position: number, bytes: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}

test('a clean stop keeps everything, and offsets go on', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  putMany(first, 500);
  const end = writtenOffset(first);
  await first.store.close();
  assert.not.ok(readdirSync(folder).includes('abort'));
  const second = await openStore(folder);
  assert.equal(second.store.queueStates, [
    { topic: 'T', queueId: 0, minOffset: 0, maxOffset: 167 },
    { topic: 'T', queueId: 1, minOffset: 0, maxOffset: 167 },
    { topic: 'T', queueId: 2, minOffset: 0, maxOffset: 166 },
  ]);
  assert.is(writtenOffset(second), end);
  assert.is(second.put('T', 0, [{}])[0]?.queueOffset, 167);
  await second.store.close();
  assert.equal(entriesOfQueues(folder), entriesOfLog(folder));
});

test('a kill loses nothing that was answered, with or without rounds and checkpoints before', async () => {
  for (const rounds of [0, 1, 2]) {
    const folder = makeFolder();
    const first = await openStore(folder);
    for (let i = 0; i < rounds; i++) {
      putMany(first, 400);
      await passTime(first, 10_000);
    }
    putMany(first, 300);
    const copy = killedCopy(folder);
    const second = await openStore(copy);
    assert.is(writtenOffset(second), writtenOffset(first));
    putMany(second, 30);
    await second.store.close();
    assert.equal(entriesOfQueues(copy), entriesOfLog(copy), `after ${rounds} rounds`);
    assert.is([...entriesOfLog(copy).values()].flat().length, rounds * 400 + 330);
    await first.store.abandon();
  }
});

test('the pool finds the same as the worker does by itself', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  putMany(first, 900);
  const copy = killedCopy(folder);
  await first.store.abandon();
  const second = await openStore(copy, {}, nodeFileSystem, 0);
  assert.ok(
    second.posted.filter((message) => message.type === 'recovering').length > 3,
    'several segments were checked',
  );
  await second.store.close();
  assert.equal(entriesOfQueues(copy), entriesOfLog(copy));
  assert.is([...entriesOfQueues(copy).values()].flat().length, 900);
});

test('cuts a torn record, and old bytes do not come back', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  const bodies = ['one', 'two', 'six', 'ten'].map((word) => word.repeat(400));
  const results = bodies.map((body) => first.put('T', 0, [{ body }])[0]);
  const copy = killedCopy(folder);
  await first.store.abandon();
  const second = results[1];
  assert.ok(second);
  // One sector of the second record did not reach the disk; the whole records after it, which did, must go too.
  const log = join(copy, 'commitlog', '00000000000000000000');
  overwrite(log, Math.ceil(second.physicalOffset / 512) * 512, Buffer.alloc(512));
  const reopened = await openStore(copy);
  assert.is(writtenOffset(reopened), second.physicalOffset);
  const [next] = reopened.put('T', 0, [{ body: 'new'.repeat(400) }]);
  assert.is(next?.queueOffset, 1);
  // The new record is as long as the torn one: what followed it would be taken for records if it were still there.
  const killedAgain = killedCopy(copy);
  await reopened.store.abandon();
  const again = await openStore(killedAgain);
  assert.is(writtenOffset(again), second.physicalOffset + second.sizeBytes);
  assert.equal(again.store.queueStates, [{ topic: 'T', queueId: 0, minOffset: 0, maxOffset: 2 }]);
  await again.store.close();
});

test('cuts at a record whose body is damaged', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  first.put('T', 0, [{ body: 'good' }]);
  const [damaged] = first.put('T', 0, [{ body: 'this one is damaged' }]);
  const copy = killedCopy(folder);
  await first.store.abandon();
  assert.ok(damaged);
  overwrite(join(copy, 'commitlog', '00000000000000000000'), damaged.physicalOffset + 90, Buffer.from('X'));
  const reopened = await openStore(copy);
  assert.is(writtenOffset(reopened), damaged.physicalOffset);
  await reopened.store.close();
});

test('makes queues again that are gone, short, or ahead of the log', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  putMany(first, 700);
  await passTime(first, 10_000);
  const copy = killedCopy(folder);
  await first.store.close();

  const gone = killedCopy(folder);
  rmSync(join(gone, 'consumequeue'), { recursive: true });
  await (await openStore(gone)).store.close();
  assert.equal(entriesOfQueues(gone), entriesOfLog(gone));

  // A power cut took the log's last segment, which the queues still point to.
  const segments = readdirSync(join(copy, 'commitlog')).toSorted();
  rmSync(join(copy, 'commitlog', segments.at(-1) ?? ''));
  rmSync(join(copy, 'commitlog', segments.at(-2) ?? ''));
  const ahead = await openStore(copy);
  await ahead.store.close();
  assert.equal(entriesOfQueues(copy), entriesOfLog(copy));
  assert.ok([...entriesOfLog(copy).values()].flat().length < 700);
});

test('takes up a last segment whose making was interrupted', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  const [only] = first.put('T', 0, [{}]);
  await first.store.close();
  const log = join(folder, 'commitlog', '00000000000000000000');
  truncateSync(log, only?.sizeBytes ?? 0);
  const second = await openStore(folder);
  assert.is(statSync(log).size, 65_536);
  assert.is(second.put('T', 0, [{}])[0]?.queueOffset, 1);
  await second.store.close();
});

test('names the file and the setting when segments have another size', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  putMany(first, 500);
  await first.store.close();
  let message = '';
  try {
    await openStore(folder, { mappedFileSizeCommitLog: 32 * 1024 });
  } catch (error) {
    message = String(error);
  }
  assert.match(message, /00000000000000000000.*65536 bytes.*mappedFileSizeCommitLog/);
});

test('a topic deleted and made again begins at 0, also after a kill', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  for (let i = 0; i < 5; i++) first.put('T', 0, [{ body: `old ${i}` }]);
  await passTime(first, 1000);
  first.main.deleteTopic('T', 1);
  assert.ok(first.store.drain.run());
  assert.not.ok(readdirSync(join(folder, 'consumequeue')).includes('T'));
  const again = [first.put('T', 0, [{ body: 'new 0' }])[0], first.put('T', 0, [{ body: 'new 1' }])[0]];
  assert.equal(
    again.map((result) => result?.queueOffset),
    [0, 1],
  );
  const copy = killedCopy(folder);
  await first.store.abandon();
  const second = await openStore(copy);
  assert.equal(second.store.queueStates, [{ topic: 'T', queueId: 0, minOffset: 0, maxOffset: 2 }]);
  await second.store.close();
  assert.is(entriesOfQueues(copy).get('T/0')?.[0]?.split(' ')[0], String(again[0]?.physicalOffset));
});

test('a log whose first segments are gone has queues that begin later', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  putMany(first, 700);
  await first.store.close();
  const expected = entriesOfLog(folder).get('T/0') ?? [];
  rmSync(join(folder, 'commitlog', '00000000000000000000'));
  const second = await openStore(folder);
  const firstKept = expected.findIndex((entry) => Number(entry.split(' ')[0]) >= 65_536);
  assert.is(second.store.queueStates[0]?.minOffset, firstKept);
  assert.is(second.store.queueStates[0]?.maxOffset, expected.length);
  assert.is(second.store.status.get(StatusWord.minPhysicalOffset), 65_536);
  await second.store.close();
});

test('a queue that begins late has blanks before its first entry', async () => {
  const folder = makeFolder();
  const first = await openStore(folder);
  putMany(first, 700);
  const copy = killedCopy(folder);
  await first.store.abandon();
  const expected = entriesOfLog(copy).get('T/0') ?? [];
  rmSync(join(copy, 'commitlog', '00000000000000000000'));
  rmSync(join(copy, 'consumequeue'), { recursive: true, force: true });
  const second = await openStore(copy);
  const kept = expected.filter((entry) => Number(entry.split(' ')[0]) >= 65_536);
  assert.equal(second.store.queueStates[0], {
    topic: 'T',
    queueId: 0,
    minOffset: expected.length - kept.length,
    maxOffset: expected.length,
  });
  await second.store.close();
  assert.equal(entriesOfQueues(copy).get('T/0'), kept);
});

// Apache's broker recovers a store before it takes the lock, and removes what it takes for left over: the segment that is made ahead of its need.
test('a prepared segment that a refused broker has removed is made again when its turn comes', async () => {
  const folder = makeFolder();
  const open = await openStore(folder, { mappedFileSizeCommitLog: 16_384 });
  const segments = (): string[] => readdirSync(join(folder, 'commitlog')).toSorted();
  while (writtenOffset(open) < 12_000) putMany(open, 10);
  await passTime(open, 5000);
  assert.is(segments().length, 2);
  rmSync(join(folder, 'commitlog', segments().at(-1) ?? ''));
  while (writtenOffset(open) < 20_000) putMany(open, 10);
  const end = writtenOffset(open);
  await open.store.close();
  const again = await openStore(folder, { mappedFileSizeCommitLog: 16_384 });
  assert.is(writtenOffset(again), end);
  await again.store.close();
  assert.equal(entriesOfQueues(folder), entriesOfLog(folder));
});

test.run();
