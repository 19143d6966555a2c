/** What the store does not take is put again, in order, until it does; the offset never passes it. */
import * as assert from 'uvu/assert';

import { RESEND_PAUSE_MAX_MS, RESEND_STEP_MS } from '#src/broker/schedule/delivery-line.js';
import { type PutResult, PutStatus } from '#src/workers/message-store.js';
import { suite } from '../../suite.js';
import { numbers, ScheduledBroker } from './scheduled-broker.js';

const test = suite('refused deliveries');

/** Has the store answer the next `count` deliveries with `status` a turn later, without storing them. */
function refuseNext(broker: ScheduledBroker, count: number, status: PutStatus): () => number {
  const { store } = broker;
  const putMessage = store.putMessage.bind(store);
  let refused = 0;
  store.putMessage = (message, done) => {
    if (message.topic !== 'T' || refused === count) {
      putMessage(message, done);
      return;
    }
    refused++;
    const outcome: PutResult = {
      status,
      remark: 'by the test',
      queueOffset: 0,
      physicalOffset: 0,
      storeTimestampMs: 0,
      physicalOffsets: [],
    };
    queueMicrotask(() => done(outcome));
  };
  return () => refused;
}

test('a store that refuses at once is tried with growing pauses; nothing is lost, in order', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 300);
  broker.store.refusal = 'the disk is full';
  await broker.pass(1000);
  assert.equal(broker.delivered(), []);
  assert.is(broker.offsets.get(1), 0);
  // 100, 200, 300 and 400 ms after each other.
  await broker.pass(RESEND_STEP_MS * 10, RESEND_STEP_MS);
  broker.store.refusal = undefined;
  await broker.pass(RESEND_STEP_MS * 5, RESEND_STEP_MS);
  assert.equal(broker.delivered(), numbers(300));
  assert.is(broker.offsets.get(1), 300);
  assert.is(broker.logged.length, 5, 'one line a try');
});

test('what is refused late is put again in order, and what came behind it stays delivered', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 10);
  const refused = refuseNext(broker, 4, PutStatus.SERVICE_NOT_AVAILABLE);
  await broker.pass(1000);
  assert.is(refused(), 4);
  assert.equal(broker.delivered(), numbers(6, 4));
  assert.is(broker.offsets.get(1), 0, 'the first is not stored');
  await broker.send(1, 5, 10);
  await broker.pass(RESEND_STEP_MS);
  assert.equal(broker.delivered(), [...numbers(6, 4), ...numbers(4)]);
  assert.is(broker.offsets.get(1), 10);
  await broker.pass(1000);
  assert.is(broker.offsets.get(1), 15);
});

test('while something is refused nothing new is handed over', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 1);
  await broker.pass(50);
  await broker.send(1, 1, 1);
  refuseNext(broker, 1, PutStatus.SYSTEM_BUSY);
  await broker.pass(950);
  const { store } = broker;
  const getMessages = store.getMessages.bind(store);
  let reads = 0;
  store.getMessages = (...args) => {
    reads++;
    return getMessages(...args);
  };
  await broker.pass(60);
  assert.equal(broker.delivered(), [], 'the second is due, the first is not put again yet');
  assert.is(reads, 0, 'nothing is read in vain');
  await broker.pass(RESEND_STEP_MS - 60);
  assert.equal(broker.delivered(), numbers(2));
});

test('what is refused again holds up what is behind it', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 3);
  refuseNext(broker, 3, PutStatus.SERVICE_NOT_AVAILABLE);
  await broker.pass(1000);
  const { store } = broker;
  const putMessage = store.putMessage.bind(store);
  let isFirst = true;
  store.putMessage = (message, done) => {
    if (isFirst) store.refusal = 'there is no room for it';
    isFirst = false;
    putMessage(message, done);
    store.refusal = undefined;
  };
  await broker.pass(RESEND_STEP_MS * 4, RESEND_STEP_MS);
  assert.equal(broker.delivered(), numbers(3));
});

test('the pause before the next try is bounded', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 1);
  broker.store.refusal = 'busy';
  await broker.pass(3_600_000_000, 600_000_000);
  broker.store.refusal = undefined;
  await broker.pass(RESEND_PAUSE_MAX_MS);
  assert.equal(broker.delivered(), numbers(1));
});

test('a message that may not be on the disk is put again, so that it may come twice but is not lost', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 2);
  broker.store.putStatus = PutStatus.FLUSH_DISK_TIMEOUT;
  await broker.pass(1000);
  assert.equal(broker.delivered(), numbers(2));
  assert.is(broker.offsets.get(1), 0);
  broker.store.putStatus = PutStatus.OK;
  await broker.pass(RESEND_STEP_MS);
  assert.equal(broker.delivered(), [...numbers(2), ...numbers(2)]);
  assert.is(broker.offsets.get(1), 2);
});

test('another level goes on meanwhile', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 1);
  refuseNext(broker, Number.POSITIVE_INFINITY, PutStatus.MESSAGE_ILLEGAL);
  await broker.send(2, 1, 50, 'Other');
  await broker.pass(5000, 1000);
  assert.equal(broker.delivered(), ['50']);
  assert.is(broker.offsets.get(1), 0);
  assert.is(broker.offsets.get(2), 1);
});

test.run();
