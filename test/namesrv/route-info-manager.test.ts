/** When brokers and topics come and go. */
import * as assert from 'uvu/assert';
import { RouteInfoManager } from '#src/namesrv/route-info-manager.js';
import { FakeClock } from '../fake-clock.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { configStore, registration, removeFolders, silent } from './fixture.js';

const test = suite('route-info-manager');
test.after(removeFolders);

const SLAVE = { brokerId: 1, brokerAddr: '127.0.0.1:20911' };

function setUp(settings: Record<string, string> = {}) {
  const clock = new FakeClock();
  return {
    clock,
    routes: new RouteInfoManager(configStore(settings).values, silent, clock),
    connection: new MemoryConnection(),
  };
}

test('a broker is out 120 s after its last registration, and its connection is closed', () => {
  const { clock, routes, connection } = setUp();
  routes.registerBroker(registration(connection));
  clock.advance(60_000);
  routes.registerBroker(registration(connection));
  clock.advance(120_000);
  routes.scanNotActiveBroker();
  assert.ok(routes.pickupTopicRouteData('A'));
  clock.advance(1);
  routes.scanNotActiveBroker();
  assert.is(routes.pickupTopicRouteData('A'), undefined);
  assert.equal(routes.clusterInfo().clusterAddrTable.size, 0);
  assert.is(connection.isOpen, false);
});

test('a broker that sends its own heartbeatTimeoutMillis is out after that', () => {
  const { clock, routes, connection } = setUp();
  routes.registerBroker(registration(connection, { heartbeatTimeoutMillis: 10_000 }));
  clock.advance(9_000);
  routes.touchBroker('DefaultCluster', '127.0.0.1:10911');
  clock.advance(10_000);
  routes.scanNotActiveBroker();
  assert.ok(routes.pickupTopicRouteData('A'));
  clock.advance(1);
  routes.scanNotActiveBroker();
  assert.is(routes.pickupTopicRouteData('A'), undefined);
});

test('a broker is out when the connection of its last registration closes, not when an older one does', () => {
  const { routes, connection } = setUp();
  const newer = new MemoryConnection();
  routes.registerBroker(registration(connection));
  routes.registerBroker(registration(newer));
  routes.onConnectionClosed(connection);
  assert.ok(routes.pickupTopicRouteData('A'));
  routes.onConnectionClosed(newer);
  assert.is(routes.pickupTopicRouteData('A'), undefined);
});

test('all brokers of a container are out with their one connection', () => {
  const { routes, connection } = setUp();
  routes.registerBroker(registration(connection));
  routes.registerBroker(registration(connection, { brokerName: 'broker-b', brokerAddr: '127.0.0.1:30911' }));
  routes.onConnectionClosed(connection);
  assert.is(routes.clusterInfo().brokerAddrTable.size, 0);
});

test('a topic stays while a slave of its broker is there', () => {
  const { routes, connection } = setUp();
  routes.registerBroker(registration(connection));
  const answer = routes.registerBroker(registration(new MemoryConnection(), SLAVE));
  assert.equal(answer, { masterAddr: '127.0.0.1:10911', haServerAddr: '127.0.0.1:10912' });
  routes.onConnectionClosed(connection);
  assert.equal([...(routes.pickupTopicRouteData('A')?.brokerDatas[0]?.brokerAddrs ?? [])], [[1, '127.0.0.1:20911']]);
  assert.is(routes.pickupTopicRouteData('A')?.queueDatas[0]?.perm, 6);
});

test('where a slave would act as master, its topics lose write permission with the master', () => {
  const { routes, connection } = setUp();
  routes.registerBroker(registration(connection, { enableActingMaster: true }));
  routes.registerBroker(registration(new MemoryConnection(), { ...SLAVE, enableActingMaster: true }));
  routes.onConnectionClosed(connection);
  assert.is(routes.pickupTopicRouteData('A')?.queueDatas[0]?.perm, 4);
});

