/**
 * Each fault in each of the store's files, through the file interface: what the sender gets, what is said to the operator, how it ends. The table in
 * docs/faults.md has a line for each. After every fault the store is opened again, and has what was acknowledged.
 */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { segmentName } from '#src/base/segment-name.js';
import { StatusWord } from '#src/ring/store-status-page.js';
import type { StoreSettings } from '#src/workers/control-message.js';
import { PutStatus } from '#src/workers/message-store.js';

import { type Fault, FaultyDisk } from '../commitlog/faulty-disk.js';
import { keysOfIndex, keysOfLog } from '../commitlog/index-harness.js';
import {
  entriesOfLog,
  entriesOfQueues,
  makeFolder,
  openStore,
  type OpenStore,
  removeFolders,
} from '../commitlog/store-harness.js';
import { suite } from '../suite.js';

const test = suite('store faults');
test.after(removeFolders);

const RETRY_MS = 1000;
const LOG = '/commitlog/';
const SYNC = { flushDiskType: 'SYNC_FLUSH' } as const;
/** Java: RunningFlags. */
const NOT_WRITEABLE = 2;
const LOGICS_QUEUE_ERROR = 4;
const INDEX_FILE_ERROR = 8;
const DISK_FULL = 16;

interface Faulty extends OpenStore {
  readonly folder: string;
  readonly disk: FaultyDisk;
}

async function openFaulty(overrides: Partial<StoreSettings> = {}): Promise<Faulty> {
  const folder = makeFolder();
  const disk = new FaultyDisk();
  return { ...(await openStore(folder, overrides, disk.files)), folder, disk };
}

/** Lets time pass, as much as all that is due needs. */
async function pass({ store, clock }: OpenStore, ms: number): Promise<void> {
  clock.advance(ms);
  for (let i = 0; i < 20; i++) {
    store.flusher.tick(clock.monotonicMs());
    await store.flusher.idle();
  }
}

function statuses(results: readonly { readonly status: number }[]): number[] {
  return results.map(({ status }) => status);
}

/** What the operator was told: a refusal's text, or undefined for its end. */
function refusals({ posted }: OpenStore): (string | undefined)[] {
  return posted.flatMap((message) => (message.type === 'refuseWrites' ? [message.refusal?.reason] : []));
}

function flagBits({ posted }: OpenStore): number[] {
  return posted.flatMap((message) => (message.type === 'refuseWrites' ? [message.refusal?.flagBits ?? 0] : []));
}

function logged({ posted }: OpenStore): string[] {
  return posted.flatMap((message) => (message.type === 'log' && message.level !== 'info' ? [message.message] : []));
}

/** As the files are when the process is killed now; opened and closed by a store on a disk without faults. Returns the bodies it holds. */
async function bodiesAfterKill(folder: string, overrides: Partial<StoreSettings> = {}): Promise<string[]> {
  const copy = makeFolder();
  cpSync(folder, copy, { recursive: true });
  const { store } = await openStore(copy, overrides);
  await store.close();
  assert.equal(entriesOfQueues(copy), entriesOfLog(copy), 'queues and log say the same');
  const log = Buffer.concat(
    readdirSync(join(copy, 'commitlog'))
      .toSorted()
      .map((name) => readFileSync(join(copy, 'commitlog', name))),
  ).toString('latin1');
  const places = [...entriesOfLog(copy).values()].flat().map((entry) => entry.split(' ').map(Number));
  return places.map(([at = 0, size = 0]) => /\[([^\]]*)\]/.exec(log.slice(at, at + size))?.[1] ?? '').toSorted();
}

const OK = [PutStatus.OK];
const REFUSED = [PutStatus.SERVICE_NOT_AVAILABLE];

