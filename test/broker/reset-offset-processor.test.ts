/** INVOKE_BROKER_TO_RESET_OFFSET: at the broker, where a pull takes it, and in the clients. What offline groups are answered is in exchanges.json. */
import * as assert from 'uvu/assert';

import type { RemotingCommand } from '#src/remoting/remoting-command.js';
import { FLAG_ONEWAY } from '#src/remoting/remoting-command.js';
import { createTopicConfig } from '#src/broker/topic-config.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { AdminBroker, heartbeatBody, requestsTo } from './admin-broker.js';

const test = suite('reset-offset-processor');
const FIELDS = { topic: 'T', group: 'G', timestamp: '-1', isForce: 'true' };

/** A topic of two queues with ten and five messages, a ms between two, and a group that has consumed up to 4 and 5. */
async function setUp(settings: Readonly<Record<string, string>> = {}): Promise<AdminBroker> {
  const broker = new AdminBroker(settings);
  broker.topics.update(createTopicConfig('T', { readQueueNums: 2, writeQueueNums: 2 }));
  broker.groups.find('G');
  for (let index = 0; index < 10; index++) {
    await broker.put('T', 0);
    if (index < 5) await broker.put('T', 1);
    broker.clock.advance(1);
  }
  broker.offsets.commit('test', 'G', 'T', 0, 4);
  broker.offsets.commit('test', 'G', 'T', 1, 5);
  return broker;
}

function reset(broker: AdminBroker, fields: Readonly<Record<string, string>>): Promise<RemotingCommand> {
  return broker.call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, { ...FIELDS, ...fields });
}

function offsets(broker: AdminBroker): number[] {
  return [0, 1].map((queueId) => broker.offsets.query('G', 'T', queueId));
}

test('at the broker: all queues to a time or to the end, forward too without force', async () => {
  const broker = await setUp();
  const { code, body } = await reset(broker, { isForce: 'false' });
  assert.is(code, ResponseCode.SUCCESS);
  assert.is(
    body?.toString(),
    '{"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:10,{"brokerName":"broker-a","queueId":1,"topic":"T"}:5}}',
  );
  assert.equal(offsets(broker), [10, 5]);
  await reset(broker, { timestamp: String(broker.clock.nowMs() - 8) });
  assert.equal(offsets(broker), [2, 2]);
});

test('at the broker: what is committed before the next pull does not undo a reset', async () => {
  const broker = await setUp();
  await reset(broker, { queueId: '0', offset: '3' });
  assert.equal(offsets(broker), [3, 5], 'one queue only');
  const late = { consumerGroup: 'G', topic: 'T', queueId: '0', commitOffset: '9' };
  await broker.call(RequestCode.UPDATE_CONSUMER_OFFSET, late);
  assert.equal(offsets(broker), [3, 5]);
  assert.is(broker.offsets.takeReset('T', 'G', 0), 3, 'the next pull is told');
  await broker.call(RequestCode.UPDATE_CONSUMER_OFFSET, late);
  assert.equal(offsets(broker), [9, 5]);
});

test('at the broker: a refused reset leaves every queue as it was; a slave refuses all', async () => {
  const broker = await setUp();
  const { code } = await reset(broker, { queueId: '0', offset: '12' });
  assert.is(code, ResponseCode.SYSTEM_ERROR);
  assert.equal(offsets(broker), [4, 5]);
  const slave = await setUp({ brokerRole: 'SLAVE' });
  assert.is((await reset(slave, {})).remark, 'Can not reset offset in slave broker');
  assert.equal(offsets(slave), [4, 5]);
});

test('in the clients: every client is sent the offsets, and the broker keeps its own', async () => {
  const broker = await setUp({ useServerSideResetOffset: 'false' });
  const clients = [new MemoryConnection(), new MemoryConnection()];
  for (const [index, client] of clients.entries())
    await broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody(`c${index}`, 'G', ['T']), client);
  const { code, body } = await reset(broker, {});
  assert.is(code, ResponseCode.SUCCESS);
  assert.equal(offsets(broker), [4, 5]);
  for (const client of clients) {
    const [request] = requestsTo(client, RequestCode.RESET_CONSUMER_CLIENT_OFFSET);
    assert.equal(request?.extFields, { group: 'G', topic: 'T', queueId: '-1', timestamp: '-1', isForce: 'false' });
    assert.is((request?.flag ?? 0) & FLAG_ONEWAY, FLAG_ONEWAY);
    assert.is(
      request?.body?.toString(),
      '{"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:10,{"brokerName":"broker-a","queueId":1,"topic":"T"}:5}}',
    );
    assert.equal(request?.body, body);
  }
});

test('in the clients: without force back only', async () => {
  const broker = await setUp({ useServerSideResetOffset: 'false' });
  const client = new MemoryConnection();
  await broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody('c', 'G', ['T']), client);
  await reset(broker, { isForce: 'false', timestamp: String(broker.clock.nowMs() - 5) });
  const [request] = requestsTo(client, RequestCode.RESET_CONSUMER_CLIENT_OFFSET);
  assert.is(
    request?.body?.toString(),
    '{"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:4,{"brokerName":"broker-a","queueId":1,"topic":"T"}:5}}',
  );
});

test.run();
