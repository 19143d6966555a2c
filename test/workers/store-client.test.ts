/** What the main thread does when the commitlog worker dies or hangs: every put is answered with the cause, and nothing waits for ever. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { createLogger } from '#src/base/log.js';
import { type MessageToStore, type PutResult, PutStatus } from '#src/workers/message-store.js';
import { STOP_TIMEOUT_MS, StoreClient } from '#src/workers/store-client.js';
import { COMMITLOG_WORKER_URL } from '#src/workers/store-thread.js';

import { replicationFor, settingsFor } from '../commitlog/store-harness.js';
import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const PUT_TIMEOUT_MS = 5000;
/** Between the write of a message and its result; were it too short, the test would only show nothing. */
const RESULT_MS = 20;
const FAULTY_WORKER_URL = new URL('./faulty-worker.js', import.meta.url);
const test = suite('StoreClient');
const message: MessageToStore = {
  topic: 'T',
  queueId: 0,
  flag: 0,
  sysFlag: 0,
  bornTimestampMs: 0,
  bornHost: Buffer.alloc(8),
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  body: Buffer.from('x'),
  properties: '',
};

function open(
  folder: string,
  clock: FakeClock,
  onFailure: (cause: Error) => unknown = () => undefined,
  workerUrl = FAULTY_WORKER_URL,
): Promise<StoreClient> {
  const settings = settingsFor(folder, {
    mappedFileSizeConsumeQueue: 2000,
    maxMessageSizeBytes: 4096,
    maxOpenFiles: 16,
  });
  return StoreClient.open({
    settings,
    replication: replicationFor(settings),
    requestRingSizeBytes: 1 << 16,
    logTailWindowSizeBytes: 1 << 16,
    putsInFlightMax: 1024,
    waitingBytesMax: 1 << 20,
    putTimeoutMs: PUT_TIMEOUT_MS,
    storeHost: () => Buffer.alloc(8),
    onPressure: () => undefined,
    onFailure: (cause) => void onFailure(cause),
    logger: createLogger('test', 'silent'),
    clock,
    workerUrl,
  });
}

test('a worker that dies: what it had is answered SERVICE_NOT_AVAILABLE with the cause, and so is what comes later', async () => {
  const failures: Error[] = [];
  const store = await open('/tmp/ringmq-faulty/dies', new FakeClock(), (cause) => failures.push(cause));
  const first = new Promise<PutResult>((done) => {
    store.putMessage(message, done);
  });
  assert.is((await first).status, PutStatus.SERVICE_NOT_AVAILABLE);
  assert.equal(
    failures.map((cause) => cause.message),
    ['a bug of the worker'],
  );
  const later: PutResult[] = [];
  store.putMessage(message, (result) => later.push(result));
  assert.is(later[0]?.status, PutStatus.SERVICE_NOT_AVAILABLE);
  assert.match(later[0]?.remark ?? '', 'a bug of the worker');
  await store.stop();
});

test('a worker that hangs: puts are answered FLUSH_DISK_TIMEOUT in time, and stop ends it by force', async () => {
  const clock = new FakeClock();
  const store = await open('/tmp/ringmq-faulty/hangs', clock);
  const answers: PutResult[] = [];
  store.putMessage(message, (result) => answers.push(result));
  clock.advance(PUT_TIMEOUT_MS);
  assert.is(answers.length, 0);
  clock.advance(1000);
  assert.is(answers[0]?.status, PutStatus.FLUSH_DISK_TIMEOUT);
  const stopped = store.stop();
  clock.advance(STOP_TIMEOUT_MS);
  await stopped;
  assert.is(answers.length, 1, 'each put is answered once');
});

test('a full ring holds puts back, in order, and past the bound answers SYSTEM_BUSY', async () => {
  const clock = new FakeClock();
  const store = await open('/tmp/ringmq-faulty/hangs-full', clock);
  const answers: PutResult[] = [];
  const large = { ...message, body: Buffer.alloc(4096) };
  const puts = 400;
  for (let i = 0; i < puts; i++) store.putMessage(large, (result) => answers.push(result));
  const busy = [...answers];
  assert.ok(busy.length > 0 && busy.length < puts);
  assert.ok(busy.every((result) => result.status === PutStatus.SYSTEM_BUSY));
  assert.match(busy[0]?.remark ?? '', 'bytes wait to be stored');
  const stopped = store.stop();
  clock.advance(STOP_TIMEOUT_MS);
  await stopped;
  assert.is(answers.length, puts, 'each put is answered once');
});

// The stop waited for results that it left to another waiter, who was to be woken by the event loop, which the stop did not let run.
test('a result that is there when the store stops is taken, and the stop ends', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringmq-store-client-'));
  const store = await open(folder, new FakeClock(), undefined, COMMITLOG_WORKER_URL);
  const answers: PutResult[] = [];
  store.putMessage(message, (result) => answers.push(result));
  // The worker is rung at the end of the turn; then the event loop is held up until the result has come.
  await Promise.resolve();
  while (store.stats().maxPhysicalOffset === 0 || store.stats().dispatchBehindBytes > 0) continue;
  for (const endMs = performance.now() + RESULT_MS; performance.now() < endMs;) continue;
  await store.stop();
  assert.equal(
    answers.map(({ status }) => status),
    [PutStatus.OK],
  );
  await rm(folder, { recursive: true });
});

test.run();