for (const [code, flags] of [
  ['ENOSPC', NOT_WRITEABLE | DISK_FULL],
  ['EDQUOT', NOT_WRITEABLE | DISK_FULL],
  ['EIO', NOT_WRITEABLE],
  ['EROFS', NOT_WRITEABLE],
] as const) {
  const isFull = flags !== NOT_WRITEABLE;
  test(`${code} of a write to the log: refused with the cause, one line, and taken again when it can be written`, async () => {
    const open = await openFaulty();
    assert.equal(statuses(open.put('T', 0, [{ body: '[a]' }])), OK);
    open.disk.begin({ operation: 'pwrite', path: LOG, code, ...(isFull ? { bytesTaken: 0 } : {}) });
    for (let i = 0; i < 50; i++) assert.equal(statuses(open.put('T', 0, [{ body: '[lost]' }])), REFUSED);
    for (let i = 0; i < 10; i++) await pass(open, RETRY_MS);
    assert.is(refusals(open).length, 1, 'one line');
    assert.match(refusals(open)[0] ?? '', isFull ? `the disk is full: cannot write the commit log (${code})` : code);
    assert.equal(flagBits(open), [flags]);
    assert.equal(await bodiesAfterKill(open.folder), ['a']);
    open.disk.end();
    await pass(open, RETRY_MS);
    assert.equal(refusals(open).slice(1), [undefined]);
    const [next] = open.put('T', 0, [{ body: '[b]' }]);
    assert.equal([next?.status, next?.queueOffset], [PutStatus.OK, 1]);
    await open.store.close();
    assert.not(readdirSync(open.folder).includes('abort'), 'an end in order');
    assert.equal(await bodiesAfterKill(open.folder), ['a', 'b']);
  });
}

test('what a full disk took of a batch is no record, also when the process is killed then', async () => {
  const open = await openFaulty();
  const [first] = open.put('T', 0, [{ body: '[a]' }]);
  const sizeBytes = first?.sizeBytes ?? 0;
  // Two whole records of the three, and a part of the third.
  open.disk.begin({ operation: 'pwrite', path: LOG, code: 'ENOSPC', bytesTaken: Math.floor(sizeBytes * 2.5) });
  const batch = ['[b]', '[c]', '[d]'].map((body) => ({ body }));
  assert.equal(statuses(open.put('T', 0, batch)), [...REFUSED, ...REFUSED, ...REFUSED]);
  assert.ok(
    open.disk.done.some((line) => line.endsWith(` ${sizeBytes} ${Math.floor(sizeBytes * 2.5)}`)),
    'the disk took a part',
  );
  assert.equal(await bodiesAfterKill(open.folder), ['a']);
  open.disk.end();
  await pass(open, RETRY_MS);
  assert.equal(statuses(open.put('T', 0, [{ body: '[e]' }])), OK);
  await open.store.abandon();
  assert.equal(await bodiesAfterKill(open.folder), ['a', 'e']);
});

for (const operation of ['open', 'ftruncate'] as const) {
  test(`no next segment (${operation}): the last one is filled, then refused, and taken again by itself`, async () => {
    const open = await openFaulty();
    const body = `[x]${'x'.repeat(9000)}`;
    open.put('T', 0, [{ body }]);
    open.disk.begin({ operation, path: LOG, code: 'ENOSPC' });
    let stored = 1;
    while (open.put('T', 0, [{ body }])[0]?.status === PutStatus.OK) {
      stored++;
      await pass(open, RETRY_MS);
    }
    assert.is(stored, 7, 'what fits a segment');
    for (let i = 0; i < 5; i++) await pass(open, RETRY_MS);
    assert.equal(refusals(open), ['the disk is full: cannot write the next commit log file (ENOSPC)']);
    assert.is((await bodiesAfterKill(open.folder)).length, stored);
    open.disk.end();
    await pass(open, RETRY_MS);
    assert.equal(statuses(open.put('T', 0, [{ body }])), OK);
    assert.is(refusals(open).length, 2);
    await open.store.close();
    assert.is((await bodiesAfterKill(open.folder)).length, stored + 1);
  });
}

for (const [part, path, flag] of [
  ['a consume queue', '/consumequeue/', LOGICS_QUEUE_ERROR],
  ['the index', '/index/', INDEX_FILE_ERROR],
] as const) {
  for (const [code, operation] of [
    ['ENOSPC', 'pwrite'],
    ['EIO', 'pwrite'],
    ['ENOSPC', 'open'],
    ['ENOSPC', 'ftruncate'],
  ] as const) {
    test(`${code} of ${operation} in ${part}: what is in the log is answered OK and kept, then refused until it can be written`, async () => {
      const open = await openFaulty();
      const properties = 'KEYS\u0001k\u0002';
      open.disk.begin({ operation, path, code });
      assert.equal(statuses(open.put('T', 0, [{ body: '[a]', properties }])), OK);
      for (let i = 0; i < 5; i++) await pass(open, RETRY_MS);
      assert.equal(statuses(open.put('T', 0, [{ body: '[lost]', properties }])), REFUSED);
      assert.is(refusals(open).length, 1, 'one line, though it is tried each second');
      assert.match(refusals(open)[0] ?? '', `cannot write ${part}`);
      assert.is((flagBits(open)[0] ?? 0) & ~DISK_FULL, flag);
      assert.equal(await bodiesAfterKill(open.folder), ['a']);
      open.disk.end();
      await pass(open, RETRY_MS);
      await pass(open, RETRY_MS);
      assert.equal(refusals(open).slice(1), [undefined]);
      assert.equal(statuses(open.put('T', 0, [{ body: '[b]', properties }])), OK);
      await open.store.close();
      assert.equal(await bodiesAfterKill(open.folder), ['a', 'b']);
    });
  }
}

