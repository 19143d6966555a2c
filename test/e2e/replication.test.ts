/** Two brokers in this process, threads, sockets and stores as they are: the slave has what the master has, and serves it alone. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { type RingMQ, startRingMQ } from '#src/index.js';
import { HaRuntimeInfoBody } from '#src/remoting/bodies/ha-runtime-info.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { suite } from '../suite.js';
import { TestClient } from './test-client.js';

const test = suite('replication');
const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-ha-'));
  folders.push(folder);
  return folder;
}

test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const COMMON = { brokerName: 'pair', mappedFileSizeCommitLog: '256KiB' };

/** A broker with a client of its own. */
class Node {
  readonly folder: string;
  readonly mq: RingMQ;
  readonly client: TestClient;

  constructor(folder: string, mq: RingMQ) {
    this.folder = folder;
    this.mq = mq;
    this.client = new TestClient(mq.brokerAddress);
  }

  static async master(config: Record<string, string> = {}, data = newFolder(), port = 0): Promise<Node> {
    return new Node(data, await startRingMQ({ data, port, config: { ...COMMON, ...config } }));
  }

  static async slave(master: Node, config: Record<string, string> = {}, data = newFolder()): Promise<Node> {
    const roles = { brokerRole: 'SLAVE', brokerId: '1', slaveReadEnable: 'true' };
    const namesrvAddr = master.mq.namesrvAddresses;
    return new Node(
      data,
      await startRingMQ({ data, namesrv: false, config: { ...COMMON, ...roles, namesrvAddr, ...config } }),
    );
  }

  async haStatus(): Promise<HaRuntimeInfoBody> {
    const response = await this.client.invoke(RequestCode.GET_BROKER_HA_STATUS, {});
    return HaRuntimeInfoBody.decode(response.body);
  }

  /** Settles when a slave has acknowledged everything. */
  async untilReplicated(): Promise<HaRuntimeInfoBody> {
    for (;;) {
      const status = await this.haStatus();
      if (status.haConnectionInfo.some(({ diff, slaveAckOffset }) => diff === 0 && slaveAckOffset >= 0)) return status;
    }
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.mq.stop();
  }
}

/** The log's segments up to the end of what was written. */
function logOf(folder: string, endOffset: number): Buffer {
  const logFolder = join(folder, 'commitlog');
  const segments = readdirSync(logFolder)
    .toSorted()
    .map((name) => readFileSync(join(logFolder, name)));
  return Buffer.concat(segments).subarray(0, endOffset);
}

async function sendMany(client: TestClient, topic: string, count: number): Promise<void> {
  const sends = Array.from({ length: count }, (_, i) =>
    client.send(topic, `${i} `.repeat(100), { queueId: i % 4, properties: `TAGS\u0001t${i % 3}\u0002` }),
  );
  for (const { code, remark } of await Promise.all(sends)) assert.is(code, ResponseCode.SUCCESS, remark);
}

async function countAt(client: TestClient, topic: string): Promise<number> {
  let count = 0;
  for (let queueId = 0; queueId < 4; queueId++) count += (await client.pullAll(topic, queueId)).length;
  return count;
}

/** How many messages a query by this key finds. */
async function countOfKey(client: TestClient, topic: string, key: string): Promise<number> {
  const header = { topic, key, maxNum: '64', beginTimestamp: '0', endTimestamp: '9223372036854775807' };
  const { body = Buffer.alloc(0) } = await client.invoke(RequestCode.QUERY_MESSAGE, header);
  let count = 0;
  for (let at = 0; at < body.length; at += body.readInt32BE(at)) count++;
  return count;
}

async function untilCount(client: TestClient, topic: string, count: number): Promise<void> {
  for (let seen = 0; seen !== count;) seen = await countAt(client, topic);
}

