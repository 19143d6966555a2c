/** Delayed messages in a whole broker with a real store: from memory and from files, and over restarts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { createLogger } from '#src/base/log.js';
import { startRingMQ } from '#src/index.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { suite } from '../suite.js';
import { ShiftedClock } from './shifted-clock.js';
import { type Received, TestClient } from './test-client.js';

const test = suite('delayed messages');
const folders: string[] = [];
/** So small that what waits is read from files. */
const SMALL = {
  mappedFileSizeCommitLog: '1048576',
  mappedFileSizeConsumeQueue: '20000',
  maxMessageSize: '16384',
  logTailWindowSizeBytes: '1048576',
};
/** A shifted clock would take puts that a busy machine has not come to for ones that the disk does not answer, and have them put again. */
const PATIENT = { syncFlushTimeout: '3600000' };
const LEVEL = 3;
const LEVEL_MS = 10_000;

test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-delay-'));
  folders.push(folder);
  return folder;
}

async function withBroker(
  data: string,
  config: Record<string, string>,
  use: (client: TestClient, clock: ShiftedClock) => Promise<void>,
): Promise<void> {
  const clock = new ShiftedClock();
  const mq = await startRingMQ({
    data,
    config: { ...PATIENT, ...config },
    clock,
    logger: createLogger('test', 'silent'),
  });
  const client = new TestClient(mq.brokerAddress);
  try {
    await use(client, clock);
  } finally {
    await client.close();
    await mq.stop();
    assert.is(clock.pendingTimers, 0, 'nothing goes on after the end');
  }
}

async function sendDelayed(client: TestClient, bodies: readonly string[]): Promise<void> {
  const properties = `DELAY\u0001${LEVEL}\u0002`;
  for (const sent of await Promise.all(bodies.map((body) => client.send('Late', body, { properties })))) {
    assert.is(sent.code, ResponseCode.SUCCESS, sent.remark);
  }
}

/** Everything in the topic once `count` messages are there. */
async function untilDelivered(client: TestClient, clock: ShiftedClock, count: number): Promise<Received[]> {
  const fields = { topic: 'Late', queueId: '0' };
  const delivered = async (): Promise<number> =>
    Number((await client.invoke(RequestCode.GET_MAX_OFFSET, fields)).extFields?.['offset']);
  while ((await delivered()) < count) clock.advance(1);
  return client.pullAll('Late');
}

function bodiesOf(received: readonly { readonly body: string }[]): string[] {
  return received.map(({ body }) => body);
}

function offsetsFile(data: string): string {
  return readFileSync(join(data, 'config', 'delayOffset.json'), 'utf8');
}

const MANY = Array.from({ length: 6000 }, (_, i) => `${i} ${'x'.repeat(400)}`);

for (const [where, config] of [
  ['memory', {}],
  ['files', SMALL],
] as const) {
  test(`6,000 that wait in ${where} come back in order`, async () => {
    const data = newFolder();
    await withBroker(data, config, async (client, clock) => {
      await sendDelayed(client, MANY);
      assert.is((await client.pullAll('Late')).length, 0);
      clock.advance(LEVEL_MS);
      assert.equal(bodiesOf(await untilDelivered(client, clock, MANY.length)), MANY);
    });
    assert.match(offsetsFile(data), '3:6000');
  });
}

test('what waits while the broker is stopped comes after its start, once', async () => {
  const data = newFolder();
  await withBroker(data, SMALL, async (client) => {
    await sendDelayed(client, MANY.slice(0, 3000));
    assert.is((await client.pullAll('Late')).length, 0);
  });
  assert.match(offsetsFile(data), '3:0');
  await withBroker(data, SMALL, async (client, clock) => {
    await sendDelayed(client, MANY.slice(3000));
    clock.advance(LEVEL_MS);
    assert.equal(bodiesOf(await untilDelivered(client, clock, MANY.length)), MANY);
  });
  await withBroker(data, SMALL, async (client, clock) => {
    clock.advance(LEVEL_MS);
    await sendDelayed(client, ['last']);
    clock.advance(LEVEL_MS);
    assert.equal(bodiesOf(await untilDelivered(client, clock, MANY.length + 1)), [...MANY, 'last']);
  });
});

test('what an ordered consumer gives up is a dead letter at once', () =>
  withBroker(newFolder(), {}, async (client) => {
    const queue = { topic: 'Late', brokerName: 'b', queueId: 0 };
    const lock = { consumerGroup: 'Ordered', clientId: 'c', mqSet: [queue] };
    await client.invoke(RequestCode.LOCK_BATCH_MQ, {}, Buffer.from(JSON.stringify(lock)));
    await client.send('%RETRY%Ordered', 'given up', { properties: 'DELAY\u00013\u0002' });
    assert.equal(bodiesOf(await client.pullAll('%DLQ%Ordered')), ['given up']);
    await client.send('%RETRY%Other', 'again', { properties: 'DELAY\u00013\u0002' });
    assert.equal(bodiesOf(await client.pullAll('SCHEDULE_TOPIC_XXXX', LEVEL - 1)), ['again']);
  }));

test.run();
