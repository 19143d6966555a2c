/** Long polling: how long a pull waits, what wakes it, and what makes it be forgotten. */
import * as assert from 'uvu/assert';
import { FLAG_ONEWAY } from '#src/remoting/remoting-command.js';
import { suite } from '../suite.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { answer, MessageBroker, PULL, pullRequest, turn } from './message-broker.js';

const test = suite('pull hold');

function withTopic(settings: Record<string, string> = {}): MessageBroker {
  const broker = new MessageBroker(settings);
  broker.addTopic('T');
  return broker;
}

test('a pull at the end of the queue is answered when a message comes', async () => {
  const broker = withTopic();
  broker.pull(pullRequest());
  await turn();
  assert.is(broker.connection.written.length, 0);
  assert.is(broker.pulls.heldPulls, 1);
  await broker.put('T', 1);
  await turn();
  assert.is(broker.pulls.heldPulls, 1);
  await broker.put('T', 0);
  await broker.connection.untilWritten(1);
  const response = answer(broker.connection);
  assert.equal([response.code, response.opaque, response.extFields?.['nextBeginOffset']], [0, 1, '1']);
  assert.is(broker.pulls.heldPulls, 0);
});

test('one answer takes all messages that came together', async () => {
  const broker = withTopic();
  broker.pull(pullRequest());
  broker.store.holdPuts();
  const puts = [broker.put('T', 0), broker.put('T', 0), broker.put('T', 0)];
  broker.store.releasePuts();
  await Promise.all(puts);
  await broker.connection.untilWritten(1);
  assert.is(answer(broker.connection).extFields?.['nextBeginOffset'], '3');
});

test('every consumer that waits for a queue is woken', async () => {
  const broker = withTopic();
  const other = new MemoryConnection('192.168.1.3', 6666);
  broker.pull(pullRequest());
  broker.pull(pullRequest({ consumerGroup: 'H' }), other);
  await broker.put('T', 0);
  await Promise.all([broker.connection.untilWritten(1), other.untilWritten(1)]);
  assert.is(answer(other).opaque, 2);
});

test('a message whose tag is not wanted wakes no one; the sweep lets the pull move past it', async () => {
  const broker = withTopic();
  broker.pull(pullRequest({ subscription: 'a' }));
  await broker.put('T', 0, 'TAGS\u0001b\u0002');
  await turn();
  assert.is(broker.pulls.heldPulls, 1);
  broker.clock.advance(5_000);
  await turn();
  const response = answer(broker.connection);
  assert.equal([response.code, response.extFields?.['nextBeginOffset']], [20, '1']);
});

test('a wanted tag wakes the pull', async () => {
  const broker = withTopic();
  broker.pull(pullRequest({ subscription: 'a || b' }));
  await broker.put('T', 0, 'TAGS\u0001b\u0002');
  await broker.connection.untilWritten(1);
  assert.is(answer(broker.connection).code, 0);
});

test('a pull whose time is up is answered with PULL_NOT_FOUND by the next sweep', async () => {
  const broker = withTopic();
  broker.clock.advance(2_000);
  broker.pull(pullRequest());
  broker.clock.advance(14_999);
  await turn();
  assert.is(broker.connection.written.length, 0);
  broker.clock.advance(3_001);
  await turn();
  const response = answer(broker.connection);
  assert.equal([response.code, response.remark], [19, 'NO_MATCHED_LOGIC_QUEUE']);
  assert.is(broker.pulls.heldPulls, 0);
  broker.clock.advance(60_000);
  await turn();
  assert.is(broker.connection.written.length, 1);
});

test('without long polling a pull waits for shortPollingTimeMills', async () => {
  const broker = withTopic({ longPollingEnable: 'false' });
  broker.pull(pullRequest());
  broker.clock.advance(999);
  await turn();
  assert.is(broker.connection.written.length, 0);
  broker.clock.advance(1);
  await turn();
  assert.is(answer(broker.connection).code, 19);
});