test('a slave has the same bytes, follows the tables, and serves its consumers when the master is gone', async () => {
  const master = await Node.master();
  await master.client.send('Replicated', 'first', { queueId: 0 });
  const slave = await Node.slave(master);
  await sendMany(master.client, 'Replicated', 3000);
  const { masterCommitLogMaxOffset, master: isMaster, inSyncSlaveNums } = await master.untilReplicated();
  assert.ok(isMaster);
  assert.is(inSyncSlaveNums, 1);
  const asSlave = await slave.haStatus();
  assert.not.ok(asSlave.master);
  assert.is(asSlave.haClientRuntimeInfo.maxOffset, masterCommitLogMaxOffset);
  assert.ok(masterCommitLogMaxOffset > 4 * 256 * 1024);
  assert.equal(logOf(slave.folder, masterCommitLogMaxOffset), logOf(master.folder, masterCommitLogMaxOffset));
  assert.is((await slave.client.send('Replicated', 'no')).code, ResponseCode.SYSTEM_BUSY);
  await untilCount(slave.client, 'Replicated', 3001);
  await master.stop();
  assert.is(await countAt(slave.client, 'Replicated'), 3001);
  const tagged = await slave.client.pull('Replicated', 1, { queueId: 0, tags: 't1' });
  assert.ok(tagged.messages.every(({ properties }) => properties.includes('TAGS\u0001t1')));
  await slave.stop();
});

test('a held pull at the slave is woken by a message sent to the master', async () => {
  const master = await Node.master();
  await master.client.send('Woken', 'first', { queueId: 0 });
  const slave = await Node.slave(master);
  await untilCount(slave.client, 'Woken', 1);
  const held = slave.client.pull('Woken', 1, { suspendMs: 30_000 });
  await master.client.send('Woken', 'second', { queueId: 0 });
  assert.equal(
    (await held).messages.map(({ body }) => body),
    ['second'],
  );
  await slave.stop();
  await master.stop();
});

test('a message is found at the slave by its key, also when the master is gone', async () => {
  const master = await Node.master();
  await master.client.send('Keyed', 'first', { queueId: 0 });
  const slave = await Node.slave(master);
  for (let i = 0; i < 20; i++) {
    const properties = `UNIQ_KEY\u0001id${i}\u0002KEYS\u0001all k${i}\u0002`;
    assert.is((await master.client.send('Keyed', `m${i}`, { queueId: 0, properties })).code, ResponseCode.SUCCESS);
  }
  await untilCount(slave.client, 'Keyed', 21);
  assert.is(await countOfKey(slave.client, 'Keyed', 'k7'), 1);
  await master.stop();
  assert.is(await countOfKey(slave.client, 'Keyed', 'all'), 20);
  assert.is(await countOfKey(slave.client, 'Keyed', 'id19'), 1);
  assert.is(await countOfKey(slave.client, 'Keyed', 'k20'), 0);
  await slave.stop();
});

test('a slave that was away catches up by whole segments, and again after its own restart', async () => {
  const master = await Node.master();
  await master.client.send('Away', 'first', { queueId: 0 });
  const first = await Node.slave(master);
  await sendMany(master.client, 'Away', 500);
  await master.untilReplicated();
  await first.stop();
  await sendMany(master.client, 'Away', 3000);
  const second = await Node.slave(master, {}, first.folder);
  const { masterCommitLogMaxOffset } = await master.untilReplicated();
  await untilCount(second.client, 'Away', 3501);
  await second.stop();
  assert.equal(logOf(first.folder, masterCommitLogMaxOffset), logOf(master.folder, masterCommitLogMaxOffset));
  await master.stop();
});

test('a slave becomes the master of its own log: it goes on where that ends', async () => {
  const master = await Node.master();
  await master.client.send('Promoted', 'first', { queueId: 0 });
  const slave = await Node.slave(master);
  await sendMany(master.client, 'Promoted', 200);
  await master.untilReplicated();
  await untilCount(slave.client, 'Promoted', 201);
  await slave.stop();
  await master.stop();
  const promoted = await Node.master({}, slave.folder);
  const before = await countAt(promoted.client, 'Promoted');
  assert.is(before, 201);
  await sendMany(promoted.client, 'Promoted', 100);
  assert.is(await countAt(promoted.client, 'Promoted'), 301);
  await promoted.stop();
});

