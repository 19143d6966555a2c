/** CONSUMER_SEND_MSG_BACK (36), beside what `delay-exchanges.test.ts` shows: who decides about the number of tries, and what goes wrong. */
import * as assert from 'uvu/assert';

import { propertiesToMap } from '#src/message/message-properties.js';
import { createRequest, type ExtFields, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { PutStatus } from '#src/workers/message-store.js';
import { suite } from '../suite.js';
import { MessageBroker, type TestSettings } from './message-broker.js';

const test = suite('consumer send msg back');
const GROUP = { consumeEnable: true, retryQueueNums: 1, retryMaxTimes: 16 };

/** A broker with one message, at physical offset 0. */
async function withMessage(reconsumeTimes = 0, settings: TestSettings = {}, properties = ''): Promise<MessageBroker> {
  const broker = new MessageBroker(settings);
  const message = {
    topic: 'T',
    queueId: 2,
    flag: 7,
    sysFlag: 1,
    bornTimestampMs: 5,
    bornHost: broker.connection.remoteHost,
    reconsumeTimes,
    preparedTransactionOffset: 0,
    body: Buffer.from('body'),
    properties,
  };
  await new Promise<void>((resolve) => broker.store.putMessage(message, () => resolve()));
  broker.store.puts.length = 0;
  return broker;
}

function request(fields: ExtFields = {}, version?: number): RemotingCommand {
  const command = createRequest(36, { offset: '0', group: 'G', delayLevel: '0', ...fields });
  return version === undefined ? command : { ...command, version };
}

function storedProperties(broker: MessageBroker): Record<string, string> {
  return Object.fromEntries(propertiesToMap(broker.store.puts.at(-1)?.properties ?? ''));
}

test('waits at level 3 the first time and a level longer each time after, as the message it was', async () => {
  for (const times of [0, 1, 15]) {
    const broker = await withMessage(times);
    assert.is((await broker.sentBack(request())).code, 0);
    const [copy] = broker.store.puts;
    assert.ok(copy);
    assert.is(copy.topic, 'SCHEDULE_TOPIC_XXXX');
    assert.is(copy.queueId, Math.min(3 + times, 18) - 1);
    assert.is(copy.reconsumeTimes, times + 1);
    assert.equal([copy.flag, copy.sysFlag, copy.bornTimestampMs], [7, 1, 5]);
    assert.equal(Buffer.from(copy.bornHost), broker.connection.remoteHost);
    assert.is(Buffer.from(copy.body).toString(), 'body');
    assert.is(storedProperties(broker)['REAL_TOPIC'], '%RETRY%G');
  }
});

test('a message that comes back again keeps its first topic and id', async () => {
  const properties = 'RETRY_TOPIC\u0001First\u0002ORIGIN_MESSAGE_ID\u0001FIRST\u0002REAL_TOPIC\u0001old\u0002';
  const broker = await withMessage(1, {}, properties);
  await broker.sentBack(request());
  const stored = storedProperties(broker);
  assert.is(stored['RETRY_TOPIC'], 'First');
  assert.is(stored['ORIGIN_MESSAGE_ID'], 'FIRST');
  assert.is(stored['REAL_TOPIC'], '%RETRY%G');
});

test('the request says how often a message is tried, for clients from 3.4.9 on; else the group', async () => {
  const V3_4_9 = 121;
  for (const [version, asked, isDead] of [
    [V3_4_9, '5', true],
    [V3_4_9, '6', false],
    [V3_4_9, undefined, false],
    [V3_4_9 - 1, '5', false],
  ] as const) {
    const broker = await withMessage(5);
    await broker.sentBack(request(asked === undefined ? {} : { maxReconsumeTimes: asked }, version));
    assert.is(broker.store.puts[0]?.topic, isDead ? '%DLQ%G' : 'SCHEDULE_TOPIC_XXXX', `${version} ${asked}`);
  }
  const broker = await withMessage(5);
  broker.addGroup({ ...GROUP, retryMaxTimes: 5 });
  await broker.sentBack(request({}, V3_4_9 - 1));
  assert.is(broker.store.puts[0]?.topic, '%DLQ%G');
});

test('a group that may not be made is missing', async () => {
  const broker = await withMessage(0, { autoCreateSubscriptionGroup: 'false' });
  const { code, remark } = await broker.sentBack(request());
  assert.is(code, 26);
  assert.match(remark ?? '', /^subscription group not exist, G \n/);
});

test('a broker that takes no messages takes none back', async () => {
  const broker = await withMessage(0, { brokerPermission: '4' });
  const { code, remark } = await broker.sentBack(request());
  assert.is(code, 16);
  assert.is(remark, 'the broker[10.0.0.1] sending message is forbidden');
  assert.is(broker.topics.select('%RETRY%G'), undefined);
});

test('a retry topic has the group\u2019s number of queues, and all of them are used', async () => {
  const broker = await withMessage();
  broker.addGroup({ ...GROUP, retryQueueNums: 2 });
  for (let i = 0; i < 64; i++) await broker.sentBack(request());
  assert.is(broker.topics.select('%RETRY%G')?.writeQueueNums, 2);
  const queues = new Set(broker.store.puts.map(({ properties }) => propertiesToMap(properties).get('REAL_QID')));
  assert.equal(queues, new Set(['0', '1']));
});

test('is answered after the topic is where it has to be, and after the message is stored', async () => {
  const broker = await withMessage();
  let settle = (): void => undefined;
  broker.topics.onChange(() => new Promise<void>((resolve) => (settle = resolve)));
  let answered: RemotingCommand | undefined;
  const answer = broker.sentBack(request()).then((response) => (answered = response));
  while (broker.store.puts.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(answered, undefined);
  settle();
  await answer;
  assert.is(answered?.code, 0);
});

test('a message that is not stored as it should be is refused with the status, so that the client sends it itself', async () => {
  const broker = await withMessage();
  broker.store.putStatus = PutStatus.FLUSH_DISK_TIMEOUT;
  const late = await broker.sentBack(request());
  assert.equal([late.code, late.remark], [1, 'FLUSH_DISK_TIMEOUT: set by the test']);
  broker.store.refusal = 'the broker is stopping';
  const refused = await broker.sentBack(request());
  assert.equal([refused.code, refused.remark], [1, 'SERVICE_NOT_AVAILABLE: the broker is stopping']);
});

test('what would not fit is refused', async () => {
  const long = await withMessage(0, {}, `k\u0001${'x'.repeat(32_700)}\u0002`);
  const { code, remark } = await long.sentBack(request());
  assert.equal([code, remark], [1, 'PROPERTIES_SIZE_EXCEEDED']);
});

test('a request without an offset finds nothing', async () => {
  const broker = await withMessage();
  const { code, remark } = await broker.sentBack(createRequest(36, { group: 'G', delayLevel: '1' }));
  assert.equal([code, remark], [1, 'look message by offset failed, -1']);
});

test.run();
