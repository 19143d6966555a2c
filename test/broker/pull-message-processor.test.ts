/** PULL_MESSAGE: what is answered, and how what the store found becomes a code. Codes and remarks are Apache 5.5.0's. */
import * as assert from 'uvu/assert';
import type { ExtFields } from '#src/remoting/remoting-command.js';
import { suite } from '../suite.js';
import { answer, MessageBroker, PULL, pullRequest, turn } from './message-broker.js';

const test = suite('pull message processor');
const FAQ = '\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.';

function withTopic(settings: Record<string, string> = {}): MessageBroker {
  const broker = new MessageBroker(settings);
  broker.addTopic('T');
  return broker;
}

async function putMany(broker: MessageBroker, count: number, properties?: string): Promise<void> {
  for (let index = 0; index < count; index++) await broker.put('T', 0, properties);
}

function offsetsOf(extFields: ExtFields | undefined): (string | undefined)[] {
  return [extFields?.['nextBeginOffset'], extFields?.['minOffset'], extFields?.['maxOffset']];
}

test('answers what is there at once, without a promise', async () => {
  const broker = withTopic();
  await putMany(broker, 3);
  broker.pull(pullRequest({ queueOffset: '1' }));
  const response = answer(broker.connection);
  assert.is(response.code, 0);
  assert.is(response.remark, 'FOUND');
  assert.equal(response.extFields, {
    suggestWhichBrokerId: '0',
    nextBeginOffset: '3',
    minOffset: '0',
    maxOffset: '3',
    topicSysFlag: '0',
    groupSysFlag: '0',
  });
  const first = await broker.store.recordAt(0);
  assert.is(response.body?.length, 2 * (first?.length ?? 0));
});

test('gives no more than is asked for, nor than the limit of one answer', async () => {
  const broker = withTopic();
  await putMany(broker, 40);
  assert.is((await broker.pulled(pullRequest({ maxMsgNums: '2' }))).extFields?.['nextBeginOffset'], '2');
  assert.is((await broker.pulled(pullRequest({ maxMsgNums: '100' }))).extFields?.['nextBeginOffset'], '32');
  // Compat: Apache gives one message to whoever asks for none.
  assert.is((await broker.pulled(pullRequest({ maxMsgNums: '0' }))).extFields?.['nextBeginOffset'], '1');
});

test('corrects offsets outside the queue', async () => {
  const broker = withTopic();
  await putMany(broker, 5);
  broker.store.expireBefore('T', 0, 2);
  const small = await broker.pulled(pullRequest({ queueOffset: '1' }));
  assert.equal([small.code, small.remark, ...offsetsOf(small.extFields)], [21, 'OFFSET_TOO_SMALL', '2', '2', '5']);
  const badly = await broker.pulled(pullRequest({ queueOffset: '9' }));
  assert.equal([badly.code, badly.remark, ...offsetsOf(badly.extFields)], [21, 'OFFSET_OVERFLOW_BADLY', '5', '2', '5']);
  const one = await broker.pulled(pullRequest({ queueOffset: '5', sysFlag: String(PULL.SUBSCRIPTION) }));
  assert.equal([one.code, one.remark, ...offsetsOf(one.extFields)], [19, 'OFFSET_OVERFLOW_ONE', '5', '2', '5']);
});

test('takes the start of a queue without messages for right, any other offset for wrong', async () => {
  const broker = withTopic();
  const sysFlag = String(PULL.SUBSCRIPTION);
  const start = await broker.pulled(pullRequest({ sysFlag }));
  assert.equal(
    [start.code, start.remark, ...offsetsOf(start.extFields)],
    [19, 'NO_MATCHED_LOGIC_QUEUE', '0', '0', '0'],
  );
  const other = await broker.pulled(pullRequest({ sysFlag, queueOffset: '7' }));
  assert.equal([other.code, ...offsetsOf(other.extFields)], [21, '0', '0', '0']);
});

test('on a slave lets the client ask the master before it moves the offset', async () => {
  const broker = withTopic({ brokerRole: 'SLAVE', brokerId: '1', slaveReadEnable: 'true' });
  const response = await broker.pulled(pullRequest({ queueOffset: '7' }));
  assert.is(response.code, 20);
  assert.is(response.extFields?.['suggestWhichBrokerId'], '0');
  const unreadable = await withTopic({ brokerRole: 'SLAVE', brokerId: '1' }).pulled(pullRequest());
  assert.equal([unreadable.code, unreadable.remark], [2, '[REJECTREQUEST]system busy, start flow control for a while']);
});

