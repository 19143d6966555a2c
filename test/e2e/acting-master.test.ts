/** A master with a slave, and another master of the cluster, in this process: the slave acts while its master is away, and the master takes over what it did. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { systemClock } from '#src/base/clock.js';
import { type RingMQ, startRingMQ } from '#src/index.js';
import { NamesrvController } from '#src/namesrv/namesrv-controller.js';
import { HaRuntimeInfoBody } from '#src/remoting/bodies/ha-runtime-info.js';
import { LockBatchResponseBody } from '#src/remoting/bodies/lock-batch-body.js';
import { TopicRouteData } from '#src/remoting/bodies/topic-route-data.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { configStore, removeFolders, silent } from '../namesrv/fixture.js';
import { suite } from '../suite.js';
import { TestClient } from './test-client.js';

const test = suite('acting master');
const folders: string[] = [];

const HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
const GROUP = 'kept';
const PAIR = { brokerName: 'pair', enableSlaveActingMaster: 'true', enableRemoteEscape: 'true', totalReplicas: '2' };
/** As clients write them. */
const DELAYED_5_S = 'DELAY\u00012\u0002UNIQ_KEY\u0001d\u0002';
const HALF = 'TRAN_MSG\u0001true\u0002PGROUP\u0001pg\u0002UNIQ_KEY\u0001h\u0002';

test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  removeFolders();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-acting-'));
  folders.push(folder);
  return folder;
}

/** A broker with a client of its own. */
class Node {
  readonly mq: RingMQ;
  readonly client: TestClient;

  private constructor(mq: RingMQ) {
    this.mq = mq;
    this.client = new TestClient(mq.brokerAddress);
  }

  static async start(namesrvAddr: string, data: string, config: Record<string, string>, port = 0): Promise<Node> {
    const small = { mappedFileSizeCommitLog: '256KiB', transactionCheckInterval: '200' };
    return new Node(await startRingMQ({ data, port, namesrv: false, config: { ...small, ...config, namesrvAddr } }));
  }

  async commitOffset(topic: string, offset: number): Promise<void> {
    const fields = { consumerGroup: GROUP, topic, queueId: '0', commitOffset: String(offset) };
    assert.is((await this.client.invoke(RequestCode.UPDATE_CONSUMER_OFFSET, fields)).code, ResponseCode.SUCCESS);
  }

  /** -1 if there is none. */
  async offset(group: string, topic: string): Promise<number> {
    const fields = { consumerGroup: group, topic, queueId: '0' };
    const { code, extFields } = await this.client.invoke(RequestCode.QUERY_CONSUMER_OFFSET, fields);
    return code === ResponseCode.SUCCESS ? Number(extFields?.['offset']) : -1;
  }

  async untilReplicated(): Promise<void> {
    for (;;) {
      const { body } = await this.client.invoke(RequestCode.GET_BROKER_HA_STATUS, {});
      const { haConnectionInfo } = HaRuntimeInfoBody.decode(body);
      if (haConnectionInfo.some(({ diff, slaveAckOffset }) => diff === 0 && slaveAckOffset >= 0)) return;
    }
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.mq.stop();
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}

async function startNamesrv() {
  const settings = { supportActingMaster: 'true', notifyMinBrokerIdChanged: 'true' };
  const namesrv = new NamesrvController({ config: configStore(settings), logger: silent, clock: systemClock });
  const { port } = await namesrv.start();
  const client = new TestClient(`127.0.0.1:${port}`);
  /** Who is shown as the master of a topic's queues at `pair`. */
  const masterOf = async (topic: string): Promise<string | undefined> => {
    const { body } = await client.invoke(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic });
    const { brokerDatas } = TopicRouteData.decode(body);
    return brokerDatas.find(({ brokerName }) => brokerName === 'pair')?.brokerAddrs.get(0);
  };
  const stop = async (): Promise<void> => {
    await client.close();
    await namesrv.stop();
  };
  return { address: `127.0.0.1:${port}`, masterOf, stop };
}

test('delayed messages, half messages and offsets go on at the slave, and back to the master', async () => {
  const namesrv = await startNamesrv();
  const other = await Node.start(namesrv.address, newFolder(), { brokerName: 'other' });
  const masterFolder = newFolder();
  const startMaster = (port = 0) => Node.start(namesrv.address, masterFolder, PAIR, port);
  const master = await startMaster();
  const masterAddress = master.mq.brokerAddress;
  for (const node of [master, other])
    await until(async () => (await node.client.send('T', 'first')).code === ResponseCode.SUCCESS);
  await until(async () => (await namesrv.masterOf('T')) === masterAddress);
  const group = Buffer.from(JSON.stringify({ groupName: GROUP }));
  await master.client.invoke(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, {}, group);
  await master.commitOffset('T', 1);
  const roles = { brokerRole: 'SLAVE', brokerId: '1', slaveReadEnable: 'true' };
  const slave = await Node.start(namesrv.address, newFolder(), { ...PAIR, ...roles });
  await until(async () => (await slave.offset(GROUP, 'T')) === 1);
  assert.is((await master.client.send('T', 'delayed', { properties: DELAYED_5_S })).code, ResponseCode.SUCCESS);
  assert.is((await master.client.send('T', 'half', { properties: HALF, sysFlag: 4 })).code, ResponseCode.SUCCESS);
  await master.untilReplicated();
  assert.equal(await other.client.pullAll(HALF_TOPIC), []);
  await master.stop();

  await until(async () => (await namesrv.masterOf('T')) === slave.mq.brokerAddress);
  assert.is((await slave.client.send('T', 'no')).code, ResponseCode.SERVICE_NOT_AVAILABLE);
  assert.is(await slave.offset(GROUP, 'T'), 1);
  const queues = [{ topic: 'T', brokerName: 'pair', queueId: 0 }];
  const wanted = Buffer.from(JSON.stringify({ clientId: 'c', consumerGroup: GROUP, mqSet: queues }));
  const locked = await slave.client.invoke(RequestCode.LOCK_BATCH_MQ, {}, wanted);
  assert.is(LockBatchResponseBody.decode(locked.body).lockOKMQSet.length, 1);
  await until(async () => (await other.client.pullAll(HALF_TOPIC)).length > 0);
  await until(async () => (await untilEscaped(other)).some(({ body }) => body === 'delayed'));
  await slave.commitOffset('T', 7);

  const again = await startMaster(Number(masterAddress.split(':')[1]));
  await until(async () => (await namesrv.masterOf('T')) === again.mq.brokerAddress);
  assert.is(await again.offset(GROUP, 'T'), 7);
  assert.is(await again.offset('CID_RMQ_SYS_TRANS', HALF_TOPIC), 1);
  // What the slave has delivered is not delivered again.
  const { body } = await again.client.invoke(RequestCode.GET_ALL_DELAY_OFFSET, {});
  assert.equal((JSON.parse(body?.toString() ?? '') as { offsetTable: object }).offsetTable, { 2: 1 });
  assert.equal(
    (await again.client.pullAll('T')).map(({ body: text }) => text),
    ['first'],
  );
  const half = await other.client.pullAll(HALF_TOPIC);
  assert.match(half[0]?.properties ?? '', 'REAL_TOPIC\u0001T\u0002');
  for (const node of [slave, again, other]) await node.stop();
  await namesrv.stop();
});

async function untilEscaped(other: Node) {
  const queues = await Promise.all([0, 1, 2, 3].map((queueId) => other.client.pullAll('T', queueId)));
  const messages = queues.flat();
  // Delayed once more it would wait there.
  assert.ok(messages.every(({ properties }) => !properties.includes('DELAY\u0001')));
  return messages;
}

test.run();
