/** Who consumes a topic and how far behind. What Apache's 5.5.0 answers for groups without consumers is in exchanges.json. */
import * as assert from 'uvu/assert';

import { createTopicConfig } from '#src/broker/topic-config.js';
import { ConsumeStats } from '#src/remoting/bodies/consume-stats.js';
import { GroupList } from '#src/remoting/bodies/group-list.js';
import { QueryConsumeTimeSpanBody } from '#src/remoting/bodies/query-consume-time-span-body.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { AdminBroker, heartbeatBody } from './admin-broker.js';
import { MessageBroker, PULL, pullRequest } from './message-broker.js';

const test = suite('consume-stats-processor');

/** Two topics of one queue with ten messages each, 5 ms between two, and a group that has consumed three and pulled seven of the first. */
async function setUp(): Promise<AdminBroker> {
  const broker = new AdminBroker();
  for (const topic of ['T', 'U']) {
    broker.topics.update(createTopicConfig(topic, { readQueueNums: 1, writeQueueNums: 1 }));
    broker.offsets.commit('test', 'G', topic, 0, 3);
    for (let index = 0; index < 10; index++) {
      await broker.put(topic, 0);
      broker.clock.advance(5);
    }
  }
  broker.offsets.commitPull('G', 'T', 0, 7);
  return broker;
}

async function stats(broker: AdminBroker, fields: Readonly<Record<string, string>>): Promise<ConsumeStats> {
  const answer = await broker.call(RequestCode.GET_CONSUME_STATS, { consumerGroup: 'G', ...fields });
  return ConsumeStats.decode(answer.body);
}

function topicsOf({ offsetTable }: ConsumeStats): string[] {
  return Array.from(offsetTable.keys(), ({ topic }) => topic).toSorted();
}

test('where a group is: consumed, pulled, the end, and the time of what it consumed last', async () => {
  const broker = await setUp();
  const startMs = broker.clock.nowMs() - 2 * 10 * 5;
  const { offsetTable } = await stats(broker, { topic: 'T' });
  assert.equal(
    [...offsetTable],
    [
      [
        { brokerName: 'broker-a', queueId: 0, topic: 'T' },
        { brokerOffset: 10, consumerOffset: 3, lastTimestamp: startMs + 10, pullOffset: 7 },
      ],
    ],
  );
});

test('a topic that the online group does not subscribe to counts only if it is listed', async () => {
  const broker = await setUp();
  assert.equal(topicsOf(await stats(broker, {})), ['T', 'U'], 'nobody is online');
  await broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody('c', 'G', ['T']), new MemoryConnection());
  assert.equal(topicsOf(await stats(broker, {})), ['T']);
  assert.equal(topicsOf(await stats(broker, { topic: 'U' })), []);
  assert.equal(topicsOf(await stats(broker, { topicList: 'U;T;Nope;U' })), ['T', 'U']);
});

test('what a group was given a second counts what pulls have found', async () => {
  const messages = new MessageBroker();
  messages.addTopic('T');
  for (let index = 0; index < 20; index++) await messages.put('T', 0);
  await messages.pulled(pullRequest({ maxMsgNums: '20' }));
  await messages.pulled(pullRequest({ queueOffset: '20', sysFlag: String(PULL.SUBSCRIPTION) }));
  messages.clock.advance(10_000);
  assert.is(messages.groupGets.tps('G', 'T'), 2);
  const broker = await setUp();
  broker.groupGets.record('G', 'T', 30);
  broker.groupGets.record('G', 'U', 20);
  broker.clock.advance(10_000);
  assert.is((await stats(broker, {})).consumeTps, 5, 'of all topics asked for');
});

test('groups online and groups with offsets consume a topic, each named once', async () => {
  const broker = await setUp();
  for (const group of ['G', 'H'])
    await broker.call(RequestCode.HEART_BEAT, {}, heartbeatBody('c', group, ['T']), new MemoryConnection());
  const answer = await broker.call(RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, { topic: 'T' });
  assert.equal(GroupList.decode(answer.body).groupList.toSorted(), ['G', 'H']);
});

test('times of the first, the last and the last consumed message, and the age of the next', async () => {
  const broker = await setUp();
  const startMs = broker.clock.nowMs() - 2 * 10 * 5;
  const ask = async () => {
    const answer = await broker.call(RequestCode.QUERY_CONSUME_TIME_SPAN, { topic: 'T', group: 'G' });
    return QueryConsumeTimeSpanBody.decode(answer.body).consumeTimeSpanSet[0];
  };
  const { minTimeStamp, maxTimeStamp, consumeTimeStamp, delayTime, minTimeStampStr } = (await ask()) ?? {};
  assert.equal([minTimeStamp, maxTimeStamp, consumeTimeStamp], [startMs, startMs + 45, startMs + 10]);
  assert.is(delayTime, 100 - 15);
  assert.match(minTimeStampStr ?? '', /^\d{4}-\d\d-\d\d#\d\d:\d\d:\d\d:\d{3}$/);
  broker.offsets.commit('test', 'G', 'T', 0, 10);
  assert.is((await ask())?.delayTime, 0, 'nothing is left');
});

test.run();
