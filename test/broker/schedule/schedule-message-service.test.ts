/** Delayed messages are delivered when they are due: in time, in order, none lost, none before. */
import * as assert from 'uvu/assert';

import { DELIVERIES_IN_FLIGHT_MAX } from '#src/broker/schedule/delivery-turns.js';
import { scheduleRunningStats } from '#src/broker/schedule/schedule-message-service.js';
import { SCHEDULE_TOPIC } from '#src/message/delay-level-table.js';
import { GetStatus } from '#src/workers/message-store.js';
import { suite } from '../../suite.js';
import { numbers, ScheduledBroker } from './scheduled-broker.js';

const test = suite('schedule message service');

test('a message comes when its time has come, and not a millisecond before', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1);
  await broker.pass(999);
  assert.equal(broker.delivered(), []);
  await broker.pass(1);
  assert.equal(broker.delivered(), ['0']);
  const delivered = broker.store.puts.at(-1);
  assert.is(delivered?.topic, 'T');
  assert.is(broker.offsets.get(1), 1);
  await broker.pass(10_000);
  assert.is(broker.delivered().length, 1);
});

test('levels do not wait for each other, and each keeps its order', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(2, 3, 20);
  await broker.send(1, 3, 10);
  await broker.pass(1000);
  assert.equal(broker.delivered(), numbers(3, 10));
  await broker.pass(4000);
  assert.equal(broker.delivered(), [...numbers(3, 10), ...numbers(3, 20)]);
});

test('messages of one level are delivered one after the other, each at its own time', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  for (let i = 0; i < 5; i++) {
    await broker.send(1, 1, i);
    await broker.pass(100);
  }
  await broker.pass(500);
  for (let i = 0; i < 5; i++) {
    assert.equal(broker.delivered(), numbers(i + 1));
    await broker.pass(100);
  }
});

test('there is one timer a level at most, however many messages wait, and none for an empty level', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  assert.is(broker.clock.pendingTimers, 0);
  await broker.send(3, 5000);
  await broker.send(2, 5000);
  assert.is(broker.clock.pendingTimers, 2);
  broker.service.stop();
  assert.is(broker.clock.pendingTimers, 0);
});

test('many that are due together all come, in order, from memory and from files', async () => {
  for (const isCold of [false, true]) {
    const broker = new ScheduledBroker();
    broker.store.isCold = isCold;
    await broker.start();
    await broker.send(1, 5000);
    await broker.pass(1000);
    assert.equal(broker.delivered(), numbers(5000));
    assert.is(broker.offsets.get(1), 5000);
  }
});

test('no more than a bounded number is under way, and the offset waits for the store', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 5000);
  broker.store.holdPuts();
  await broker.pass(1000);
  const underWay = broker.delivered().length;
  assert.ok(underWay >= DELIVERIES_IN_FLIGHT_MAX && underWay < DELIVERIES_IN_FLIGHT_MAX + 128, String(underWay));
  assert.is(broker.offsets.get(1), 0);
  broker.store.releasePuts();
  await broker.rest();
  assert.equal(broker.delivered(), numbers(5000));
  assert.is(broker.offsets.get(1), 5000);
});

test('after a restart it goes on at the saved offset; what was not saved is delivered again', async () => {
  const first = new ScheduledBroker();
  await first.start();
  await first.send(1, 10);
  await first.send(2, 10, 100);
  await first.pass(1000);
  const saved = first.offsets.encode();
  await first.send(1, 5, 10);
  await first.pass(1000);
  first.service.stop();
  const puts = first.delivered().length;
  const second = new ScheduledBroker('1s 5s 1h', first);
  second.offsets.decode(saved);
  await second.start();
  assert.equal(second.delivered().slice(puts), numbers(5, 10), 'those after the saved offset, and no others');
  await second.pass(5000);
  assert.equal(second.delivered().slice(puts + 5), numbers(10, 100));
});

test('what fell due while the broker was down is delivered at once', async () => {
  const first = new ScheduledBroker();
  await first.start();
  await first.send(3, 2);
  first.service.stop();
  first.clock.advance(3 * 3_600_000);
  const second = new ScheduledBroker('1s 5s 1h', first);
  await second.start();
  assert.equal(second.delivered(), numbers(2));
});

test('stopped, it hands nothing over, but what it has handed over still counts', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 3);
  broker.store.holdPuts();
  await broker.pass(1000);
  broker.service.stop();
  broker.store.releasePuts();
  await broker.send(1, 1, 3);
  await broker.pass(5000);
  assert.equal(broker.delivered(), numbers(3));
  assert.is(broker.offsets.get(1), 3);
});

