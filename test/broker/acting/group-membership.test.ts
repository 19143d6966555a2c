/** A broker that comes into its group: when it registers, what it takes over before, what it sends then. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createLogger } from '#src/base/log.js';
import { GroupMembership } from '#src/broker/acting/group-membership.js';
import { SpecialServices } from '#src/broker/acting/special-services.js';
import type { ConsumerOffsetTable } from '#src/remoting/bodies/consumer-offset-table.js';
import type { HaConnectionInfo } from '#src/ha/ha-runtime-info.js';
import { AdminBroker } from '../admin-broker.js';
import { suite } from '../../suite.js';

const test = suite('group membership');
const logger = createLogger('test', 'silent');

function setUp(settings: Record<string, string>, group: [number, string][] | undefined) {
  const broker = new AdminBroker(settings);
  const log: string[] = [];
  const world = {
    members: group === undefined ? undefined : new Map(group),
    connections: [] as HaConnectionInfo[],
    clientReadMs: 0,
    offsets: new Map([
      [
        'T@g',
        new Map([
          [0, 7],
          [1, 2],
        ]),
      ],
    ]),
    delayOffsets: '{"offsetTable":{3:9,4:1}}',
    isAway: false,
  };
  const api = {
    sendHeartbeats: () => void log.push('heartbeat'),
    memberGroup: () => Promise.resolve(world.members),
    exchangeHaInfo: (address: string, info: object) => {
      if (world.isAway) return Promise.reject(new Error('away'));
      log.push(`906 ${address} ${JSON.stringify(info)}`);
      return Promise.resolve({ masterHaAddress: 'ha-of-master' });
    },
    allConsumerOffsets: () => Promise.resolve({ offsetTable: world.offsets } as unknown as ConsumerOffsetTable),
    allDelayOffsets: () => Promise.resolve(world.delayOffsets),
  };
  const register = () => Promise.resolve(log.push(`registered, running ${services.isRunning}`));
  const services = new SpecialServices([], logger);
  const config = broker.configStore.values;
  const { clock } = broker;
  const membership = new GroupMembership({ config, api, register, clock, logger });
  const start = () =>
    membership.start({
      services,
      offsets: broker.offsets,
      delayOffsets: broker.delayOffsets,
      replication: {
        runtimeInfo: () =>
          Promise.resolve({
            isMaster: true,
            masterCommitLogMaxOffset: 0,
            connections: world.connections,
            client: {
              masterAddr: '',
              maxOffset: 0,
              transferredByteInSecond: 0,
              lastReadTimestampMs: world.clientReadMs,
              lastWriteTimestampMs: 0,
            },
          }),
        updateHaMasterAddress: (address) => void log.push(`follows ${address}`),
      },
      brokerAddr: () => 'me:1',
      haServerAddr: () => 'me:2',
      initMaxOffset: 5,
      onMasterOffline: () => void log.push('master offline'),
      onMasterOnline: (address) => void log.push(`master online ${address}`),
    });
  /** Lets everything that waits for nothing but its turn happen, and a second pass. */
  const second = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    clock.advance(1_000);
    for (let turn = 0; turn < 20; turn++) await nextTurn();
  };
  return { broker, world, log, membership, services, start, second };
}

const MASTER = { enableSlaveActingMaster: 'true', totalReplicas: '2' };
const SLAVE = { ...MASTER, brokerRole: 'SLAVE', brokerId: '1' };
const connection = (addr: string, slaveAckOffset: number): HaConnectionInfo => ({
  addr,
  slaveAckOffset,
  transferFromWhere: 0,
  diff: 0,
  isInSync: true,
  transferredByteInSecond: 0,
});