test('filters by tags, and moves on when none matches', async () => {
  const broker = withTopic();
  await putMany(broker, 2, 'TAGS\u0001a\u0002');
  await broker.put('T', 0, 'TAGS\u0001BBBB\u0002');
  const both = await broker.pulled(pullRequest({ subscription: ' a ||b' }));
  const record = await broker.store.recordAt(0);
  assert.is(both.body?.length, 2 * (record?.length ?? 0));
  // Compat: tags of the same Java hash pass together.
  assert.is((await broker.pulled(pullRequest({ subscription: 'AaAa' }))).remark, 'FOUND');
  const none = await broker.pulled(pullRequest({ subscription: 'b' }));
  assert.equal([none.code, none.remark, none.extFields?.['nextBeginOffset']], [20, 'NO_MATCHED_MESSAGE', '3']);
});

test('takes all messages for an empty expression and for *', async () => {
  const broker = withTopic();
  await broker.put('T', 0, 'TAGS\u0001a\u0002');
  for (const subscription of ['', '*']) assert.is((await broker.pulled(pullRequest({ subscription }))).code, 0);
  const without = pullRequest();
  delete without.extFields?.['subscription'];
  delete without.extFields?.['expressionType'];
  assert.is((await broker.pulled(without)).code, 0);
});

test('refuses expressions that cannot be read or are not served', async () => {
  const broker = withTopic();
  const unread = await broker.pulled(pullRequest({ subscription: '||' }));
  assert.equal([unread.code, unread.remark], [23, "parse the consumer's subscription failed"]);
  const sql = await broker.pulled(pullRequest({ subscription: 'a > 1', expressionType: 'SQL92' }));
  assert.equal([sql.code, sql.remark], [1, 'The broker does not support consumer to filter message by SQL92']);
});

/** Asserts how a pull is refused for want of a permission. */
async function assertForbidden(broker: MessageBroker, forbiddenType: string, remark: string, code = 11): Promise<void> {
  const response = await broker.pulled(pullRequest({}, code));
  assert.equal([response.code, response.remark], [16, remark]);
  assert.equal(response.extFields, { forbiddenType });
}

test('refuses what broker, group or topic do not permit', async () => {
  await assertForbidden(withTopic({ brokerPermission: '2' }), '1', 'the broker[10.0.0.1] pulling message is forbidden');
  const lite = withTopic({ litePullMessageEnable: 'false' });
  await assertForbidden(lite, '1', 'the broker[10.0.0.1] for lite pull consumer is forbidden', 361);
  await lite.put('T', 0);
  assert.is((await lite.pulled(pullRequest())).code, 0);
  const group = withTopic();
  const config = group.groups.find('G');
  if (config === undefined) throw new Error('the group is not made');
  group.groups.update({ ...config, consumeEnable: false });
  await assertForbidden(group, '2', 'subscription group no permission, G');
  const topic = new MessageBroker();
  topic.addTopic('T', { perm: 2 });
  await assertForbidden(topic, '3', 'the topic[T] pulling message is forbidden');
});

test('serves LITE_PULL_MESSAGE as a pull', async () => {
  const broker = withTopic();
  await broker.put('T', 0);
  assert.is((await broker.pulled(pullRequest({}, 361))).code, 0);
});

test('refuses groups, topics and queues that do not exist', async () => {
  const noGroup = await withTopic({ autoCreateSubscriptionGroup: 'false' }).pulled(pullRequest());
  assert.equal([noGroup.code, noGroup.remark], [26, `subscription group [G] does not exist, ${FAQ}`]);
  const broker = withTopic();
  const noTopic = await broker.pulled(pullRequest({ topic: 'X' }));
  assert.equal([noTopic.code, noTopic.remark], [17, `topic[X] not exist, apply first please! ${FAQ}`]);
  for (const queueId of ['4', '-1']) {
    const response = await broker.pulled(pullRequest({ queueId }));
    const remark = `queueId[${queueId}] is illegal, topic:[T] topicConfig.readQueueNums:[4] consumer:[/192.168.1.2:5555]`;
    assert.equal([response.code, response.remark], [29, remark]);
  }
});

