/** Requests that a client answers: what is handed on, what comes back, and that nothing waits for ever. */
import * as assert from 'uvu/assert';

import { STATUS_TIMEOUT_MS } from '#src/broker/processors/consumer-relay-processor.js';
import { CALL_CLIENT_TIMEOUT_MS } from '#src/broker/call-client.js';
import { GetConsumerStatusBody } from '#src/remoting/bodies/get-consumer-status-body.js';
import { createResponse } from '#src/remoting/remoting-command.js';
import { RemotingTimeoutError } from '#src/remoting/remoting-error.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { MemoryConnection, type MemoryInvocation } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { AdminBroker, heartbeatBody } from './admin-broker.js';

const test = suite('consumer-relay-processor');
const STATUS = '{"consumerTable":{},"messageQueueTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:7}}';
const SUCCESS = { code: ResponseCode.SUCCESS };

async function online(broker: AdminBroker, clientId: string): Promise<MemoryConnection> {
  const connection = new MemoryConnection();
  await broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody(clientId, 'G', ['T']), connection);
  return connection;
}

function joinOld(broker: AdminBroker, version: number): void {
  broker.consumers.register({
    group: 'G',
    client: { connection: new MemoryConnection(), clientId: 'old', language: 'JAVA', version, lastUpdateMs: 0 },
    mode: {
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: 'CLUSTERING',
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    },
    subscriptions: [],
    isNotifyEnabled: false,
  });
}

/** The next request that the client is asked to answer. */
async function asked(client: MemoryConnection, code: number): Promise<MemoryInvocation> {
  for (;;) {
    const found = client.invocations.find(({ request }) => request.code === code);
    if (found !== undefined) return found;
    await client.untilWritten(client.written.length + 1);
  }
}

function answer(invocation: MemoryInvocation, outcome: { code: number; remark?: string }, body?: string): void {
  invocation.resolve(
    createResponse(
      invocation.request,
      outcome.code,
      outcome.remark,
      undefined,
      body === undefined ? undefined : Buffer.from(body),
    ),
  );
}

test('307: the client’s answer is the answer, and its own code with it', async () => {
  const broker = new AdminBroker();
  const client = await online(broker, 'c1');
  const fields = { consumerGroup: 'G', clientId: 'c1', jstackEnable: 'true' };
  const told = broker.call(RequestCode.GET_CONSUMER_RUNNING_INFO, fields);
  const invocation = await asked(client, RequestCode.GET_CONSUMER_RUNNING_INFO);
  assert.equal(invocation.request.extFields, fields);
  assert.is(invocation.timeoutMs, CALL_CLIENT_TIMEOUT_MS);
  answer(invocation, { code: 77, remark: 'so it is' }, '{"jstack":"x"}');
  const { code, remark, body } = await told;
  assert.equal([code, remark, body?.toString()], [77, 'so it is', '{"jstack":"x"}']);
});

test('307: a client that does not answer, that goes, that is too old', async () => {
  const broker = new AdminBroker();
  const client = await online(broker, 'c1');
  const ask = (clientId: string) =>
    broker.call(RequestCode.GET_CONSUMER_RUNNING_INFO, { consumerGroup: 'G', clientId, jstackEnable: 'false' });
  const late = ask('c1');
  const invocation = await asked(client, RequestCode.GET_CONSUMER_RUNNING_INFO);
  invocation.reject(new RemotingTimeoutError('1.2.3.4:5', invocation.request.code, invocation.timeoutMs));
  const { code, remark } = await late;
  assert.is(code, ResponseCode.CONSUME_MSG_TIMEOUT);
  assert.match(remark ?? '', /^consumer <G> <c1> Timeout: .*10000 ms/);

  const cut = ask('c1');
  await client.untilWritten(client.written.length);
  client.close('gone');
  const gone = await cut;
  assert.is(gone.code, ResponseCode.SYSTEM_ERROR);
  assert.match(gone.remark ?? '', /^invoke consumer <G> <c1> Exception: .*gone/);

  const deaf = await online(broker, 'c2');
  deaf.isWritable = false;
  const unread = await ask('c2');
  assert.match(unread.remark ?? '', /^invoke consumer <G> <c2> Exception: .*does not read/);
  assert.equal(deaf.invocations, [], 'nothing more is queued for it');

  joinOld(broker, 40);
  const old = await ask('old');
  assert.is(old.code, ResponseCode.SYSTEM_ERROR);
  assert.is(
    old.remark,
    'The Consumer <old> Version <V3_0_13_SNAPSHOT> too low to finish, please upgrade it to V3_1_8_SNAPSHOT',
  );
});

