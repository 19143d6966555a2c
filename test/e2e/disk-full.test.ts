/**
 * The real process on a real disk that is full, or cannot be written: what senders are told, that consumers go on, that nothing acknowledged is lost,
 * also by kill -9, and that messages are taken again by themselves. The disk is a tmpfs of 6 MiB, for which root is needed.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import * as assert from 'uvu/assert';

import { KVTable } from '#src/remoting/bodies/kv-table.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { suite } from '../suite.js';
import { type BrokerProcess, spawnBroker, startBroker } from './broker-process.js';
import { mountSmallDisk, type SmallDisk } from './small-disk.js';
import { TestClient } from './test-client.js';

const test = suite('a disk that is full or cannot be written');

const DISK_BYTES = 6 * 1024 * 1024;
const BALLAST_BYTES = 2 * 1024 * 1024;
const QUEUES = 3;
const SENDERS = 8;
const SETTINGS = {
  maxHashSlotNum: '3000',
  maxIndexNum: '1000',
  mappedFileSizeConsumeQueue: '6000',
  flushConsumerOffsetInterval: '200',
};

/** Sends until one is refused; adds each body that was acknowledged and gives the refusal. */
async function fill(client: TestClient, acknowledged: Set<string>): Promise<{ code: number; remark: string }> {
  let refusal: { code: number; remark: string } | undefined;
  const sender = async (): Promise<void> => {
    while (refusal === undefined) {
      const id = next++;
      const body = `${id}-${'x'.repeat(2000)}`;
      const properties = `KEYS\u0001k${id}\u0002`;
      const { code, remark } = await client.send('Full', body, { queueId: id % QUEUES, properties });
      if (code === ResponseCode.SUCCESS) acknowledged.add(body);
      else refusal ??= { code, remark: remark ?? '' };
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  assert.ok(refusal !== undefined);
  return refusal;
}
let next = 0;

/** Every acknowledged message is there, once, and queues have no gap. */
async function checkStored(client: TestClient, acknowledged: ReadonlySet<string>): Promise<void> {
  const found: string[] = [];
  for (let queueId = 0; queueId < QUEUES; queueId++) {
    const messages = await client.pullAll('Full', queueId);
    messages.forEach((message, i) => assert.is(message.queueOffset, i, 'a gap'));
    found.push(...messages.map(({ body }) => body));
  }
  assert.is(new Set(found).size, found.length, 'none twice');
  const stored = new Set(found);
  assert.equal(
    [...acknowledged].filter((body) => !stored.has(body)).map((body) => body.slice(0, 10)),
    [],
  );
}

async function runtimeInfo(client: TestClient): Promise<ReadonlyMap<string, string>> {
  return KVTable.decode((await client.invoke(RequestCode.GET_BROKER_RUNTIME_INFO, {})).body).table;
}

/** Until a send works again; pulls are held for a moment, so as not to ask without pause. */
async function untilAccepted(client: TestClient, acknowledged: Set<string>): Promise<void> {
  for (;;) {
    const body = `again-${next++}`;
    const { code } = await client.send('Full', body);
    if (code === ResponseCode.SUCCESS) return void acknowledged.add(body);
    await client.pull('Nothing', 1, { suspendMs: 100 });
  }
}

function linesWith({ log }: BrokerProcess, word: string): string[] {
  return log()
    .split('\n')
    .filter((line) => line.includes(word));
}

async function end({ child }: BrokerProcess, signal: NodeJS.Signals): Promise<unknown> {
  const exited = once(child, 'exit');
  child.kill(signal);
  return (await exited)[0];
}

async function fillKillAndGoOn(disk: SmallDisk, flushDiskType: string): Promise<void> {
  const data = join(disk.folder, 'store');
  const ballast = (name: string): string => join(disk.folder, name);
  for (const name of ['first', 'second']) writeFileSync(ballast(name), Buffer.alloc(BALLAST_BYTES, 1));
  const acknowledged = new Set<string>();
  let broker = await startBroker(data, { ...SETTINGS, flushDiskType });
  let client = new TestClient(broker.address);
  const { code, remark } = await fill(client, acknowledged);
  assert.is(code, ResponseCode.SERVICE_NOT_AVAILABLE);
  assert.match(remark, /^service not available now: the disk is full: cannot write .+ \(ENOSPC\)$/);
  for (let i = 0; i < 200; i++) {
    assert.is((await client.send('Full', 'x'.repeat(2000))).code, ResponseCode.SERVICE_NOT_AVAILABLE);
  }
  await checkStored(client, acknowledged);
  const info = await runtimeInfo(client);
  assert.is(info.get('brokerActive'), 'false');
  assert.match(info.get('putMessageRefusal') ?? '', 'the disk is full');
  assert.is(Number(info.get('runningFlags')) & 16, 16);
  assert.is(linesWith(broker, 'messages are refused').length, 1, broker.log());

  rmSync(ballast('first'));
  await untilAccepted(client, acknowledged);
  assert.is((await runtimeInfo(client)).get('brokerActive'), 'true');
  assert.is(linesWith(broker, 'messages are accepted again').length, 1, broker.log());
  await fill(client, acknowledged);
  await client.close();
  await end(broker, 'SIGKILL');

  // On the disk that is still full it serves what it has, or says why it cannot.
  const full = await startBroker(data, { ...SETTINGS, flushDiskType }).catch((error: unknown) => String(error));
  if (typeof full === 'string') {
    assert.match(full, 'cannot be opened: ENOSPC');
  } else {
    client = new TestClient(full.address);
    await checkStored(client, acknowledged);
    await client.close();
    await end(full, 'SIGKILL');
  }
  rmSync(ballast('second'));
  broker = await startBroker(data, { ...SETTINGS, flushDiskType });
  client = new TestClient(broker.address);
  await checkStored(client, acknowledged);
  await untilAccepted(client, acknowledged);
  await checkStored(client, acknowledged);
  await client.close();
  assert.is(await end(broker, 'SIGTERM'), 0);
}

/** How a broker that cannot start ends. */
async function startAndFail(data: string): Promise<{ exitCode: number | null; errors: string }> {
  const child = spawnBroker(data, SETTINGS);
  const exited = once(child, 'exit');
  const errors = await text(child.stderr);
  await exited;
  return { exitCode: child.exitCode, errors };
}

const probe = mountSmallDisk(DISK_BYTES);
probe?.unmount();
const onDisk = (name: string, use: (disk: SmallDisk) => Promise<void>): void => {
  if (probe === undefined) {
    test.notApplicable(name, 'a tmpfs cannot be mounted here, for which root is needed');
    return;
  }
  test(name, async () => {
    const disk = mountSmallDisk(DISK_BYTES);
    assert.ok(disk !== undefined);
    try {
      await use(disk);
    } finally {
      disk.unmount();
    }
  });
};

for (const flushDiskType of ['ASYNC_FLUSH', 'SYNC_FLUSH']) {
  onDisk(`${flushDiskType}: a full disk refuses, loses nothing, and takes messages again by itself`, (disk) =>
    fillKillAndGoOn(disk, flushDiskType),
  );
}

onDisk('a store on a disk that is mounted read-only: the process says so and ends with 1', async (disk) => {
  const data = join(disk.folder, 'store');
  const broker = await startBroker(data, SETTINGS);
  assert.is(await end(broker, 'SIGTERM'), 0);
  disk.makeReadOnly();
  const { exitCode, errors } = await startAndFail(data);
  assert.is(exitCode, 1);
  assert.match(errors, `the store ${data} cannot be written: EROFS`);
  assert.not.match(errors, /^\s+at /m, 'a sentence, and no stack');
});

test('a folder that cannot be made: the process says so and ends with 1', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-disk-'));
  writeFileSync(join(folder, 'file'), '');
  const data = join(folder, 'file', 'store');
  const { exitCode, errors } = await startAndFail(data);
  assert.is(exitCode, 1);
  assert.match(errors, 'ENOTDIR');
  assert.match(errors, data);
  assert.not.match(errors, /^\s+at /m, 'a sentence, and no stack');
  rmSync(folder, { recursive: true });
});

test.run();
