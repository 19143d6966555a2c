/** The broker's configuration as a whole: Apache's defaults, and what two keys say together. */
import * as assert from 'uvu/assert';

import { ConfigError } from '#src/base/errors.js';
import { createLogger } from '#src/base/log.js';
import { APACHE_ONLY_KEYS } from '#src/broker/apache-only-keys.js';
import { brokerConfigSchema } from '#src/broker/broker-config.js';
import { type BrokerConfigStore, loadBrokerConfig } from '#src/broker/broker-config-loader.js';

import { suite } from '../suite.js';

const test = suite('broker config');
const machine = { hostName: 'my.host', localAddress: '10.0.0.1', homeDirectory: '/home' };

function load(entries: Record<string, string> = {}): { store: BrokerConfigStore; lines: string[] } {
  const lines: string[] = [];
  const logger = createLogger('test', 'info', (line) => lines.push(line));
  const layer = { source: 'a test', entries: new Map(Object.entries(entries)) };
  return { store: loadBrokerConfig([layer], logger, machine), lines };
}

test("has Apache 5.5.0's defaults", () => {
  const { values } = load().store;
  const expected = {
    brokerClusterName: 'DefaultCluster',
    brokerId: 0,
    brokerRole: 'ASYNC_MASTER',
    flushDiskType: 'ASYNC_FLUSH',
    listenPort: 10_911,
    haListenPort: 10_912,
    brokerIP1: '10.0.0.1',
    brokerPermission: 6,
    defaultTopicQueueNums: 8,
    autoCreateTopicEnable: true,
    maxMessageSize: 4_194_304,
    mappedFileSizeCommitLog: 1_073_741_824,
    mappedFileSizeConsumeQueue: 6_000_000,
    fileReservedTime: 72,
    deleteWhen: '04',
    storePathRootDir: '/home/store',
    storePathCommitLog: '/home/store/commitlog',
  };
  for (const [key, value] of Object.entries(expected)) assert.is(values[key as keyof typeof values], value, key);
});

test('takes the host name for its name, and only its letters that a topic may have', () => {
  assert.is(load().store.values.brokerName, 'my_host');
});

test('takes a host name to advertise', () => {
  assert.is(load({ brokerIP1: 'broker.example.org' }).store.values.brokerIP1, 'broker.example.org');
  assert.is(load({ brokerIP1: '[fd00::1]' }).store.values.brokerIP1, '[fd00::1]');
  assert.throws(() => load({ brokerIP1: 'host:10911' }), /a host name or an address/);
});

test('refuses NameServers without a port', () => {
  assert.is(load({ namesrvAddr: 'a:1;b.c:2' }).store.values.namesrvAddr, 'a:1;b.c:2');
  assert.throws(() => load({ namesrvAddr: 'a' }), /host:port/);
});

test('makes the id of a master 0, as Apache does', () => {
  assert.is(load({ brokerId: '3' }).store.values.brokerId, 0);
});

test('a slave needs an id of its own', () => {
  assert.is(load({ brokerRole: 'SLAVE', brokerId: '1' }).store.values.brokerId, 1);
  assert.throws(
    () => load({ brokerRole: 'SLAVE' }),
    (error: Error) => error instanceof ConfigError && error.message.startsWith('brokerRole=SLAVE'),
  );
});

test('SYNC_MASTER waits for a slave unless told otherwise, which is warned about', () => {
  assert.is(load({}).store.values.inSyncReplicas, 1);
  const { store, lines } = load({ brokerRole: 'SYNC_MASTER' });
  assert.is(store.values.inSyncReplicas, 2);
  assert.equal(lines, []);
  assert.is(load({ brokerRole: 'SYNC_MASTER', inSyncReplicas: '1' }).lines.length, 1);
});

test('warns about keys without effect, and keeps them', () => {
  const { store, lines } = load({ listnPort: '1', sendMessageThreadPoolNums: '16' });
  assert.is(lines.length, 2);
  assert.match(lines[0] ?? '', 'did you mean listenPort?');
  assert.match(lines[1] ?? '', 'the key sendMessageThreadPoolNums is kept but has no effect in RingMQ');
  assert.match(store.toProperties(), '\nlistnPort=1\n');
});

test('no key is both in the schema and on the list of those without a use', () => {
  assert.equal(
    Object.keys(brokerConfigSchema).filter((key) => APACHE_ONLY_KEYS.has(key)),
    [],
  );
});

test.run();
