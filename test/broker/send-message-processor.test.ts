/** SEND_MESSAGE in its three forms: what is stored, what is answered, what is refused and how. Codes and remarks are Apache 5.5.0's. */
import * as assert from 'uvu/assert';
import { propertiesToMap } from '#src/message/message-properties.js';
import { createRequest, FLAG_ONEWAY, type ExtFields } from '#src/remoting/remoting-command.js';
import { PutStatus } from '#src/workers/message-store.js';
import { suite } from '../suite.js';
import { MessageBroker, sendRequest, turn } from './message-broker.js';

const test = suite('send message processor');
const FAQ = '\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.';
const ILLEGAL =
  'the message is illegal, maybe msg body or properties length not matched. ' +
  'msg body length limit 4194304B, msg properties length limit 32KB.';

function withTopic(settings: Record<string, string> = {}): MessageBroker {
  const broker = new MessageBroker(settings);
  broker.addTopic('T');
  return broker;
}

/** Asserts that a send with `fields` is refused, and that nothing was stored. */
async function assertRefused(broker: MessageBroker, fields: ExtFields, code: number, remark: string): Promise<void> {
  const response = await broker.sent(sendRequest(fields));
  assert.is(response.code, code);
  assert.is(response.remark, remark);
  assert.equal(response.extFields, { MSG_REGION: 'DefaultRegion', TRACE_ON: 'true' });
  assert.is(broker.store.puts.length, 0);
}

function storedProperties(broker: MessageBroker): Record<string, string> {
  return Object.fromEntries(propertiesToMap(broker.store.puts.at(-1)?.properties ?? ''));
}

test('answers with the message id, the queue offset and the unique key', async () => {
  const broker = withTopic();
  await broker.put('T', 2);
  const physicalOffset = broker.store.stats().maxPhysicalOffset;
  const response = await broker.sent(sendRequest({ queueId: '2' }));
  assert.is(response.code, 0);
  assert.is(response.remark, undefined);
  assert.equal(response.extFields, {
    msgId: `0A00000100002A9F${physicalOffset.toString(16).toUpperCase().padStart(16, '0')}`,
    queueId: '2',
    queueOffset: '1',
    transactionId: 'ID1',
    MSG_REGION: 'DefaultRegion',
    TRACE_ON: 'true',
  });
});

test('stores the fields of the request, and the broker\u2019s properties with the client\u2019s', async () => {
  const broker = withTopic();
  await broker.sent(
    sendRequest({ properties: 'TAGS\u0001a\u0002UNIQ_KEY\u0001ID1', reconsumeTimes: '3', sysFlag: '1' }),
  );
  const [stored] = broker.store.puts;
  assert.is(stored?.topic, 'T');
  assert.is(stored?.queueId, 0);
  assert.is(stored?.flag, 7);
  assert.is(stored?.sysFlag, 1);
  assert.is(stored?.reconsumeTimes, 3);
  assert.is(stored?.bornTimestampMs, 1_700_000_000_000);
  assert.equal(stored?.body, Buffer.from('hello'));
  assert.equal(Buffer.from(stored?.bornHost ?? []), broker.connection.remoteHost);
  assert.is(
    stored?.properties,
    'TAGS\u0001a\u0002UNIQ_KEY\u0001ID1\u0002MSG_REGION\u0001DefaultRegion\u0002TRACE_ON\u0001true\u0002CLUSTER\u0001DefaultCluster\u0002',
  );
});

test('takes the long field names of SEND_MESSAGE too', async () => {
  const broker = withTopic();
  const request = createRequest(
    10,
    {
      producerGroup: 'PG',
      topic: 'T',
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: '4',
      queueId: '1',
      sysFlag: '0',
      bornTimestamp: '5',
      flag: '0',
    },
    Buffer.from('x'),
  );
  const response = await broker.sent(request);
  assert.is(response.code, 0);
  assert.is(response.extFields?.['queueId'], '1');
  assert.is(response.extFields?.['transactionId'], 'MADE-BY-THE-BROKER');
  assert.is(storedProperties(broker)['UNIQ_KEY'], 'MADE-BY-THE-BROKER');
});

test('replaces what another broker wrote into the properties of a message that is sent again', async () => {
  const broker = withTopic({ brokerClusterName: 'here' });
  const received = {
    CLUSTER: 'there',
    MSG_REGION: 'elsewhere',
    TRACE_ON: 'false',
    POP_CK: '1 2 3',
    KEYS: 'k',
    UNIQ_KEY: 'ID1',
  };
  const properties = Object.entries(received).map(([name, value]) => `${name}\u0001${value}\u0002`);
  await broker.sent(sendRequest({ properties: properties.join('') }));
  assert.equal(storedProperties(broker), {
    KEYS: 'k',
    UNIQ_KEY: 'ID1',
    MSG_REGION: 'DefaultRegion',
    TRACE_ON: 'true',
    CLUSTER: 'here',
  });
});