/** Lets a consumer of group G subscribe to `subString` of T, in version 5. */
function subscribe(
  broker: MessageBroker,
  subString: string,
  codeSet: number[],
  messageModel: 'CLUSTERING' | 'BROADCASTING',
): void {
  broker.consumers.register({
    group: 'G',
    client: { connection: broker.connection, clientId: 'c', language: 'GO', version: 1, lastUpdateMs: 0 },
    mode: { consumeType: 'CONSUME_PASSIVELY', messageModel, consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET' },
    subscriptions: [
      { topic: 'T', subString, codeSet, tagsSet: [], subVersion: 5, expressionType: 'TAG', classFilterMode: false },
    ],
    isNotifyEnabled: false,
  });
}

test('without an expression of its own, a pull is filtered by what the group\u2019s heartbeat said', async () => {
  const broker = withTopic();
  const request = (fields: ExtFields = {}) => pullRequest({ sysFlag: '0', ...fields });
  const noGroup = await broker.pulled(request());
  assert.equal([noGroup.code, noGroup.remark], [24, `the consumer's group info not exist${FAQ}`]);
  subscribe(broker, 'a', [97], 'CLUSTERING');
  await broker.put('T', 0, 'TAGS\u0001a\u0002');
  await broker.put('T', 0, 'TAGS\u0001b\u0002');
  assert.is((await broker.pulled(request({ subVersion: '5' }))).body?.length, (await broker.store.recordAt(0))?.length);
  assert.is((await broker.pulled(request({ queueOffset: '1' }))).code, 20);
  const notLatest = await broker.pulled(request({ subVersion: '6' }));
  assert.equal([notLatest.code, notLatest.remark], [25, "the consumer's subscription not latest"]);
  broker.addTopic('U');
  const noSubscription = await broker.pulled(request({ topic: 'U' }));
  assert.equal([noSubscription.code, noSubscription.remark], [24, `the consumer's subscription not exist${FAQ}`]);
});

test('refuses broadcasting consumers where the group does not allow them', async () => {
  const broker = withTopic();
  subscribe(broker, '*', [], 'BROADCASTING');
  await broker.put('T', 0);
  assert.is((await broker.pulled(pullRequest({ sysFlag: '0' }))).code, 0);
  const config = broker.groups.find('G');
  if (config === undefined) throw new Error('the group is not made');
  broker.groups.update({ ...config, consumeBroadcastEnable: false });
  const response = await broker.pulled(pullRequest({ sysFlag: '0' }));
  assert.equal([response.code, response.remark], [16, 'the consumer group[G] can not consume by broadcast way']);
  assert.is(response.extFields?.['forbiddenType'], '4');
});

test('refuses pulls by hand where they are not allowed', async () => {
  const broker = withTopic({ rejectPullConsumerEnable: 'true' });
  await broker.put('T', 0);
  const response = await broker.pulled(pullRequest());
  const remark = `the consumer's group info not exist, or the pull consumer is rejected by server.${FAQ}`;
  assert.equal([response.code, response.remark], [24, remark]);
  assert.is((await broker.pulled(pullRequest({ consumerGroup: 'TOOLS_CONSUMER' }))).code, 0);
  subscribe(broker, '*', [], 'CLUSTERING');
  assert.is((await broker.pulled(pullRequest())).code, 0);
});

test('commits the offset that a pull carries, once', async () => {
  const broker = withTopic();
  await putMany(broker, 3);
  await broker.pulled(pullRequest({ commitOffset: '2' }));
  assert.is(broker.offsets.query('G', 'T', 0), -1);
  const sysFlag = String(PULL.COMMIT | PULL.SUSPEND | PULL.SUBSCRIPTION);
  broker.pull(pullRequest({ sysFlag, commitOffset: '2', queueOffset: '3' }));
  assert.is(broker.offsets.query('G', 'T', 0), 2);
  broker.offsets.commit('other', 'G', 'T', 0, 3);
  await broker.put('T', 0);
  await turn();
  assert.is(answer(broker.connection).code, 0);
  assert.is(broker.offsets.query('G', 'T', 0), 3);
  assert.is(broker.offsets.queryPull('G', 'T', 0), 4);
});

test('tells a group once where it was set to', async () => {
  const broker = withTopic();
  await putMany(broker, 3);
  broker.offsets.assignReset('T', 'G', 0, 1);
  const moved = await broker.pulled(pullRequest({ queueOffset: '3' }));
  assert.equal([moved.code, moved.remark, ...offsetsOf(moved.extFields)], [21, 'OFFSET_RESET', '1', '0', '3']);
  assert.is((await broker.pulled(pullRequest({ queueOffset: '1' }))).code, 0);
});

test('answers SYSTEM_ERROR and logs when the store fails', async () => {
  const broker = withTopic();
  broker.store.getMessages = () => Promise.reject(new Error('the disk is on fire'));
  const response = await broker.pulled(pullRequest());
  assert.equal([response.code, response.remark], [1, 'Error: the disk is on fire']);
  assert.is(broker.logged.length, 1);
});

test('a consumer far behind is sent to the slave of its group, if slaves may be read from', async () => {
  for (const { slaveReadEnable, ratio, brokerId } of [
    { slaveReadEnable: 'true', ratio: '0', brokerId: '1' },
    { slaveReadEnable: 'true', ratio: '40', brokerId: '0' },
    { slaveReadEnable: 'false', ratio: '0', brokerId: '0' },
  ]) {
    const broker = withTopic({ slaveReadEnable, accessMessageInMemoryMaxRatio: ratio });
    await putMany(broker, 3);
    const { code, extFields } = await broker.pulled(pullRequest());
    assert.equal([code, extFields?.['suggestWhichBrokerId']], [0, brokerId]);
  }
});

test.run();