test('a master registers when each slave follows it and its offsets are here, none of them smaller than before', async () => {
  const { broker, world, log, membership, start, second } = setUp(MASTER, [
    [0, 'me:1'],
    [1, '10.0.0.1:5'],
    [2, '10.0.0.1:9'],
  ]);
  broker.offsets.commit('test', 'g', 'T', 1, 4);
  broker.delayOffsets.update(4, 3);
  await start();
  await second();
  assert.ok(membership.isIsolated);
  const info = '{"masterHaAddress":"me:2","masterFlushOffset":5,"masterAddress":"me:1"}';
  assert.equal(log.splice(0), [`906 10.0.0.1:5 ${info}`]);
  // One that has not said yet how far it is does not count, nor does one on another host.
  world.connections = [connection('10.0.0.1:70', -1), connection('10.0.0.2:70', 0)];
  await second();
  assert.is(broker.offsets.query('g', 'T', 0), -1);
  world.connections = [connection('10.0.0.1:70', 0)];
  await second();
  assert.equal(
    [0, 1].map((queueId) => broker.offsets.query('g', 'T', queueId)),
    [7, 4],
  );
  assert.equal(
    [3, 4].map((level) => broker.delayOffsets.get(level)),
    [9, 3],
  );
  assert.equal(log.splice(0), [`906 10.0.0.1:9 ${info}`]);
  // Two slaves on one host are two connections.
  await second();
  assert.equal(log, []);
  world.connections.push(connection('10.0.0.1:71', 0));
  await second();
  assert.equal(log.splice(0), ['registered, running true']);
  assert.not.ok(membership.isIsolated);
  await second();
  assert.equal(log, ['heartbeat']);
  await membership.stop();
});

test('a master tries again while a slave is registered that cannot be reached, and serves when it is not any more', async () => {
  const { world, log, membership, start, second } = setUp(MASTER, [[1, '10.0.0.1:5']]);
  world.isAway = true;
  await start();
  await second();
  await second();
  assert.equal(log, []);
  world.members = new Map();
  await second();
  assert.equal(log.splice(0), ['registered, running true']);
  await membership.stop();
});

test('a slave registers when it follows its master', async () => {
  const { world, log, membership, services, start, second } = setUp(SLAVE, [[0, 'master:1']]);
  await start();
  await second();
  assert.equal(log.splice(0), ['906 master:1 {}', 'follows ha-of-master']);
  world.clientReadMs = 1;
  await second();
  assert.equal(log.splice(0), ['registered, running false']);
  assert.not.ok(services.isRunning);
  await membership.stop();
});

test('a slave that finds no master acts, until the group has one', async () => {
  const { world, log, membership, services, start, second } = setUp(SLAVE, []);
  await start();
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  assert.equal(log.splice(0), ['registered, running true']);
  world.members = new Map([
    [0, 'master:1'],
    [1, 'me:1'],
  ]);
  await second();
  assert.equal(log.splice(0), ['heartbeat', 'master online master:1']);
  assert.not.ok(services.isRunning);
  await membership.stop();
});

test('nobody registers before a NameServer has said who is there, and nothing goes on after the stop', async () => {
  const { broker, world, log, membership, start, second } = setUp(SLAVE, undefined);
  await start();
  await second();
  membership.update({ minBrokerId: 1, minBrokerAddr: 'me:1', offlineBrokerAddr: undefined, haBrokerAddr: undefined });
  await membership.stop();
  world.members = new Map();
  await second();
  assert.equal(log, []);
  assert.is(broker.clock.pendingTimers, 0);
});

test('one replica, or skipPreOnline, means to register at once; a broker that does not take part sends no heartbeats', async () => {
  for (const more of [{ totalReplicas: '1' }, { skipPreOnline: 'true' }]) {
    const { log, membership, start, second } = setUp({ ...MASTER, ...more }, undefined);
    await start();
    await second();
    assert.equal(log.splice(0), ['registered, running false', 'heartbeat']);
    await membership.stop();
  }
  const { log, membership, services, start, second } = setUp({ totalReplicas: '2' }, [[1, 'x']]);
  await start();
  await second();
  assert.equal(log, ['registered, running false']);
  assert.ok(services.isRunning);
  await membership.stop();
});

test.run();