test('309: the client gets the stored record, and of which broker it is', async () => {
  const broker = new AdminBroker();
  const client = await online(broker, 'c1');
  await broker.put('T', 0, 'first');
  await broker.call(RequestCode.UPDATE_AND_CREATE_TOPIC, {
    topic: 'T',
    defaultTopic: 'TBW102',
    readQueueNums: '1',
    writeQueueNums: '1',
    perm: '6',
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: '2',
    order: 'false',
  });
  const msgId = '7F00000100002A9F0000000000000000';
  const done = broker.call(RequestCode.CONSUME_MESSAGE_DIRECTLY, {
    consumerGroup: 'G',
    clientId: 'c1',
    msgId,
    topic: 'T',
    brokerName: 'another',
  });
  const invocation = await asked(client, RequestCode.CONSUME_MESSAGE_DIRECTLY);
  assert.equal(invocation.request.extFields, {
    consumerGroup: 'G',
    clientId: 'c1',
    msgId,
    topic: 'T',
    brokerName: 'broker-a',
    topicSysFlag: '2',
    groupSysFlag: '0',
  });
  assert.equal(invocation.request.body, await broker.store.recordAt(0));
  answer(invocation, SUCCESS, '{"consumeResult":"CR_SUCCESS"}');
  assert.is((await done).body?.toString(), '{"consumeResult":"CR_SUCCESS"}');
});

test('223: every client is asked at once; one that is silent or fails is left out', async () => {
  const broker = new AdminBroker();
  const clients = await Promise.all(['c1', 'c2', 'c3', 'c4'].map((id) => online(broker, id)));
  const told = broker.call(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, { topic: 'T', group: 'G' });
  const asks = await Promise.all(clients.map((client) => asked(client, RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT)));
  assert.equal(
    asks.map(({ request, timeoutMs }) => [request.extFields, timeoutMs]),
    asks.map(() => [{ topic: 'T', group: 'G' }, STATUS_TIMEOUT_MS]),
  );
  const [first, second, third, fourth] = asks as [
    MemoryInvocation,
    MemoryInvocation,
    MemoryInvocation,
    MemoryInvocation,
  ];
  answer(first, SUCCESS, STATUS);
  answer(second, { code: ResponseCode.SYSTEM_ERROR });
  third.reject(new RemotingTimeoutError('1.2.3.4:5', third.request.code, third.timeoutMs));
  answer(fourth, SUCCESS, 'nonsense');
  const { code, body } = await told;
  assert.is(code, ResponseCode.SUCCESS);
  // Taken from Apache's 5.5.0 with the same answer of one client.
  assert.is(
    body?.toString(),
    '{"consumerTable":{"c1":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:7}},"messageQueueTable":{}}',
  );
});

test('223: one client by its id, and none if it is not here', async () => {
  const broker = new AdminBroker();
  const [first] = (await Promise.all(['c1', 'c2'].map((id) => online(broker, id)))) as [MemoryConnection];
  const fields = { topic: 'T', group: 'G', clientAddr: 'c1' };
  const told = broker.call(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, fields);
  answer(await asked(first, RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT), SUCCESS, STATUS);
  assert.equal([...GetConsumerStatusBody.decode((await told).body).consumerTable.keys()], ['c1']);
  const nobody = await broker.call(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, { ...fields, clientAddr: 'c9' });
  assert.is(nobody.body?.toString(), '{"consumerTable":{},"messageQueueTable":{}}');
  joinOld(broker, 5);
  const refused = await broker.call(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, { topic: 'T', group: 'G' });
  assert.is(refused.remark, 'the client does not support this feature. version=V3_0_0_BETA4');
});

test.run();