test('slots of the index that cannot be read: the message is answered OK, then refused until the next start, which has its keys', async () => {
  const properties = 'KEYS\u0001k\u0002';
  const before = await openFaulty();
  before.put('T', 0, [{ body: '[a]', properties }]);
  await before.store.close();
  const { folder, disk } = before;
  const open = { ...(await openStore(folder, {}, disk.files)), folder, disk };
  disk.begin({ operation: 'pread', path: '/index/', code: 'EIO' });
  assert.equal(statuses(open.put('T', 0, [{ body: '[b]', properties }])), OK);
  disk.end();
  for (let i = 0; i < 5; i++) await pass(open, RETRY_MS);
  assert.equal(statuses(open.put('T', 0, [{ body: '[lost]', properties }])), REFUSED);
  assert.equal(refusals(open), ['cannot read the index: EIO: made by a test, pread']);
  await open.store.close();
  const again = await openStore(folder);
  await again.store.close();
  assert.is(keysOfLog(folder).length, 2);
  assert.equal(keysOfIndex(folder, { hashSlotNum: 7, indexNum: 16 }), keysOfLog(folder));
});

for (const operation of ['open', 'pwrite', 'fdatasync'] as const) {
  test(`a checkpoint that fails (${operation}): no message is refused, one line, and it is tried again`, async () => {
    const open = await openFaulty();
    open.disk.begin({ operation, path: '/checkpoint', code: 'EIO' });
    for (let i = 0; i < 5; i++) {
      assert.equal(statuses(open.put('T', 0, [{ body: `[${i}]` }])), OK);
      await pass(open, 4000);
    }
    assert.equal(refusals(open), []);
    assert.is(logged(open).length, 1);
    assert.match(logged(open)[0] ?? '', 'cannot write a checkpoint: EIO');
    assert.is((await bodiesAfterKill(open.folder)).length, 5);
    open.disk.end();
    open.put('T', 0, [{ body: '[5]' }]);
    await pass(open, 4000);
    assert.equal(logged(open).slice(1), ['the checkpoint can be written again']);
    await open.store.close();
  });
}

test('a failed fdatasync under SYNC_FLUSH: FLUSH_DISK_TIMEOUT, refused for good, the segment is not written to again', async () => {
  for (const code of ['EIO', 'ENOSPC']) {
    const open = await openFaulty(SYNC);
    assert.equal(statuses(open.put('T', 0, [{ body: '[a]' }])), OK);
    const flushed = open.store.status.get(StatusWord.flushedOffset);
    open.disk.begin({ operation: 'fdatasync', path: LOG, code });
    assert.equal(statuses(open.put('T', 0, [{ body: '[b]' }])), [PutStatus.FLUSH_DISK_TIMEOUT]);
    open.disk.end();
    open.disk.done.length = 0;
    for (let i = 0; i < 5; i++) {
      await pass(open, RETRY_MS);
      assert.equal(statuses(open.put('T', 0, [{ body: '[lost]' }])), REFUSED);
    }
    assert.equal(refusals(open), [`fdatasync of the commit log failed: ${code}: made by a test, fdatasync`]);
    assert.equal(flagBits(open), [NOT_WRITEABLE]);
    await open.store.close();
    assert.equal(
      open.disk.done.filter((line) => line.includes(LOG)),
      [],
      'nothing is written or synced any more',
    );
    assert.is(open.store.status.get(StatusWord.flushedOffset), flushed);
    assert.match(readFileSync(join(open.folder, 'abort'), 'utf8'), `unsyncedFrom=${flushed}\n`);
  }
});

