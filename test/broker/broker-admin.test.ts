/** Administration: topics and groups, offsets of new groups, configuration, runtime figures. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

import { KVTable } from '#src/remoting/bodies/kv-table.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { suite } from '../suite.js';
import { AdminBroker } from './admin-broker.js';

const test = suite('broker-admin');
const TOPIC = {
  topic: 'T',
  defaultTopic: 'TBW102',
  readQueueNums: '4',
  writeQueueNums: '4',
  perm: '6',
  topicFilterType: 'SINGLE_TAG',
};

test('a topic is in the route before 17 is answered', async () => {
  const broker = new AdminBroker();
  let isRegistered = false;
  broker.topics.onChange(async () => {
    await Promise.resolve();
    isRegistered = true;
  });
  assert.is((await broker.call(RequestCode.UPDATE_AND_CREATE_TOPIC, TOPIC)).code, ResponseCode.SUCCESS);
  assert.ok(isRegistered);
});

test('the topics named like the cluster and the broker are the system’s', async () => {
  const broker = new AdminBroker();
  for (const topic of ['DefaultCluster', 'broker-a', 'DefaultCluster_REPLY_TOPIC']) {
    const answer = await broker.call(RequestCode.UPDATE_AND_CREATE_TOPIC, { ...TOPIC, topic });
    assert.is(answer.remark, `The topic[${topic}] is conflict with system topic.`);
  }
});

test('a deleted topic takes its queues and all groups’ offsets with it, and POP’s retry topics', async () => {
  const broker = new AdminBroker();
  await broker.call(RequestCode.UPDATE_AND_CREATE_TOPIC, TOPIC);
  await broker.put('T', 0);
  broker.topics.createInSendBack('%RETRY%G+T', 1, 6, 0);
  broker.offsets.commit('test', 'G', 'T', 0, 1);
  await broker.call(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: 'T' });
  assert.is(broker.topics.select('T'), undefined);
  assert.is(broker.topics.select('%RETRY%G+T'), undefined);
  assert.is(broker.store.maxOffset('T', 0), 0);
  assert.is(broker.offsets.query('G', 'T', 0), -1);
});

test('a deleted group keeps its offsets unless cleanOffset says otherwise', async () => {
  const broker = new AdminBroker();
  broker.groups.find('G');
  broker.offsets.commit('test', 'G', 'T', 0, 1);
  await broker.call(RequestCode.DELETE_SUBSCRIPTIONGROUP, { groupName: 'G' });
  assert.not(broker.groups.contains('G'));
  assert.is(broker.offsets.query('G', 'T', 0), 1);
  await broker.call(RequestCode.DELETE_SUBSCRIPTIONGROUP, { groupName: 'G', cleanOffset: 'true' });
  assert.is(broker.offsets.query('G', 'T', 0), -1);
});

test('a new group begins at 0 only while the first message is there and in memory', async () => {
  const broker = new AdminBroker();
  const ask = async (): Promise<number> =>
    (await broker.call(RequestCode.QUERY_CONSUMER_OFFSET, { consumerGroup: 'G', topic: 'T', queueId: '0' })).code;
  assert.is(await ask(), ResponseCode.QUERY_NOT_FOUND);
  await broker.put('T', 0);
  assert.is(await ask(), ResponseCode.SUCCESS);
  // As after a restart: the log is in the page cache, as long as it is no longer than that.
  broker.store.isCold = true;
  assert.is(await ask(), ResponseCode.SUCCESS);
  const stats = broker.store.stats();
  broker.store.stats = () => ({ ...stats, maxPhysicalOffset: 2 ** 50 });
  assert.is(await ask(), ResponseCode.QUERY_NOT_FOUND);
  broker.store.isCold = false;
  await broker.put('T', 0);
  broker.store.expireBefore('T', 0, 1);
  assert.is(await ask(), ResponseCode.QUERY_NOT_FOUND);
});

test('a reset holds against commits until a pull has taken it', async () => {
  const broker = new AdminBroker();
  broker.groups.find('G');
  await broker.call(RequestCode.UPDATE_AND_CREATE_TOPIC, TOPIC);
  broker.offsets.assignReset('T', 'G', 0, 5);
  const commit = { consumerGroup: 'G', topic: 'T', queueId: '0', commitOffset: '9' };
  assert.is((await broker.call(RequestCode.UPDATE_CONSUMER_OFFSET, commit)).remark, 'Offset has been previously reset');
  assert.is(broker.offsets.query('G', 'T', 0), 5);
  assert.is(broker.offsets.takeReset('T', 'G', 0), 5);
  await broker.call(RequestCode.UPDATE_CONSUMER_OFFSET, commit);
  assert.is(broker.offsets.query('G', 'T', 0), 9);
});

test('keys that NameServers know are changed within a new registration', async () => {
  const broker = new AdminBroker();
  await broker.call(RequestCode.UPDATE_BROKER_CONFIG, {}, 'brokerIP1=10.0.0.7\nlistenPort=34567');
  assert.is(broker.reregistrations, 1);
  assert.equal([broker.configStore.values.brokerIP1, broker.configStore.values.listenPort], ['10.0.0.7', 34_567]);
  await broker.call(RequestCode.UPDATE_BROKER_CONFIG, {}, 'longPollingEnable=false');
  assert.is(broker.reregistrations, 1);
  assert.not(broker.configStore.values.longPollingEnable);
});

test('black-listed keys and wrong values change nothing', async () => {
  const broker = new AdminBroker({ configBlackList: 'configBlackList;brokerPermission' });
  const refused = await broker.call(
    RequestCode.UPDATE_BROKER_CONFIG,
    {},
    'brokerPermission=2\nlongPollingEnable=false',
  );
  assert.equal([refused.code, refused.remark], [ResponseCode.NO_PERMISSION, 'Can not update config in black list.']);
  const wrong = await broker.call(RequestCode.UPDATE_BROKER_CONFIG, {}, 'longPollingEnable=false\nlistenPort=abc');
  assert.is(wrong.code, ResponseCode.INVALID_PARAMETER);
  assert.match(wrong.remark ?? '', 'listenPort="abc"');
  assert.ok(broker.configStore.values.longPollingEnable);
});

test('the configuration is Java .properties text, its version grows', async () => {
  const broker = new AdminBroker();
  await broker.call(RequestCode.UPDATE_BROKER_CONFIG, {}, 'shortPollingTimeMills=500');
  const answer = await broker.call(RequestCode.GET_BROKER_CONFIG, {});
  assert.match(answer.body?.toString() ?? '', /^shortPollingTimeMills=500$/m);
  assert.match(answer.extFields?.['version'] ?? '', '"counter":1');
});

test('the runtime figures have every key of Apache’s 5.5.0', async () => {
  const broker = new AdminBroker();
  const url = new URL('../../../test/broker/golden/exchanges.json', import.meta.url);
  const exchanges = JSON.parse(readFileSync(url, 'utf8')) as { name: string; response: { body: string } }[];
  const apache = exchanges.find(({ name }) => name === '28')?.response.body ?? '{}';
  const expected = KVTable.decode(Buffer.from(apache)).table;
  const actual = KVTable.decode((await broker.call(RequestCode.GET_BROKER_RUNTIME_INFO, {})).body).table;
  assert.equal([...actual.keys()].toSorted(), [...expected.keys()].toSorted());
  for (const [key, value] of actual) {
    if (/^-?\d+$/.test(expected.get(key) ?? '')) assert.match(value, /^-?\d+$/, key);
  }
  assert.is(actual.get('getTotalTps'), '0.0 0.0 0.0');
  assert.is(actual.get('putTps'), '  ');
});

test('while messages are refused, the runtime figures say so and why', async () => {
  const broker = new AdminBroker();
  broker.store.refusal = 'fdatasync of the commit log failed: EIO';
  const { table } = KVTable.decode((await broker.call(RequestCode.GET_BROKER_RUNTIME_INFO, {})).body);
  assert.is(table.get('brokerActive'), 'false');
  assert.is(table.get('putMessageRefusal'), 'fdatasync of the commit log failed: EIO');
  assert.match(table.get('runningFlags') ?? '', /^\d+$/);
});

test('rates come from a sample a second, totals from the start of the day', () => {
  const { stats, clock } = new AdminBroker();
  stats.start();
  for (let second = 0; second < 60; second++) {
    stats.recordPut('T', 2, 100, 0.5, true);
    stats.recordGet('T', 0, 1);
    clock.advance(1_000);
  }
  assert.is(stats.putTps(10), 2);
  assert.is(stats.putTps(60), 2);
  assert.is(stats.putTps(600), undefined);
  assert.is(stats.getMissTps(10), 1);
  assert.match(stats.putTimeDistribution() ?? '', '[0~10ms]:59 ');
  clock.advance(24 * 3_600_000);
  assert.equal(stats.today, { put: 120, get: 0 });
  stats.stop();
  assert.is(clock.pendingTimers, 0);
});

test.run();