test('a pull without leave to wait is answered at once', async () => {
  const broker = withTopic();
  broker.pull(pullRequest({ sysFlag: String(PULL.SUBSCRIPTION) }));
  assert.is(answer(broker.connection).code, 19);
});

test('a woken pull is checked again', async () => {
  const broker = withTopic();
  broker.pull(pullRequest());
  broker.addTopic('T', { perm: 2 });
  await broker.put('T', 0);
  await broker.connection.untilWritten(1);
  assert.equal([answer(broker.connection).code, answer(broker.connection).extFields], [16, { forbiddenType: '3' }]);
});

test('pulls of a closed connection are forgotten', async () => {
  const broker = withTopic();
  const other = new MemoryConnection('192.168.1.3', 6666);
  broker.pull(pullRequest(), other);
  broker.pull(pullRequest({ queueId: '1' }), other);
  broker.pull(pullRequest());
  assert.is(broker.pulls.heldPulls, 3);
  other.close('by the test');
  assert.is(broker.pulls.heldPulls, 1);
  await broker.put('T', 0);
  await broker.connection.untilWritten(1);
  assert.is(other.written.length, 0);
  assert.is(broker.pulls.heldPulls, 0);
});

test('a pull that closes its connection between waking and answer is dropped', async () => {
  const broker = withTopic();
  broker.pull(pullRequest());
  broker.pulls.messageArrived('T', 0, 0, 0);
  broker.connection.close('by the test');
  await turn();
  assert.is(broker.connection.written.length, 0);
  assert.is(broker.pulls.heldPulls, 0);
});

test('past maxPullsHeld a pull is answered with POLLING_FULL', async () => {
  const broker = withTopic({ maxPullsHeld: '1' });
  broker.pull(pullRequest());
  broker.pull(pullRequest());
  assert.is(broker.pulls.heldPulls, 1);
  const response = answer(broker.connection);
  assert.equal([response.opaque, response.code], [2, 209]);
  assert.is(response.remark, '1 pulls are held already (maxPullsHeld)');
});

test('a message that comes while the disk is read is not missed', async () => {
  const broker = withTopic();
  const { store } = broker;
  const read = store.getMessages.bind(store);
  // The first read finds nothing, and the message is there before its promise settles.
  store.getMessages = (...parameters) => {
    const result = read(...parameters);
    store.getMessages = read;
    return broker.put('T', 0).then(() => result);
  };
  broker.pull(pullRequest());
  await broker.connection.untilWritten(1);
  assert.is(answer(broker.connection).code, 0);
});

test('many pulls woken at once are served in several turns, each once', async () => {
  const broker = withTopic();
  for (let count = 0; count < 1_000; count++) broker.pull(pullRequest());
  await broker.put('T', 0);
  assert.is(broker.pulls.heldPulls, 0);
  await turn();
  assert.ok(broker.connection.written.length < 1_000);
  await broker.connection.untilWritten(1_000);
  await turn();
  assert.is(broker.connection.written.length, 1_000);
  assert.is(new Set(broker.connection.written.map((response) => response.opaque)).size, 1_000);
});

test('nothing is left behind when it stops', async () => {
  const broker = withTopic();
  broker.pull(pullRequest());
  broker.pulls.stop();
  assert.is(broker.pulls.heldPulls, 0);
  assert.is(broker.clock.pendingTimers, 0);
  broker.connection.close('by the test');
  await broker.put('T', 0);
  assert.is(broker.pulls.heldPulls, 0);
});

test('an answer to a oneway pull is never written', async () => {
  const broker = withTopic();
  broker.store.isCold = true;
  await broker.put('T', 0);
  const request = pullRequest();
  request.flag |= FLAG_ONEWAY;
  broker.pull(request);
  await turn();
  assert.is(broker.connection.written.length, 0);
});

test.run();
