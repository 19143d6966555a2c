/**
 * The expressions that groups subscribed with: which heartbeat counts, when one is forgotten, and the file, which an Apache broker wrote
 * (`golden/consumerFilter.json`) and must be able to read.
 */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

import { createLogger } from '#src/base/log.js';
import { BloomFilter } from '#src/broker/bloom-filter.js';
import { ConsumerFilterManager } from '#src/broker/consumer-filter-manager.js';
import { ConsumerFilterTable } from '#src/remoting/bodies/consumer-filter-table.js';
import type { SubscriptionData } from '#src/remoting/bodies/subscription-data.js';
import { parseFastjson } from '#src/remoting/fastjson.js';
import { stringifyPretty } from '#src/remoting/fastjson-pretty.js';
import { FakeClock } from '../fake-clock.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { AdminBroker, heartbeatBody } from './admin-broker.js';

const HOUR_MS = 3_600_000;
const golden = readFileSync(new URL('../../../test/broker/golden/consumerFilter.json', import.meta.url), 'utf8');
const test = suite('consumer-filter-manager');

interface Fixture {
  readonly manager: ConsumerFilterManager;
  readonly clock: FakeClock;
  readonly logged: string[];
}

function fixture(): Fixture {
  const clock = new FakeClock(1_795_247_900_000);
  const logged: string[] = [];
  const logger = createLogger('test', 'warn', (line) => logged.push(line));
  const config = {
    filterDataCleanTimeSpan: 24 * HOUR_MS,
    maxErrorRateOfBloomFilter: 20,
    expectConsumerNumUseFilter: 32,
  };
  return { manager: new ConsumerFilterManager({ config, clock, logger }), clock, logged };
}

function subscription(subString: string, subVersion: number, topic = 'T', expressionType = 'SQL92'): SubscriptionData {
  return { classFilterMode: false, codeSet: [], expressionType, subString, subVersion, tagsSet: [], topic };
}

test('consumerFilter.json is written as Apache writes it', () => {
  const table = ConsumerFilterTable.read(parseFastjson(golden));
  assert.is(stringifyPretty(ConsumerFilterTable.write(table)), golden);
  const { manager } = fixture();
  manager.decode(golden);
  assert.is(manager.encode(), golden);
  assert.is(manager.find('FilterTopic', 'filter_group')?.data.expression, 'i = 5');
});

test('the bits of a group and topic are those that Apache gave it', () => {
  const bloom = new BloomFilter(20, 32);
  for (const [topic, { groupFilterData }] of ConsumerFilterTable.read(parseFastjson(golden)).filterDataByTopic) {
    for (const [group, data] of groupFilterData) {
      assert.equal(bloom.dataOf(`${group}#${topic}`), data.bloomFilterData, topic);
    }
  }
});

test('after a start every group counts as gone until it is heard of', () => {
  const { manager, clock } = fixture();
  manager.register('G', [subscription('a = 1', 5)]);
  const { manager: restarted } = fixture();
  restarted.decode(manager.encode());
  const read = restarted.find('T', 'G')?.data;
  assert.is(read?.deadTime, clock.nowMs(), 'not before it was born');
  restarted.register('G', [subscription('a = 1', 5)]);
  assert.is(read?.deadTime, 0);
});

test('a higher version counts, an equal or lower one does not', () => {
  const { manager } = fixture();
  const expression = (): string | undefined => manager.find('T', 'G')?.data.expression;
  manager.register('G', [subscription('a = 1', 5)]);
  manager.register('G', [subscription('a = 2', 5)]);
  manager.register('G', [subscription('a = 3', 4)]);
  assert.is(expression(), 'a = 1');
  manager.register('G', [subscription('a = 4', 6)]);
  assert.is(expression(), 'a = 4');
});

test('a wrong expression takes the old one away and is logged with its place', () => {
  const { manager, logged } = fixture();
  manager.register('G', [subscription('a = 1', 5)]);
  manager.register('G', [subscription('a =', 6)]);
  assert.is(manager.find('T', 'G'), undefined);
  assert.match(logged.join('\n'), 'line 1, column 3');
  manager.register('G', [subscription('a = 1', 7)]);
  assert.ok(manager.find('T', 'G'));
});

test('tags and empty expressions leave what is known', () => {
  const { manager } = fixture();
  manager.register('G', [subscription('a = 1', 5)]);
  manager.register('G', [subscription('TagA', 6, 'T', 'TAG'), subscription('', 7)]);
  assert.is(manager.find('T', 'G')?.data.clientVersion, 5);
});

test('expressions of left topics and gone groups are forgotten after filterDataCleanTimeSpan', () => {
  const { manager, clock } = fixture();
  manager.register('G', [subscription('a = 1', 5), subscription('a = 1', 5, 'U')]);
  manager.register('G', [subscription('a = 1', 5)]);
  assert.is(manager.find('U', 'G')?.data.deadTime, clock.nowMs());
  clock.advance(HOUR_MS);
  manager.unregister('G');
  clock.advance(23 * HOUR_MS);
  manager.clean();
  assert.equal([manager.find('U', 'G'), manager.find('T', 'G')?.data.expression], [undefined, 'a = 1']);
  clock.advance(HOUR_MS - 1);
  manager.clean();
  assert.ok(manager.find('T', 'G'));
  clock.advance(1);
  manager.clean();
  assert.is(manager.find('T', 'G'), undefined);
  assert.is(manager.encode(), stringifyPretty({ filterDataByTopic: new Map() }));
});

test('a group that comes back in time is alive again', () => {
  const { manager, clock } = fixture();
  manager.register('G', [subscription('a = 1', 5)]);
  manager.unregister('G');
  clock.advance(23 * HOUR_MS);
  manager.register('G', [subscription('a = 1', 6)]);
  clock.advance(48 * HOUR_MS);
  manager.clean();
  assert.is(manager.find('T', 'G')?.data.clientVersion, 6);
});

test('a heartbeat brings an expression, and the end of the last connection takes it out of use', async () => {
  const broker = new AdminBroker();
  const [one, two] = [new MemoryConnection('127.0.0.1', 1), new MemoryConnection('127.0.0.1', 2)];
  const body = heartbeatBody('C', 'G', [], { subscriptionDataSet: [subscription('a = 1', 5)] });
  for (const connection of [one, two]) await broker.call(34, {}, body, connection);
  const known = broker.consumerFilters.find('T', 'G');
  assert.equal([known?.data.clientVersion, known?.data.deadTime], [5, 0]);
  one.close('by the test');
  assert.is(known?.data.deadTime, 0, 'one member is still there');
  two.close('by the test');
  assert.is(known?.data.deadTime, broker.clock.nowMs());
});

test('tells once that something has changed', () => {
  const { manager } = fixture();
  const changed = (): boolean => manager.takeChanged();
  assert.not(changed());
  manager.register('G', [subscription('a = 1', 5)]);
  assert.equal([changed(), changed()], [true, false]);
  manager.register('G', [subscription('a = 1', 5)]);
  assert.not(changed(), 'the same heartbeat again');
  manager.unregister('G');
  assert.ok(changed());
});

test.run();
