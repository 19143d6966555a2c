/** Clients come, change and go: heartbeats, code 40, closed connections, silence. */
import * as assert from 'uvu/assert';

import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { AdminBroker, heartbeatBody, requestsTo } from './admin-broker.js';

const test = suite('client-manage-processor');
const NOTIFY = RequestCode.NOTIFY_CONSUMER_IDS_CHANGED;

async function join(
  broker: AdminBroker,
  clientId: string,
  more: object = {},
  topics = ['T'],
): Promise<MemoryConnection> {
  const connection = new MemoryConnection('127.0.0.1', 50_000);
  const answer = await broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody(clientId, 'G', topics, more), connection);
  assert.is(answer.code, ResponseCode.SUCCESS);
  return connection;
}

test('the first heartbeat of a group is answered when its retry topic is in the route', async () => {
  const broker = new AdminBroker();
  let registered: () => void = () => undefined;
  broker.topics.onChange(() => new Promise<void>((resolve) => (registered = resolve)));
  const connection = new MemoryConnection();
  const answer = broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody('c1', 'G', ['T']), connection);
  await Promise.resolve();
  assert.is(connection.written.filter(({ flag }) => (flag & 1) === 1).length, 0);
  assert.is(broker.topics.select('%RETRY%G')?.perm, 6);
  registered();
  assert.is((await answer).code, ResponseCode.SUCCESS);
  assert.ok(broker.groups.contains('G'));
  assert.ok(broker.producers.group('P'));
});

test('members are told when one joins, leaves and changes its topics, and not when one repeats itself', async () => {
  const broker = new AdminBroker();
  const first = await join(broker, 'c1');
  assert.is(requestsTo(first, NOTIFY).length, 1);
  const second = await join(broker, 'c2');
  assert.equal([requestsTo(first, NOTIFY).length, requestsTo(second, NOTIFY).length], [2, 1]);
  await broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody('c1', 'G', ['T']), first);
  assert.is(requestsTo(second, NOTIFY).length, 1);
  await broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody('c1', 'G', ['T', 'U']), first);
  assert.is(requestsTo(second, NOTIFY).length, 2);
  await broker.call(
    RequestCode.UNREGISTER_CLIENT,
    { clientID: 'c1', consumerGroup: 'G', producerGroup: 'P' },
    undefined,
    first,
  );
  assert.is(requestsTo(second, NOTIFY).length, 3);
  assert.equal(broker.consumers.group('G')?.clientIds(), ['c2']);
  const [notice] = requestsTo(second, NOTIFY);
  assert.equal([notice?.extFields, (notice?.flag ?? 0) & 2], [{ consumerGroup: 'G' }, 2]);
});

test('a closed connection takes its client out and tells the others (the Go client never says goodbye)', async () => {
  const broker = new AdminBroker();
  const first = await join(broker, 'c1');
  const second = await join(broker, 'c2');
  second.close('reset by peer');
  assert.equal(broker.consumers.group('G')?.clientIds(), ['c1']);
  assert.is(requestsTo(first, NOTIFY).length, 3);
  first.close('reset by peer');
  assert.is(broker.consumers.group('G'), undefined);
  assert.is(broker.producers.group('P'), undefined);
});

test('broadcasting members are not told', async () => {
  const broker = new AdminBroker();
  const first = await join(broker, 'c1', { messageModel: 'BROADCASTING' });
  await join(broker, 'c2', { messageModel: 'BROADCASTING' });
  assert.is(requestsTo(first, NOTIFY).length, 0);
});

test('with realTimeNotifyConsumerChange off members are told once in 15 s', async () => {
  const broker = new AdminBroker({ realTimeNotifyConsumerChange: 'false' });
  const first = await join(broker, 'c1');
  await join(broker, 'c2');
  assert.is(requestsTo(first, NOTIFY).length, 0);
  broker.clock.advance(15_000);
  assert.is(requestsTo(first, NOTIFY).length, 1);
});

test('a client that is silent for two minutes is cut off', async () => {
  const broker = new AdminBroker();
  const silent = await join(broker, 'c1');
  broker.clock.advance(100_000);
  const lively = await join(broker, 'c2');
  broker.clock.advance(20_001);
  broker.consumers.scanNotActive();
  broker.producers.scanNotActive();
  assert.not(silent.isOpen);
  assert.ok(lively.isOpen);
  assert.equal(broker.consumers.group('G')?.clientIds(), ['c2']);
  assert.is(broker.producers.connectionOf('c2'), lively);
});

test('a heartbeat without subscriptions (V2) keeps those of before', async () => {
  const broker = new AdminBroker();
  const withSub = JSON.parse(heartbeatBody('c1', 'G', ['T'])) as object;
  const withoutSub = {
    ...(JSON.parse(heartbeatBody('c1', 'G', [])) as object),
    withoutSub: true,
    heartbeatFingerprint: 9,
  };
  const connection = new MemoryConnection();
  const first = await broker.call(
    RequestCode.HEART_BEAT,
    {},
    JSON.stringify({ ...withSub, heartbeatFingerprint: 9 }),
    connection,
  );
  assert.equal(first.extFields, { IS_SUPPORT_HEART_BEAT_V2: 'true', IS_SUB_CHANGE: 'false' });
  await broker.call(RequestCode.HEART_BEAT, {}, JSON.stringify(withoutSub), connection);
  assert.ok(broker.consumers.group('G')?.subscription('T'));
  const other = await broker.call(
    RequestCode.HEART_BEAT,
    {},
    JSON.stringify({ ...withoutSub, heartbeatFingerprint: 8 }),
    connection,
  );
  assert.is(other.extFields?.['IS_SUB_CHANGE'], 'true');
});

test('a newer version of a subscription replaces the older one', async () => {
  const broker = new AdminBroker();
  const subscription = {
    topic: 'T',
    subString: 'a',
    tagsSet: ['a'],
    codeSet: [97],
    subVersion: 5,
    expressionType: 'TAG',
  };
  await join(broker, 'c1', { subscriptionDataSet: [subscription] });
  await join(broker, 'c2', { subscriptionDataSet: [{ ...subscription, subString: 'b', subVersion: 4 }] });
  assert.is(broker.consumers.group('G')?.subscription('T')?.subString, 'a');
  await join(broker, 'c3', { subscriptionDataSet: [{ ...subscription, subString: 'c', subVersion: 6 }] });
  assert.is(broker.consumers.group('G')?.subscription('T')?.subString, 'c');
});

test('a group that may not be made is not registered, and its heartbeat succeeds', async () => {
  const broker = new AdminBroker({ autoCreateSubscriptionGroup: 'false' });
  await join(broker, 'c1');
  assert.is(broker.consumers.group('G'), undefined);
  assert.is(broker.topics.select('%RETRY%G'), undefined);
});

test('one connection may be in several groups and leaves all of them', async () => {
  const broker = new AdminBroker();
  const connection = await join(broker, 'c1');
  await broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody('c1', 'H', ['T']), connection);
  connection.close('reset by peer');
  assert.is(broker.consumers.groups().size, 0);
});

test.run();
