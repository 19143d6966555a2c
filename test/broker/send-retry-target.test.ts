/** What consumers send to their retry topic: it stays there until it has been tried often enough, then it is a dead letter. */
import * as assert from 'uvu/assert';
import { getProperty } from '#src/message/message-properties.js';
import { suite } from '../suite.js';
import { MessageBroker, sendRequest } from './message-broker.js';

const test = suite('send to a retry topic');
const RETRY = '%RETRY%G';

test('makes the retry topic, with one queue, even without leave to make topics', async () => {
  const broker = new MessageBroker({ autoCreateTopicEnable: 'false' });
  const response = await broker.sent(sendRequest({ topic: RETRY, reconsumeTimes: '16' }));
  assert.is(response.code, 0);
  assert.is(broker.topics.select(RETRY)?.writeQueueNums, 1);
  assert.is(broker.topics.select(RETRY)?.perm, 6);
  assert.is(broker.store.puts[0]?.topic, RETRY);
});

test('gives a message up after the group\u2019s number of tries, or the request\u2019s', async () => {
  const broker = new MessageBroker();
  const response = await broker.sent(
    sendRequest({ topic: RETRY, reconsumeTimes: '17', properties: 'DELAY\u00013\u0002' }),
  );
  assert.is(response.code, 0);
  const [stored] = broker.store.puts;
  assert.is(stored?.topic, '%DLQ%G');
  assert.is(stored?.queueId, 0);
  assert.is(getProperty(stored?.properties ?? '', 'DELAY'), '-1');
  assert.is(broker.topics.select('%DLQ%G')?.perm, 6);
  await broker.sent(sendRequest({ topic: RETRY, reconsumeTimes: '3', maxReconsumeTimes: '2' }));
  assert.is(broker.store.puts[1]?.topic, '%DLQ%G');
  await broker.sent(sendRequest({ topic: RETRY, reconsumeTimes: '3', maxReconsumeTimes: '3' }));
  assert.is(broker.store.puts[2]?.topic, RETRY);
});

test('waits before it is back, for clients that send what they could not hand back', async () => {
  const broker = new MessageBroker();
  await broker.sent(sendRequest({ topic: RETRY, reconsumeTimes: '1', properties: 'DELAY\u00014\u0002' }));
  const [stored] = broker.store.puts;
  assert.is(stored?.topic, 'SCHEDULE_TOPIC_XXXX');
  assert.is(stored?.queueId, 3);
  assert.is(stored?.reconsumeTimes, 1);
  assert.is(getProperty(stored?.properties ?? '', 'REAL_TOPIC'), RETRY);
});

test('the number of tries of a client before 3.4.9 is the group\u2019s', async () => {
  const broker = new MessageBroker();
  await broker.sent({ ...sendRequest({ topic: RETRY, reconsumeTimes: '3', maxReconsumeTimes: '2' }), version: 120 });
  assert.is(broker.store.puts[0]?.topic, RETRY);
});

test('gives a message of an ordered consumer up at once', async () => {
  const broker = new MessageBroker();
  broker.lockedGroups.add('G');
  await broker.sent(sendRequest({ topic: RETRY }));
  assert.is(broker.store.puts[0]?.topic, '%DLQ%G');
});

test('refuses the retry topic of a group that does not exist', async () => {
  const broker = new MessageBroker({ autoCreateSubscriptionGroup: 'false' });
  const response = await broker.sent(sendRequest({ topic: RETRY }));
  assert.is(response.code, 26);
  assert.is(
    response.remark,
    'subscription group not exist, G \nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.',
  );
});

test.run();