// Linux marks pages that it could not write as clean: they can be read, and a later fdatasync says nothing. A store that took what it can read for
// safe would lose, at a power cut, what it acknowledges after it.
test('the start after a failed fdatasync writes again what may not be on the disk before it takes messages', async () => {
  const open = await openFaulty(SYNC);
  const [a] = open.put('T', 0, [{ body: '[a]' }]);
  open.disk.begin({ operation: 'fdatasync', path: LOG, code: 'EIO' });
  const [b] = open.put('T', 0, [{ body: '[b]' }]);
  await open.store.close();
  const disk = new FaultyDisk();
  disk.begin({ operation: 'fdatasync', path: LOG, code: 'EIO' });
  let failure = '';
  await openStore(open.folder, SYNC, disk.files).catch((error: unknown) => (failure = String(error)));
  assert.match(failure, 'EIO', 'a disk that still fails is not started on');
  disk.end();
  disk.done.length = 0;
  const again = await openStore(open.folder, SYNC, disk.files);
  const path = join(open.folder, 'commitlog', '00000000000000000000');
  const rewritten = `pwrite ${path} ${a?.sizeBytes} ${b?.sizeBytes}`;
  assert.equal(disk.done.slice(disk.done.indexOf(rewritten)).slice(0, 2), [rewritten, `fdatasync ${path}`]);
  assert.match(again.posted.map((message) => JSON.stringify(message)).join('\n'), 'is written again');
  assert.equal(statuses(again.put('T', 0, [{ body: '[c]' }])), OK);
  await again.store.close();
  assert.equal(await bodiesAfterKill(open.folder, SYNC), ['a', 'b', 'c']);
  assert.not(readdirSync(open.folder).includes('abort'));
});

const BACKGROUND: readonly (readonly [string, Omit<Fault, 'code'>])[] = [
  ['the commit log', { operation: 'fdatasync', path: `${LOG}${segmentName(0)}` }],
  ['the next commit log file', { operation: 'fdatasync', path: `${LOG}${segmentName(64 * 1024)}` }],
  ['a consume queue', { operation: 'fdatasync', path: '/consumequeue/' }],
  ['the index', { operation: 'fdatasync', path: '/index/' }],
  ['the next commit log file', { operation: 'fsyncFolder', path: '/commitlog' }],
];

for (const [part, fault] of BACKGROUND) {
  test(`a failed ${fault.operation} of ${part} in the background: refused until the next start, which has everything`, async () => {
    const open = await openFaulty();
    const large = { body: `[a]${'x'.repeat(50_000)}`, properties: 'KEYS\u0001k\u0002' };
    open.disk.begin({ ...fault, code: 'EIO' });
    assert.equal(statuses(open.put('T', 0, [large])), OK);
    for (let i = 0; i < 5; i++) await pass(open, 4000);
    open.disk.end();
    for (let i = 0; i < 5; i++) await pass(open, 4000);
    assert.equal(statuses(open.put('T', 0, [{ body: '[lost]' }])), REFUSED);
    assert.is(refusals(open).length, 1);
    assert.match(refusals(open)[0] ?? '', `fdatasync of ${part} failed: EIO`);
    await open.store.close();
    assert.ok(readdirSync(open.folder).includes('abort'), 'the next start recovers');
    assert.equal(await bodiesAfterKill(open.folder), ['a']);
  });
}

test('a consume queue that cannot be opened for its fdatasync is synced later, and nobody is refused', async () => {
  const open = await openFaulty();
  open.put('T', 0, [{ body: '[a]' }]);
  await pass(open, 1000);
  open.disk.begin({ operation: 'open', path: '/consumequeue/', code: 'EMFILE' });
  await pass(open, 4000);
  assert.match(logged(open)[0] ?? '', 'cannot write a checkpoint: EMFILE');
  open.disk.end();
  open.disk.done.length = 0;
  await pass(open, 4000);
  assert.ok(open.disk.done.some((line) => line.startsWith('fdatasync') && line.includes('/consumequeue/')));
  assert.equal(refusals(open), []);
  await open.store.close();
});

test('a disk that is full at the end: the stop says so, abort stays, and the next start has everything', async () => {
  const open = await openFaulty();
  assert.equal(statuses(open.put('T', 0, [{ body: '[a]' }])), OK);
  open.disk.begin({ operation: 'pwrite', path: '/consumequeue/', code: 'ENOSPC' });
  await open.store.close();
  assert.match(logged(open)[0] ?? '', 'could not be closed in order');
  assert.ok(readdirSync(open.folder).includes('abort'));
  assert.equal(await bodiesAfterKill(open.folder), ['a']);
});

test('a disk without room for what is in abort does not keep the store from being opened', async () => {
  const folder = makeFolder();
  const disk = new FaultyDisk();
  disk.begin({ operation: 'pwrite', path: '/abort', code: 'ENOSPC' });
  const { store, put } = await openStore(folder, {}, disk.files);
  assert.ok(readdirSync(folder).includes('abort'));
  assert.equal(statuses(put('T', 0, [{}])), OK);
  await store.close();
});

test.run();
