/** The files of `config/` against those that Apache's 5.5.0 broker wrote (`golden/README.md`), and older forms of them. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

import { parseFastjson } from '#src/remoting/fastjson.js';
import { stringifyPretty } from '#src/remoting/fastjson-pretty.js';
import { ConsumerOffsetTable } from '#src/remoting/bodies/consumer-offset-table.js';
import { SubscriptionGroupWrapper } from '#src/remoting/bodies/subscription-group-wrapper.js';
import { TopicConfigSerializeWrapper } from '#src/remoting/bodies/topic-config-serialize-wrapper.js';
import { suite } from '../suite.js';
import { AdminBroker } from './admin-broker.js';

function golden(name: string): string {
  return readFileSync(new URL(`../../../test/broker/golden/${name}`, import.meta.url), 'utf8');
}

const test = suite('config-formats');

test('topics.json is written as Apache writes it', () => {
  const text = golden('topics.json');
  assert.is(
    stringifyPretty(TopicConfigSerializeWrapper.write(TopicConfigSerializeWrapper.read(parseFastjson(text)))),
    text,
  );
});

test('subscriptionGroup.json is written as Apache writes it', () => {
  const text = golden('subscriptionGroup.json');
  assert.is(stringifyPretty(SubscriptionGroupWrapper.write(SubscriptionGroupWrapper.read(parseFastjson(text)))), text);
});

test('consumerOffset.json is written as Apache writes it, integer keys unquoted', () => {
  const text = golden('consumerOffset.json');
  assert.is(stringifyPretty(ConsumerOffsetTable.write(ConsumerOffsetTable.read(parseFastjson(text)))), text);
  const { offsets } = new AdminBroker();
  offsets.decode(text);
  assert.is(offsets.encode(), text);
  assert.is(offsets.query('golden_group', 'GoldenTopic', 1), 2);
});

test('large tables are written a part a turn, the same as at once', async () => {
  const { offsets, topics } = new AdminBroker();
  assert.is(await offsets.encodeInSlices(), offsets.encode());
  topics.decode(golden('topics.json'));
  assert.is(await topics.encodeInSlices(), topics.encode());
  for (let i = 0; i < 2000; i++) offsets.commit('host', i % 2 === 0 ? 'even' : 'odd', `T${i}`, 1, i);
  let turns = 0;
  const countTurn = (): void => {
    turns++;
    setImmediate(countTurn).unref();
  };
  countTurn();
  const written = offsets.encodeInSlices();
  offsets.commit('host', 'late', 'T', 0, 1);
  const [text, after] = [await written, offsets.encode()];
  // The list of groups was made before.
  assert.is(text.slice(text.indexOf('"offsetTable"')), after.slice(after.indexOf('"offsetTable"')));
  assert.ok(turns > 4, `the thread went on ${turns} times`);
});

test('delayOffset.json is written as Apache writes it; older and standard forms are read too', () => {
  const text = golden('delayOffset.json');
  const { delayOffsets } = new AdminBroker();
  delayOffsets.decode(text);
  assert.is(delayOffsets.encode(), text);
  assert.is(delayOffsets.get(3), 1);
  assert.is(delayOffsets.get(2), undefined);
  delayOffsets.decode('{"offsetTable":{"2":9,3:4}}');
  assert.equal(delayOffsets.entries(), [
    [1, 3],
    [2, 9],
    [3, 4],
    [18, 0],
  ]);
});

test('a table takes over what a file names and writes it back', () => {
  const { topics, groups } = new AdminBroker();
  topics.decode(golden('topics.json'));
  groups.decode(golden('subscriptionGroup.json'));
  assert.equal(topics.select('OrderTopic')?.attributes, { 'message.type': 'FIFO' });
  assert.is(topics.dataVersion.counter, 9);
  assert.is(groups.find('golden_group')?.retryMaxTimes, 16);
  const written = new AdminBroker();
  written.topics.decode(topics.encode());
  written.groups.decode(groups.encode());
  assert.equal([...written.topics.all()], [...topics.all()]);
  assert.equal([...written.groups.all()], [...groups.all()]);
});

test('offsets as 4.9 writes them, and with quoted keys', () => {
  const { offsets } = new AdminBroker();
  offsets.decode('{\n\t"offsetTable":{\n\t\t"T@G":{0:12,1:3\n\t\t},"T@%RETRY%G":{"0":7}}}');
  assert.is(offsets.query('G', 'T', 0), 12);
  assert.is(offsets.query('%RETRY%G', 'T', 0), 7);
  assert.is(offsets.query('G', 'T', 9), -1);
});

test('a group of an older broker, which says nothing of what came later, has the initial values of Java', () => {
  const { groups } = new AdminBroker();
  groups.decode('{"subscriptionGroupTable":{"old":{"groupName":"old","consumeEnable":true,"retryQueueNums":1}}}');
  assert.equal(groups.find('old')?.groupRetryPolicy, { type: 'CUSTOMIZED' });
  assert.is(groups.find('old')?.retryMaxTimes, 16);
});

test('a file that is no JSON is refused', () => {
  const { topics, groups, offsets } = new AdminBroker();
  for (const table of [topics, groups, offsets]) assert.throws(() => table.decode('{"topicConfigTable":{"a"'));
});

test.run();