test('answers nothing to a oneway send, and stores it', async () => {
  const broker = withTopic();
  const request = sendRequest();
  request.flag |= FLAG_ONEWAY;
  broker.send(request);
  await turn();
  assert.is(broker.store.puts.length, 1);
  assert.is(broker.connection.written.length, 0);
});

test('chooses any queue when the client leaves it to the broker', async () => {
  const broker = withTopic();
  for (let count = 0; count < 100; count++) await broker.sent(sendRequest({ queueId: '-1' }));
  const queueIds = new Set(broker.store.puts.map((message) => message.queueId));
  assert.equal(
    [0, 1, 2, 3].filter((queueId) => queueIds.has(queueId)),
    [0, 1, 2, 3],
  );
  assert.is(queueIds.size, 4);
});

test('lets a priority choose the queue', async () => {
  const broker = withTopic();
  const response = await broker.sent(sendRequest({ properties: '_SYS_MSG_PRIORITY_\u00012\u0002' }));
  assert.is(response.extFields?.['queueId'], '2');
  await broker.sent(sendRequest({ properties: '_SYS_MSG_PRIORITY_\u00019\u0002' }));
  assert.is(broker.store.puts.at(-1)?.queueId, 3);
  await broker.sent(sendRequest({ properties: '_SYS_MSG_PRIORITY_\u00012\u0002__SHARDINGKEY\u0001s\u0002' }));
  assert.is(broker.store.puts.at(-1)?.queueId, 0);
  assert.is(storedProperties(broker)['_SYS_MSG_PRIORITY_'], undefined);
});

test('makes a topic on first use, and acknowledges only when it is settled', async () => {
  const broker = new MessageBroker();
  let settle: () => void = () => undefined;
  broker.topics.onChange(() => new Promise<void>((resolve) => (settle = resolve)));
  broker.send(sendRequest({ topic: 'NEW', queueId: '3' }));
  await turn();
  assert.is(broker.topics.select('NEW')?.writeQueueNums, 4);
  assert.is(broker.store.puts.length, 1);
  assert.is(broker.connection.written.length, 0);
  settle();
  await broker.connection.untilWritten(1);
  assert.is(broker.connection.written[0]?.code, 0);
});

test('refuses a topic that does not exist and may not be made', async () => {
  const broker = new MessageBroker({ autoCreateTopicEnable: 'false' });
  await assertRefused(broker, { topic: 'NEW' }, 17, `topic[NEW] not exist, apply first please!${FAQ}`);
});

test('refuses names that no topic may have', async () => {
  const broker = withTopic();
  await assertRefused(broker, { topic: '' }, 29, 'The specified topic is blank.');
  const illegal = 'The specified topic: a b, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$';
  await assertRefused(broker, { topic: 'a b' }, 29, illegal);
  const long = 'x'.repeat(128);
  await assertRefused(
    broker,
    { topic: long },
    29,
    `The specified topic: ${long}, is longer than topic max length: 127`,
  );
  const longRetry = `%RETRY%${'x'.repeat(249)}`;
  const remark = `The specified topic is DLQ or Retry topic: ${longRetry}, and it's longer than topic max length: 255`;
  await assertRefused(broker, { topic: longRetry }, 29, remark);
});

test('refuses topics that are the broker\u2019s own', async () => {
  const remark = 'Sending message to topic[SCHEDULE_TOPIC_XXXX] is forbidden.';
  await assertRefused(withTopic(), { topic: 'SCHEDULE_TOPIC_XXXX' }, 16, remark);
});

test('refuses a queue id past the larger number of queues', async () => {
  const broker = new MessageBroker();
  broker.addTopic('T', { readQueueNums: 8, writeQueueNums: 4, attributes: { '+a': 'b' }, perm: 2 });
  const described =
    'TopicConfig [topicName=T, readQueueNums=8, writeQueueNums=4, perm=-W-, topicFilterType=SINGLE_TAG, topicSysFlag=0, order=false, attributes={+a=b}]';
  const remark = `request queueId[8] is illegal, ${described} Producer: 192.168.1.2:5555`;
  await assertRefused(broker, { queueId: '8' }, 29, remark);
  assert.is((await broker.sent(sendRequest({ queueId: '7' }))).code, 0);
});

test('without permission to write, refuses ordered topics only', async () => {
  const broker = withTopic({ brokerPermission: '4' });
  broker.addTopic('ORDERED', { order: true });
  await assertRefused(broker, { topic: 'ORDERED' }, 16, 'the broker[10.0.0.1] sending message is forbidden');
  assert.is((await broker.sent(sendRequest())).code, 0);
});

test('refuses bodies and properties that are too large', async () => {
  const broker = withTopic();
  const fits = await broker.sent(sendRequest({}, Buffer.alloc(4 * 1024 * 1024)));
  assert.is(fits.code, 0);
  const tooLarge = await broker.sent(sendRequest({}, Buffer.alloc(4 * 1024 * 1024 + 1)));
  assert.is(tooLarge.code, 13);
  assert.is(tooLarge.remark, ILLEGAL);
  assert.is(broker.store.puts.length, 1);
  const unicode = await broker.sent(sendRequest({ properties: `K\u0001${'\u4e2d'.repeat(10_923)}\u0002` }));
  assert.is(unicode.code, 13);
  assert.is(unicode.remark, ILLEGAL);
  assert.is((await broker.sent(sendRequest({ properties: `K\u0001${'k'.repeat(32_000)}\u0002` }))).code, 0);
});

