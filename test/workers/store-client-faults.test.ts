/** The main thread's side of a bad disk, with the real worker on its thread: timeouts, causes, one log line, and reads that go on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as assert from 'uvu/assert';

import { createLogger } from '#src/base/log.js';
import { createOffsetMessageId, physicalOffsetOfMessageId } from '#src/message/message-id.js';
import type { StoreSettings } from '#src/workers/control-message.js';
import { type MessageToStore, type PutResult, PutStatus, UNKNOWN_OFFSET } from '#src/workers/message-store.js';
import { StoreClient } from '#src/workers/store-client.js';

import { replicationFor, settingsFor } from '../commitlog/store-harness.js';
import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const PUT_TIMEOUT_MS = 5000;
const EXPIRY_INTERVAL_MS = 500;
const WORKER_URL = new URL('./faulty-disk-worker.js', import.meta.url);
const NOT_WRITEABLE = 2;
const DISK_FULL = 16;

interface Context {
  root: string;
  store: StoreClient;
  clock: FakeClock;
  lines: string[];
}

const test = suite<Context>('StoreClient on a bad disk', { root: '' } as Context);

test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), 'ringmq-bad-disk-'));
});
test.after.each(({ root }) => rmSync(root, { recursive: true }));

async function open(context: Context, overrides: Partial<StoreSettings> = {}): Promise<void> {
  const clock = new FakeClock();
  const lines: string[] = [];
  const settings = settingsFor(join(context.root, 'store'), { flushDiskType: 'SYNC_FLUSH', ...overrides });
  context.store = await StoreClient.open({
    settings,
    replication: replicationFor(settings),
    requestRingSizeBytes: 1 << 16,
    logTailWindowSizeBytes: 1 << 16,
    putsInFlightMax: 64,
    waitingBytesMax: 1 << 20,
    putTimeoutMs: PUT_TIMEOUT_MS,
    storeHost: () => Buffer.alloc(8),
    onPressure: () => undefined,
    onFailure: (cause) => lines.push(`FAILED ${cause.message}`),
    logger: createLogger('test', 'warn', (line) => lines.push(line)),
    clock,
    workerUrl: WORKER_URL,
  });
  Object.assign(context, { clock, lines });
}

function begin({ root }: Context, fault: string): void {
  writeFileSync(join(root, 'store.fault'), fault);
}

function end({ root }: Context): void {
  rmSync(join(root, 'store.fault'));
}

function put({ store }: Context, body: string): Promise<PutResult> {
  const message: MessageToStore = {
    topic: 'T',
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestampMs: 0,
    bornHost: Buffer.alloc(8),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from(body),
    properties: '',
  };
  return new Promise((done) => {
    store.putMessage(message, done);
  });
}

async function count({ store }: Context): Promise<number> {
  let messages = 0;
  for (let offset = 0; ;) {
    const { messageCount, nextBeginOffset } = await store.getMessages('T', 0, offset, 32, 1 << 20, undefined);
    if (messageCount === 0) return messages;
    messages += messageCount;
    offset = nextBeginOffset;
  }
}

test('a slow fdatasync: FLUSH_DISK_TIMEOUT after syncFlushTimeout without a place; the message comes later, and its result harms nobody', async (context) => {
  await open(context);
  assert.is((await put(context, 'a')).status, PutStatus.OK);
  begin(context, 'fdatasync /commitlog/ hang');
  const answers: PutResult[] = [];
  const slow = put(context, 'b').then((result) => answers.push(result));
  await nextTurn();
  // One that comes while the disk is stuck has its own time.
  context.clock.advance(PUT_TIMEOUT_MS - 1000);
  const later = put(context, 'c');
  context.clock.advance(1000);
  assert.is(answers.length, 0, 'not before its time');
  context.clock.advance(EXPIRY_INTERVAL_MS);
  await slow;
  const [late] = answers;
  assert.equal([late?.status, late?.queueOffset], [PutStatus.FLUSH_DISK_TIMEOUT, UNKNOWN_OFFSET]);
  assert.is(
    physicalOffsetOfMessageId(createOffsetMessageId(Buffer.alloc(8), late?.physicalOffset ?? 0)),
    UNKNOWN_OFFSET,
  );
  assert.is(await count(context), 1, 'not visible before it is on the disk');
  end(context);
  const third = await later;
  assert.equal([third.status, third.queueOffset], [PutStatus.OK, 2]);
  assert.is(answers.length, 1, 'answered once');
  assert.is(await count(context), 3);
  assert.is((await put(context, 'd')).queueOffset, 3);
  await context.store.stop();
  assert.equal(context.lines, []);
});

test('what had no room in the ring is answered SYSTEM_BUSY in the same time: it is not stored', async (context) => {
  await open(context);
  begin(context, 'fdatasync /commitlog/ hang');
  const puts = Array.from({ length: 64 + 20 }, (_, i) => put(context, String(i)));
  context.clock.advance(PUT_TIMEOUT_MS + 2 * EXPIRY_INTERVAL_MS);
  const results = await Promise.all(puts);
  const busy = results.filter(({ status }) => status === PutStatus.SYSTEM_BUSY);
  assert.is(results.filter(({ status }) => status === PutStatus.FLUSH_DISK_TIMEOUT).length, 64);
  assert.is(busy.length, 20);
  assert.match(busy[0]?.remark ?? '', 'the disk takes nothing');
  end(context);
  // Each of the 64 is stored now, or as soon as the worker goes on; those that were busy are not.
  assert.is((await put(context, 'last')).queueOffset, 64);
  await context.store.stop();
});

test('a failed fdatasync: FLUSH_DISK_TIMEOUT, then refused with the cause, one line; what is stored is read; the next start goes on', async (context) => {
  await open(context);
  assert.is((await put(context, 'a')).status, PutStatus.OK);
  begin(context, 'fdatasync /commitlog/ EIO');
  assert.is((await put(context, 'b')).status, PutStatus.FLUSH_DISK_TIMEOUT);
  end(context);
  for (let i = 0; i < 20; i++) {
    const { status, remark } = await put(context, 'lost');
    assert.is(status, PutStatus.SERVICE_NOT_AVAILABLE);
    assert.match(remark ?? '', 'fdatasync of the commit log failed: EIO');
  }
  assert.is(await count(context), 2, 'reads go on');
  assert.is(context.store.stats().runningFlagBits, NOT_WRITEABLE);
  assert.is(context.lines.length, 1);
  assert.match(context.lines[0] ?? '', 'ERROR test messages are refused until the broker is started again: fdatasync');
  await context.store.stop();
  await open(context);
  assert.match(context.lines[0] ?? '', 'is written again');
  assert.is((await put(context, 'c')).queueOffset, 2);
  assert.is(await count(context), 3);
  await context.store.stop();
});

test('a full disk: the first refusal has the cause too, one line, and another when messages are taken again', async (context) => {
  await open(context, { flushDiskType: 'ASYNC_FLUSH' });
  assert.is((await put(context, 'a')).status, PutStatus.OK);
  begin(context, 'pwrite /commitlog/ ENOSPC');
  for (let i = 0; i < 20; i++) {
    const { status, remark } = await put(context, 'lost');
    assert.is(status, PutStatus.SERVICE_NOT_AVAILABLE);
    assert.is(remark, 'the disk is full: cannot write the commit log (ENOSPC)');
  }
  assert.is(context.store.stats().runningFlagBits, NOT_WRITEABLE | DISK_FULL);
  assert.is(await count(context), 1, 'reads go on');
  end(context);
  let result = await put(context, 'b');
  while (result.status !== PutStatus.OK) {
    await nextTurn();
    result = await put(context, 'b');
  }
  assert.is(result.queueOffset, 1);
  assert.is(context.store.stats().runningFlagBits, 0);
  assert.equal(
    context.lines.map((line) => line.split(' ').slice(1, 6).join(' ')),
    ['ERROR test messages are refused', 'WARN test messages are accepted'],
  );
  await context.store.stop();
});

test.run();
