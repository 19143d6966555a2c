/** Held pulls that filter by properties: what wakes them, and that others pay nothing for it. */
import * as assert from 'uvu/assert';
import { suite } from '../suite.js';
import { answer, MessageBroker, pullRequest, turn } from './message-broker.js';

const test = suite('sql-pull-hold');

function withTopic(): MessageBroker {
  const broker = new MessageBroker({ enablePropertyFilter: 'true' });
  broker.addTopic('T');
  return broker;
}

const sql = (subscription: string): ReturnType<typeof pullRequest> =>
  pullRequest({ subscription, expressionType: 'SQL92' });

test('a message that does not match wakes no one; one that does wakes the pull, which passes over the first', async () => {
  const broker = withTopic();
  broker.pull(sql('a > 1'));
  await broker.put('T', 0, 'a\u00011\u0002');
  await turn();
  assert.is(broker.pulls.heldPulls, 1);
  await broker.put('T', 0, 'a\u00012\u0002');
  await broker.connection.untilWritten(1);
  const response = answer(broker.connection);
  assert.equal([response.code, response.extFields?.['nextBeginOffset']], [0, '2']);
  const record = await broker.store.recordAt(0);
  assert.is(response.body?.length, record?.length, 'one message');
});

test('the sweep lets a pull move past messages that it does not want', async () => {
  const broker = withTopic();
  broker.pull(sql('a > 1'));
  await broker.put('T', 0, 'a\u00011\u0002');
  broker.clock.advance(5_000);
  await turn();
  const response = answer(broker.connection);
  assert.equal([response.code, response.extFields?.['nextBeginOffset']], [20, '1']);
});

test('a message that has left memory before it could be judged wakes the pull', async () => {
  const broker = withTopic();
  broker.pull(sql('a > 1'));
  broker.store.isCold = true;
  await broker.put('T', 0, 'a\u00011\u0002');
  await broker.connection.untilWritten(1);
  assert.is(answer(broker.connection).code, 20);
});

test('records are looked into for pulls that filter by properties only', async () => {
  const broker = withTopic();
  broker.pull(pullRequest({ subscription: 'x' }));
  broker.pull(pullRequest({ queueId: '1', subscription: '*' }));
  broker.pull(pullRequest({ queueId: '2', subscription: 'a = 1', expressionType: 'SQL92' }));
  for (const queueId of [0, 1]) await broker.put('T', queueId, 'a\u00011\u0002');
  assert.is(broker.store.matches, 0);
  await broker.put('T', 2, 'a\u00012\u0002');
  assert.is(broker.store.matches, 1);
});

test.run();