test('refuses a request without a body', async () => {
  const broker = withTopic();
  const request = sendRequest();
  request.body = undefined;
  const response = await broker.sent(request);
  assert.is(response.code, 13);
  assert.is(response.remark, ILLEGAL);
});

test('a delayed message waits in the schedule topic, and is answered with its own queue', async () => {
  const broker = withTopic();
  const fields = { queueId: '2', properties: 'DELAY\u00013\u0002UNIQ_KEY\u0001ID1\u0002TIMER_DELAY_MS\u00015\u0002' };
  const response = await broker.sent(sendRequest(fields));
  assert.is(response.code, 0);
  assert.is(response.extFields?.['queueId'], '2');
  const [stored] = broker.store.puts;
  assert.is(stored?.topic, 'SCHEDULE_TOPIC_XXXX');
  assert.is(stored?.queueId, 2);
  const { REAL_TOPIC, REAL_QID, DELAY, CLUSTER, TIMER_DELAY_MS } = storedProperties(broker);
  assert.equal([REAL_TOPIC, REAL_QID, DELAY, CLUSTER, TIMER_DELAY_MS], ['T', '2', '3', 'DefaultCluster', undefined]);
});

test('a delay that is no number is refused; so is a batch with one', async () => {
  const broker = withTopic();
  await assertRefused(broker, { properties: 'DELAY\u0001soon\u0002' }, 1, 'DELAY is no delay level: soon');
  await assertRefused(broker, { batch: 'true', properties: 'DELAY\u00013\u0002' }, 13, ILLEGAL);
});

test('the highest level is that of the setting', async () => {
  const broker = withTopic({ messageDelayLevel: '1s 2s' });
  await broker.sent(sendRequest({ properties: 'DELAY\u00013\u0002' }));
  assert.is(broker.store.puts[0]?.queueId, 1);
  assert.is(storedProperties(broker)['DELAY'], '2');
});

test('never hands a timed message to consumers at once', async () => {
  const broker = withTopic();
  const timed = 'accurate timer message is not enabled, timerWheelEnable is false';
  for (const name of ['TIMER_DELIVER_MS', 'TIMER_DELAY_SEC', 'TIMER_DELAY_MS']) {
    await assertRefused(broker, { properties: `${name}\u000199\u0002` }, 1, timed);
  }
  assert.is((await broker.sent(sendRequest({ properties: 'TRAN_MSG\u0001true\u0002' }))).code, 0);
  assert.is(broker.store.puts.at(-1)?.topic, 'RMQ_SYS_TRANS_HALF_TOPIC');
  assert.is((await broker.sent(sendRequest({ properties: 'TRAN_MSG\u0001false\u0002DELAY\u00010\u0002' }))).code, 0);
});

test('refuses sends before the time that is set, and on a slave', async () => {
  const broker = withTopic({ startAcceptSendRequestTimeStamp: '1700000001000' });
  await assertRefused(broker, {}, 1, 'broker unable to service, until 2023-11-14T22:13:21.000Z');
  broker.clock.advance(1_000);
  assert.is((await broker.sent(sendRequest())).code, 0);
  const slave = await withTopic({ brokerRole: 'SLAVE', brokerId: '1' }).sent(sendRequest());
  assert.is(slave.code, 2);
  assert.is(slave.remark, '[REJECTREQUEST]system busy, start flow control for a while');
});

test('maps how the put ended to a code', async () => {
  const broker = withTopic();
  broker.store.putStatus = PutStatus.FLUSH_DISK_TIMEOUT;
  const late = await broker.sent(sendRequest());
  assert.is(late.code, 10);
  assert.is(late.extFields?.['queueOffset'], '0');
  broker.store.putStatus = PutStatus.SYSTEM_BUSY;
  const busy = await broker.sent(sendRequest());
  assert.is(busy.code, 2);
  assert.is(busy.remark, '[PC_SYNCHRONIZED]broker busy, start flow control for a while: set by the test');
  broker.store.putStatus = PutStatus.MESSAGE_ILLEGAL;
  const illegal = await broker.sent(sendRequest());
  assert.is(illegal.code, 13);
  assert.is(illegal.remark, ILLEGAL);
  broker.store.refusal = 'the commit log worker is gone';
  const gone = await broker.sent(sendRequest());
  assert.is(gone.code, 14);
  assert.is(gone.remark, 'service not available now: the commit log worker is gone');
});

test('marks messages of topics with several tags a message', async () => {
  const broker = new MessageBroker();
  broker.addTopic('T', { topicFilterType: 'MULTI_TAG' });
  await broker.sent(sendRequest());
  assert.is(broker.store.puts[0]?.sysFlag, 2);
});

test.run();