test('a running slave whose master came back with a shorter log, and others behind it, is cut and follows again', async () => {
  const heartbeat = { haSendHeartbeatInterval: '500' };
  const before = await Node.master(heartbeat);
  await sendMany(before.client, 'Parted', 300);
  const brokerPort = new URL(`tcp://${before.mq.brokerAddress}`).port;
  const namesrvPort = Number(new URL(`tcp://${before.mq.namesrvAddress}`).port);
  const port = Number(brokerPort);
  await before.stop();
  const copy = newFolder();
  cpSync(before.folder, copy, { recursive: true });
  const master = new Node(before.folder, await startRingMQ({ data: before.folder, port, namesrvPort, config: COMMON }));
  const slave = await Node.slave(master, heartbeat);
  await sendMany(master.client, 'Parted', 500);
  const { masterCommitLogMaxOffset: longer } = await master.untilReplicated();
  const whatGoes = logOf(slave.folder, longer);
  await master.stop();
  const config = { ...COMMON, ...heartbeat };
  const restored = new Node(copy, await startRingMQ({ data: copy, port, namesrvPort, config }));
  const { masterCommitLogMaxOffset: shorter } = await restored.haStatus();
  assert.ok(shorter < longer);
  const cutFolder = join(slave.folder, 'cut');
  while (!existsSync(cutFolder) || readdirSync(cutFolder).length === 0) await slave.haStatus().catch(() => undefined);
  await sendMany(restored.client, 'Parted', 40);
  const { masterCommitLogMaxOffset: now } = await restored.untilReplicated();
  assert.equal(logOf(slave.folder, now), logOf(copy, now));
  const [name = ''] = readdirSync(cutFolder);
  assert.match(name, new RegExp(`^${String(shorter).padStart(20, '0')}-\\d+$`));
  assert.equal(readFileSync(join(cutFolder, name)), whatGoes.subarray(shorter));
  await untilCount(slave.client, 'Parted', 340);
  await slave.stop();
  await restored.stop();
});

test('SYNC_MASTER: SEND_OK only when a slave has the bytes, unless the sender does not want to wait', async () => {
  const master = await Node.master({ brokerRole: 'SYNC_MASTER' });
  const { client } = master;
  assert.is((await client.send('Sync', 'alone', { queueId: 0 })).code, ResponseCode.SLAVE_NOT_AVAILABLE);
  const unwaited = await client.send('Sync', 'unwaited', { queueId: 0, properties: 'WAIT\u0001false\u0002' });
  assert.is(unwaited.code, ResponseCode.SUCCESS);
  const slave = await Node.slave(master);
  await master.untilReplicated();
  await sendMany(client, 'Sync', 2000);
  const { masterCommitLogMaxOffset, haConnectionInfo } = await master.haStatus();
  assert.is(haConnectionInfo[0]?.slaveAckOffset, masterCommitLogMaxOffset);
  await slave.stop();
  assert.is((await client.send('Sync', 'alone again', { queueId: 0 })).code, ResponseCode.SLAVE_NOT_AVAILABLE);
  assert.is((await client.pullAll('Sync', 0)).length, 503);
  await master.stop();
});

test('a HA port in use: the broker does not start, says why, and leaves nothing behind', async () => {
  const master = await Node.master();
  const port = new URL(`tcp://${master.mq.brokerAddress}`).port;
  const data = newFolder();
  try {
    await startRingMQ({ data, config: { ...COMMON, haListenPort: port } });
    assert.unreachable('two servers listen on one port');
  } catch (error) {
    assert.match((error as Error).message, `cannot listen for slaves (haListenPort): listen EADDRINUSE`);
  }
  const again = await Node.master({}, data);
  await again.stop();
  await master.stop();
});

test.run();
