/** Topics made on first use, changed and announced. */
import * as assert from 'uvu/assert';

import { PERM, type TopicConfig } from '#src/broker/topic-config.js';
import { suite } from '../suite.js';
import { AdminBroker } from './admin-broker.js';

const test = suite('topic-config-manager');

test('a topic made on first use takes the smaller number of queues, and TBW102 settings without INHERIT', () => {
  const { topics } = new AdminBroker({ defaultTopicQueueNums: '8' });
  const created = topics.createInSend('A', 'TBW102', 'test', 4, 0);
  assert.equal([created?.writeQueueNums, created?.readQueueNums, created?.perm], [4, 4, PERM.READ | PERM.WRITE]);
  assert.is(topics.createInSend('B', 'TBW102', 'test', 100, 0)?.writeQueueNums, 8);
  assert.is(topics.createInSend('C', 'TBW102', 'test', -1, 0)?.writeQueueNums, 0);
  assert.is(topics.createInSend('A', 'TBW102', 'test', 8, 0), created, 'an existing topic stays');
});

test('nothing is made after a topic that is not there or not to be inherited from', () => {
  const { topics } = new AdminBroker();
  assert.is(topics.createInSend('A', 'Nope', 'test', 4, 0), undefined);
  topics.createInSend('B', 'TBW102', 'test', 4, 0);
  assert.is(topics.createInSend('A', 'B', 'test', 4, 0), undefined);
});

test('without autoCreateTopicEnable TBW102 is not there, and a saved one is of no use', () => {
  const { topics, configStore } = new AdminBroker({ autoCreateTopicEnable: 'false' });
  assert.is(topics.select('TBW102'), undefined);
  const enabled = new AdminBroker();
  topics.decode(enabled.topics.encode());
  assert.is(topics.createInSend('A', 'TBW102', 'test', 4, 0), undefined);
  configStore.update(new Map([['autoCreateTopicEnable', 'true']]), 'the test');
  assert.is(topics.createInSend('A', 'TBW102', 'test', 4, 0)?.topicName, 'A');
});

test('the cluster and the broker have topics of their names', () => {
  const { topics } = new AdminBroker({ brokerClusterName: 'C1', brokerName: 'B1', clusterTopicEnable: 'false' });
  assert.is(topics.select('C1')?.perm, PERM.INHERIT);
  assert.is(topics.select('B1')?.perm, PERM.INHERIT | PERM.READ | PERM.WRITE);
  for (const name of ['C1_REPLY_TOPIC', 'rmq_sys_REVIVE_LOG_C1', 'rmq_sys_SYNC_BROKER_MEMBER_B1']) {
    assert.ok(topics.select(name), name);
  }
});

test('a retry topic takes on the order of what its group reads', () => {
  const { topics } = new AdminBroker();
  assert.not(topics.createInSendBack('%RETRY%G', 1, 6, 0).order);
  assert.ok(topics.createInSendBack('%RETRY%G', 1, 6, 0, true).order);
});

test('every change has a new data version and is announced; it has settled when the listeners are done', async () => {
  const { topics } = new AdminBroker();
  const announced: string[] = [];
  let finish: () => void = () => undefined;
  topics.onChange(
    (changed: readonly TopicConfig[]) => void announced.push(...changed.map(({ topicName }) => topicName)),
  );
  topics.onChange(() => Promise.reject(new Error('the disk is full')));
  topics.onChange(() => new Promise<void>((resolve) => (finish = resolve)));
  const before = topics.dataVersion.counter;
  topics.createInSend('A', 'TBW102', 'test', 4, 0);
  assert.equal(announced, ['A']);
  assert.is(topics.dataVersion.counter, before + 1);
  assert.not(topics.isSettled);
  finish();
  await topics.settled();
  assert.ok(topics.isSettled);
  topics.createInSend('A', 'TBW102', 'test', 4, 0);
  assert.is(topics.dataVersion.counter, before + 1, 'no change, no version');
});

test('ordered topics of the NameServer are marked', () => {
  const { topics } = new AdminBroker();
  topics.createInSend('A', 'TBW102', 'test', 4, 0);
  topics.markOrdered(['A', 'Nope']);
  assert.ok(topics.isOrderTopic('A'));
  assert.not(topics.isOrderTopic('Nope'));
});

test.run();
