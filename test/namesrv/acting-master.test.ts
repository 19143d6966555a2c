/** A broker name without its master: what its routes show, and who is told. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { MinBrokerIdNotification } from '#src/namesrv/acting-master.js';
import { NamesrvController } from '#src/namesrv/namesrv-controller.js';
import { RouteInfoManager } from '#src/namesrv/route-info-manager.js';
import { parseFastjson } from '#src/remoting/fastjson.js';
import { systemClock } from '#src/base/clock.js';
import { FakeClock } from '../fake-clock.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { playActingScenario, type Transcript } from './golden/acting-scenario.js';
import { configStore, registration, removeFolders, silent } from './fixture.js';

const test = suite('namesrv-acting-master');
test.after(removeFolders);

const MEMBER_TOPIC = 'rmq_sys_SYNC_BROKER_MEMBER_broker-a';
const MASTER = { brokerId: 0, brokerAddr: 'master:1', haServerAddr: 'master:2', enableActingMaster: true } as const;
const SLAVE_1 = { brokerId: 1, brokerAddr: 'one:1', haServerAddr: 'one:2', enableActingMaster: true } as const;
const SLAVE_2 = { brokerId: 2, brokerAddr: 'two:1', haServerAddr: 'two:2', enableActingMaster: true } as const;
const ON = { supportActingMaster: 'true', notifyMinBrokerIdChanged: 'true' };

function setUp(settings: Record<string, string>) {
  const told: MinBrokerIdNotification[] = [];
  const routes = new RouteInfoManager(configStore(settings).values, silent, new FakeClock(), (each) => told.push(each));
  const topics = { A: 4, [MEMBER_TOPIC]: 1 };
  const register = (values: object) =>
    routes.registerBroker(registration(new MemoryConnection(), { topics, ...values }));
  const leave = (brokerAddr: string) =>
    routes.unregisterBroker({ clusterName: 'DefaultCluster', brokerName: 'broker-a', brokerAddr });
  const shown = (topic = 'A') => [...(routes.pickupTopicRouteData(topic)?.brokerDatas[0]?.brokerAddrs ?? [])];
  return { routes, register, leave, shown, told };
}

test('the slave with the smallest id is shown as the master, for reading, until the master is back', () => {
  const { routes, register, leave, shown } = setUp(ON);
  for (const broker of [MASTER, SLAVE_1, SLAVE_2]) register(broker);
  leave('master:1');
  assert.equal(shown(), [
    [0, 'one:1'],
    [2, 'two:1'],
  ]);
  assert.is(routes.pickupTopicRouteData('A')?.queueDatas[0]?.perm, 4);
  // Brokers learn by this route who is there.
  assert.equal(shown(MEMBER_TOPIC), [
    [1, 'one:1'],
    [2, 'two:1'],
  ]);
  // The tables are as they were.
  assert.equal([...routes.brokerAddrs('broker-a').keys()], [1, 2]);
  register(MASTER);
  assert.equal(shown(), [
    [0, 'master:1'],
    [1, 'one:1'],
    [2, 'two:1'],
  ]);
  assert.is(routes.pickupTopicRouteData('A')?.queueDatas[0]?.perm, 6);
});

test('without supportActingMaster, or among brokers that do not take part, routes show what there is', () => {
  for (const [settings, enableActingMaster] of [
    [{}, true],
    [ON, false],
  ] as const) {
    const { register, leave, shown } = setUp(settings);
    for (const broker of [MASTER, SLAVE_1]) register({ ...broker, enableActingMaster });
    leave('master:1');
    assert.equal(shown(), [[1, 'one:1']]);
  }
});

test('a slave whose queues can be written is not shown as the master', () => {
  const { routes, register, leave, shown } = setUp(ON);
  for (const broker of [MASTER, SLAVE_1]) register(broker);
  leave('master:1');
  routes.addWritePerm('broker-a');
  assert.equal(shown(), [[1, 'one:1']]);
});

test('who is left is told of a broker that has gone, and who was there of one that has come, if it has the smallest id', () => {
  const { register, leave, told } = setUp(ON);
  for (const broker of [SLAVE_2, SLAVE_1, MASTER]) register(broker);
  assert.equal(told.splice(0), [
    { brokerAddrs: ['two:1'], header: { minBrokerId: 1, minBrokerAddr: 'one:1', haBrokerAddr: 'one:2' } },
    {
      brokerAddrs: ['one:1', 'two:1'],
      header: { minBrokerId: 0, minBrokerAddr: 'master:1', haBrokerAddr: 'master:2' },
    },
  ]);
  register(MASTER);
  leave('two:1');
  assert.equal(told, []);
  leave('master:1');
  assert.equal(told.splice(0), [
    { brokerAddrs: ['one:1'], header: { minBrokerId: 1, minBrokerAddr: 'one:1', offlineBrokerAddr: 'master:1' } },
  ]);
  leave('one:1');
  assert.equal(told, []);
});

test('nobody is told without notifyMinBrokerIdChanged, nor of a loss that the others make nothing of', () => {
  const quiet = setUp({});
  for (const broker of [MASTER, SLAVE_1]) quiet.register(broker);
  quiet.leave('master:1');
  assert.equal(quiet.told, []);
  const apart = setUp(ON);
  for (const broker of [MASTER, SLAVE_1]) apart.register({ ...broker, enableActingMaster: false });
  apart.leave('master:1');
  assert.equal(apart.told, []);
});

test('a group that loses its master and gets it back sees what Apache’s NameServer shows and tells', async () => {
  const namesrv = new NamesrvController({ config: configStore(ON), logger: silent, clock: systemClock });
  const { port } = await namesrv.start();
  const transcript = await playActingScenario(`127.0.0.1:${port}`);
  await namesrv.stop();
  const golden = new URL('../../../test/namesrv/golden/acting-5.5.0.json', import.meta.url);
  assert.equal(comparable(transcript), comparable(JSON.parse(readFileSync(golden, 'utf8')) as Transcript));
});

/** Apache's bodies have bare integers as keys, and its maps any order. */
function comparable(transcript: Transcript): unknown {
  return transcript.map((entry) => {
    if (!('members' in entry)) return entry;
    const routes = entry['routes'] as [string, string][];
    const parsed = routes.map(([topic, body]) => [topic, parseFastjson(body)]);
    return { ...entry, members: parseFastjson(entry['members'] as string), routes: parsed };
  });
}

test.run();
