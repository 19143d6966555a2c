/** The master's end against scripted slaves: where it begins, what it sends, whom it drops, what it acknowledges to the main thread. */
import { readFileSync } from 'node:fs';

import * as assert from 'uvu/assert';

import { SEND_BUFFER_BYTES_MAX } from '#src/ha/ha-connection.js';
import { StatusWord } from '#src/ring/store-status-page.js';

import { removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';
import { MasterFixture, untilClosed } from './ha-fixture.js';

const test = suite('HA server');
test.after(removeFolders);

const SEGMENT_BYTES = 64 * 1024;
const MIB = 1024 * 1024;

async function withMaster(master: MasterFixture, use: () => Promise<void>): Promise<void> {
  await master.start();
  try {
    await use();
  } finally {
    await master.service.stop();
  }
}

/** Bytes that tell where they come from. */
function pattern(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32BE(at, at);
  return bytes;
}

test('a slave without a log is sent the last segment, byte for byte as by Apache', async () => {
  const golden = Buffer.from(
    readFileSync(new URL('../../../test/ha/golden/transfer.hex', import.meta.url), 'utf8'),
    'hex',
  );
  const master = new MasterFixture();
  await withMaster(master, async () => {
    master.append(Buffer.alloc(SEGMENT_BYTES, 1));
    master.append(golden.subarray(12));
    const slave = await master.connect();
    slave.report(0);
    const { header, body } = await slave.transfer();
    assert.equal(Buffer.concat([header, body]), golden);
    slave.report(0x1240b);
    master.clock.advance(5000);
    const heartbeat = await slave.transfer();
    assert.is(heartbeat.header.toString('hex'), '000000000001240b00000000');
    slave.socket.destroy();
  });
});

test('a slave behind by whole segments is sent them from files, as Apache cuts them', async () => {
  const master = new MasterFixture();
  await withMaster(master, async () => {
    const bytes = pattern(9 * SEGMENT_BYTES + 9227);
    master.append(bytes);
    const slave = await master.connect();
    slave.report(200);
    const transfers = await slave.bodies(bytes.length - 200);
    assert.equal(Buffer.concat(transfers.map(({ body }) => body)), bytes.subarray(200));
    assert.equal(
      transfers.slice(0, 3).map(({ physicalOffset, body }) => [physicalOffset, body.length]),
      [
        [200, 32_768],
        [32_968, 32_568],
        [65_536, 32_768],
      ],
    );
    for (const { physicalOffset, body } of transfers) {
      assert.is(
        Math.floor(physicalOffset / SEGMENT_BYTES),
        Math.floor((physicalOffset + body.length - 1) / SEGMENT_BYTES),
      );
    }
    slave.socket.destroy();
  });
});

test('what is written is sent at once, and acknowledgements are on the status page', async () => {
  const master = new MasterFixture();
  const { status } = master;
  await withMaster(master, async () => {
    assert.is(status.get(StatusWord.inSyncOffset), -1);
    const slave = await master.connect();
    slave.report(0);
    for (let i = 1; i <= 5; i++) {
      master.append(pattern(1000));
      assert.is((await slave.bodies(1000)).length, 1);
      const replicated = status.change(StatusWord.replicatedOffset, status.get(StatusWord.replicatedOffset));
      // In pieces: a report is what eight bytes make, however they come.
      const report = Buffer.alloc(8);
      report.writeBigInt64BE(BigInt(i * 1000));
      slave.socket.setNoDelay(true);
      for (const byte of report) slave.socket.write(Buffer.from([byte]));
      await replicated;
      assert.is(status.get(StatusWord.replicatedOffset), i * 1000);
      assert.is(status.get(StatusWord.slaveAckOffset), i * 1000);
      assert.is(status.get(StatusWord.inSyncOffset), i * 1000);
    }
    const gone = status.change(StatusWord.inSyncOffset, 5000);
    slave.socket.destroy();
    await untilGone(master);
    status.wake(StatusWord.inSyncOffset);
    await gone;
    assert.is(status.get(StatusWord.inSyncOffset), -1);
    assert.is(status.get(StatusWord.replicatedOffset), 5000);
  });
});

test('with inSyncReplicas=3, what the second of the slaves has counts', async () => {
  const master = new MasterFixture({ inSyncReplicas: 3 });
  const { status } = master;
  await withMaster(master, async () => {
    master.append(pattern(1000));
    const [first, second] = [await master.connect(), await master.connect()];
    first.report(0);
    await first.bodies(1000);
    first.report(1000);
    second.report(0);
    await second.bodies(1000);
    const replicated = status.change(StatusWord.replicatedOffset, 0);
    second.report(600);
    await replicated;
    assert.is(status.get(StatusWord.replicatedOffset), 600);
    assert.is(status.get(StatusWord.slaveAckOffset), 1000);
    first.socket.destroy();
    second.socket.destroy();
  });
});

test('a slave that does not read holds nothing up and costs no memory', async () => {
  const master = new MasterFixture({ segmentSizeBytes: MIB });
  await withMaster(master, async () => {
    const bytes = pattern(48 * MIB);
    master.append(bytes);
    const slow = await master.connect();
    slow.report(4);
    const quick = await master.connect();
    quick.report(4);
    assert.is(
      (await quick.bodies(bytes.length - 4)).reduce((sum, { body }) => sum + body.length, 0),
      bytes.length - 4,
    );
    assert.ok(master.service.bufferedBytes > 0 && master.service.bufferedBytes <= SEND_BUFFER_BYTES_MAX + 33 * 1024);
    // What is sent beyond what is read is in the system's socket buffers, a few MiB at most.
    const [slowInfo] = master.service.runtimeInfo().connections;
    assert.ok((slowInfo?.transferFromWhere ?? 0) < 24 * MIB, `sent up to ${slowInfo?.transferFromWhere}`);
    assert.equal(Buffer.concat((await slow.bodies(bytes.length - 4)).map(({ body }) => body)), bytes.subarray(4));
    slow.socket.destroy();
    quick.socket.destroy();
  });
});

test('with haFlowControlEnable a slave is sent no more than maxHaTransferByteInSecond in each second', async () => {
  const master = new MasterFixture({ transferBytesPerSecondMax: 50_000 });
  await withMaster(master, async () => {
    const bytes = pattern(120_000);
    master.append(bytes);
    const slave = await master.connect();
    slave.report(4);
    const received: Buffer[] = [];
    for (const until of [50_000, 100_000, 119_996]) {
      const had = received.reduce((sum, { length }) => sum + length, 0);
      received.push(...(await slave.bodies(until - had)).map(({ body }) => body));
      assert.is(master.service.runtimeInfo().connections[0]?.transferFromWhere, 4 + until);
      master.clock.advance(1000);
    }
    assert.equal(Buffer.concat(received), bytes.subarray(4));
    slave.socket.destroy();
  });
});

test('a connection that says nothing is dropped after haHousekeepingInterval', async () => {
  const master = new MasterFixture();
  await withMaster(master, async () => {
    const slave = await master.connect();
    await untilConnected(master);
    master.clock.advance(20_000);
    assert.is(master.service.runtimeInfo().connections.length, 1);
    master.clock.advance(1000);
    await untilClosed(slave.socket);
    assert.is(master.service.runtimeInfo().connections.length, 0);
    assert.is(master.clock.pendingTimers, 0);
  });
});

for (const { what, start, reports } of [
  { what: 'whose log is longer', start: 0, reports: [5000] },
  { what: 'whose log ends before this one begins', start: SEGMENT_BYTES, reports: [100] },
  { what: 'that acknowledges what it was not sent', start: 0, reports: [0, 5000] },
  { what: 'that reports a negative offset', start: 0, reports: [-1] },
]) {
  test(`a slave ${what} is closed, with the reason`, async () => {
    const master = new MasterFixture({}, start);
    await withMaster(master, async () => {
      master.append(pattern(1000));
      const slave = await master.connect();
      for (const offset of reports) slave.report(offset);
      await untilClosed(slave.socket);
      assert.is(master.log.filter((line) => line.includes('ERROR')).length, 1, master.log.join('\n'));
      assert.is(master.status.get(StatusWord.slaveAckOffset), 0);
    });
  });
}

test('a port in use is an error that names it', async () => {
  const first = new MasterFixture();
  await withMaster(first, async () => {
    const second = new MasterFixture({ listenPort: first.port });
    try {
      await second.start();
      assert.unreachable('two services listen on one port');
    } catch (error) {
      assert.match((error as Error).message, new RegExp(`EADDRINUSE.*${first.port}`));
    }
    await second.service.stop();
  });
});

async function untilConnected(master: MasterFixture): Promise<void> {
  while (master.service.runtimeInfo().connections.length === 0) await new Promise((resolve) => setImmediate(resolve));
}

async function untilGone(master: MasterFixture): Promise<void> {
  while (master.service.runtimeInfo().connections.length > 0) await new Promise((resolve) => setImmediate(resolve));
}

test.run();