test('started again after a stop, it goes on where it was: a slave acts more than once', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 2);
  await broker.pass(1000);
  broker.service.stop();
  await broker.send(1, 1, 2);
  await broker.pass(5000);
  assert.equal(broker.delivered(), numbers(2));
  await broker.start();
  assert.equal(broker.delivered(), numbers(3));
  await broker.send(1, 1, 3);
  await broker.pass(1000);
  assert.equal(broker.delivered(), numbers(4));
});

test('an offset outside its queue is put right', async () => {
  const first = new ScheduledBroker();
  await first.send(1, 10);
  first.store.expireBefore(SCHEDULE_TOPIC, 0, 4);
  first.offsets.update(1, 2);
  first.offsets.update(2, 57);
  await first.start();
  assert.is(first.offsets.get(1), 4);
  assert.is(first.offsets.get(2), 0, 'the queue is gone: it begins with the first message that comes');
  assert.ok(first.logged.some((line) => line.includes('the offset of a delay level is put right')));
  await first.pass(1000);
  assert.equal(first.delivered(), numbers(6, 4));
});

test('a level that is not in the table any more keeps its messages and its offset', async () => {
  const first = new ScheduledBroker();
  await first.start();
  await first.send(3, 2);
  await first.send(1, 2, 10);
  await first.pass(1000);
  first.service.stop();
  const shrunk = new ScheduledBroker('1s', first);
  shrunk.offsets.decode(first.offsets.encode());
  await shrunk.start();
  await shrunk.pass(3_600_000, 600_000);
  assert.equal(shrunk.delivered(), numbers(2, 10));
  assert.is(shrunk.offsets.get(3), 0);
  shrunk.service.stop();
  const grown = new ScheduledBroker('1s 5s 1h', shrunk);
  grown.offsets.decode(shrunk.offsets.encode());
  await grown.start();
  assert.equal(grown.delivered(), [...numbers(2, 10), ...numbers(2)]);
});

test('a message that is further from its time than its level is long is due at once', async () => {
  const first = new ScheduledBroker();
  await first.send(3, 1);
  const second = new ScheduledBroker('1s 5s 10s', first);
  await second.start();
  assert.equal(second.delivered(), ['0']);
});

test('a wall clock that jumps ahead is noticed within a second', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(3, 1);
  const { clock } = broker;
  const nowMs = clock.nowMs.bind(clock);
  clock.nowMs = () => nowMs() + 3_600_000;
  await broker.pass(999);
  assert.equal(broker.delivered(), []);
  await broker.pass(1);
  assert.equal(broker.delivered(), ['0']);
});

test('a message that is gone from the log is passed over, alone', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 300);
  const { store } = broker;
  const getMessages = store.getMessages.bind(store);
  store.getMessages = (topic, queueId, offset, count, bytes, filter) => {
    const result = getMessages(topic, queueId, offset, count, bytes, filter);
    const isGone = offset <= 150 && 150 < offset + count;
    return isGone && !(result instanceof Promise) ? { ...result, status: GetStatus.MESSAGE_WAS_REMOVING } : result;
  };
  await broker.pass(1000);
  assert.equal(broker.delivered(), [...numbers(150), ...numbers(149, 151)]);
  assert.is(broker.offsets.get(1), 300);
  assert.is(broker.logged.filter((line) => line.includes('not in the log any more')).length, 1);
});

test('messages that expire while they wait are passed over with their queue', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 10);
  broker.store.expireBefore(SCHEDULE_TOPIC, 0, 6);
  await broker.pass(1200, 100);
  assert.equal(broker.delivered(), numbers(4, 6));
  assert.is(broker.offsets.get(1), 10);
});

test('a read that fails is tried again', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 3);
  const { store } = broker;
  const getMessages = store.getMessages.bind(store);
  let failures = 2;
  store.getMessages = (...args) => {
    if (failures-- > 0) return Promise.reject(new Error('EIO'));
    return getMessages(...args);
  };
  await broker.pass(1000);
  assert.equal(broker.delivered(), []);
  await broker.pass(200, 100);
  assert.equal(broker.delivered(), numbers(3));
});

test('shows how far each level has come', async () => {
  const broker = new ScheduledBroker();
  await broker.start();
  await broker.send(1, 3);
  await broker.send(3, 2);
  await broker.pass(1000);
  assert.equal(scheduleRunningStats(broker.offsets, broker.store), {
    scheduleMessageOffset_1: '3,3',
    scheduleMessageOffset_3: '0,2',
  });
});

test.run();