test('a slave that became master stands under one id', () => {
  const { routes, connection } = setUp();
  routes.registerBroker(registration(connection, SLAVE));
  routes.registerBroker(registration(connection, { ...SLAVE, brokerId: 0 }));
  assert.equal([...routes.brokerAddrs('broker-a')], [[0, '127.0.0.1:20911']]);
});

test('a broker that comes back under another address replaces the old one, whose connection then means nothing', () => {
  const { routes, connection } = setUp();
  routes.registerBroker(registration(connection));
  routes.registerBroker(registration(new MemoryConnection(), { brokerAddr: 'other:10911' }));
  routes.onConnectionClosed(connection);
  assert.equal([...routes.brokerAddrs('broker-a')], [[0, 'other:10911']]);
});

test('an older state does not take the id of a newer one', () => {
  const { routes, connection } = setUp();
  routes.registerBroker(registration(connection, { stateVersion: 2 }));
  const answer = routes.registerBroker(
    registration(new MemoryConnection(), { brokerAddr: 'other:10911', stateVersion: 1 }),
  );
  assert.equal(answer, {});
  assert.equal([...routes.brokerAddrs('broker-a')], [[0, '127.0.0.1:10911']]);
});

test('topics of a slave of 4.x do not count', () => {
  const { routes, connection } = setUp();
  const { header, ...rest } = registration(connection, SLAVE);
  delete header.enableActingMaster;
  routes.registerBroker({ header, ...rest });
  assert.equal(routes.allTopics().topicList, []);
});

test('a changed topic shows when the data version has changed, and a wiped permission stays until then', () => {
  const { routes, connection } = setUp();
  routes.registerBroker(registration(connection));
  assert.is(routes.wipeWritePerm('broker-a'), 2);
  routes.registerBroker(registration(connection, { topics: { A: 8, B: 8 } }));
  assert.is(routes.pickupTopicRouteData('A')?.queueDatas[0]?.readQueueNums, 4);
  assert.is(routes.pickupTopicRouteData('A')?.queueDatas[0]?.perm, 4);
  routes.registerBroker(registration(connection, { topics: { A: 8, B: 8 }, counter: 2 }));
  assert.is(routes.pickupTopicRouteData('A')?.queueDatas[0]?.readQueueNums, 8);
  assert.is(routes.pickupTopicRouteData('A')?.queueDatas[0]?.perm, 6);
});

test('a topic that was deleted here comes back with the next registration', () => {
  const { routes, connection } = setUp();
  routes.registerBroker(registration(connection));
  routes.deleteTopic('A', undefined);
  assert.equal(routes.allTopics().topicList, ['B']);
  routes.registerBroker(registration(connection));
  assert.ok(routes.pickupTopicRouteData('A'));
});

test('a topic that a registration does not name goes only with deleteTopicWithBrokerRegistration', () => {
  const topicsWith = (deleteTopicWithBrokerRegistration: string): string[] => {
    const { routes, connection } = setUp({ deleteTopicWithBrokerRegistration });
    routes.registerBroker(registration(connection));
    routes.registerBroker(registration(connection, { topics: { B: 4, C: 4 }, counter: 2 }));
    return routes.allTopics().topicList;
  };
  assert.equal(topicsWith('false'), ['A', 'B', 'C']);
  assert.equal(topicsWith('true'), ['B', 'C']);
});

test('mappings of static topics and filter servers are handed on', () => {
  const { routes, connection } = setUp();
  const { body, ...rest } = registration(connection);
  const mapping = { bname: 'broker-a', currIdMap: { 0: 0 }, topic: 'A', totalQueues: 1 };
  const topicConfigSerializeWrapper = { ...body.topicConfigSerializeWrapper, topicQueueMappingInfoMap: { A: mapping } };
  routes.registerBroker({ ...rest, body: { filterServerList: ['filter:1'], topicConfigSerializeWrapper } });
  const route = routes.pickupTopicRouteData('A');
  assert.equal(route?.topicQueueMappingByBroker, { 'broker-a': mapping });
  assert.equal([...(route?.filterServerTable ?? [])], [['127.0.0.1:10911', ['filter:1']]]);
});

test.run();
