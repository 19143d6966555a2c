/** The slave's end against scripted masters: what ends up in its log and queues, what it acknowledges, and what makes it leave a master. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';
import { RECONNECT_INTERVAL_MS } from '#src/ha/ha-client.js';
import { RECORD } from '#src/message/stored-record.js';
import { StatusWord } from '#src/ring/store-status-page.js';

import { keysOfIndex, keysOfLog } from '../commitlog/index-harness.js';
import { entriesOfLog, entriesOfQueues, makeFolder, openStore, removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';
import { logBytes, ScriptedMaster, SlaveFixture, transferOf, untilClosed, writeLog } from './ha-fixture.js';

const test = suite('HA client');
test.after(removeFolders);

const SEGMENT_BYTES = 64 * 1024;
const INDEX_SHAPE = { hashSlotNum: 500, indexNum: 100 };
const INDEX_SETTINGS = { maxHashSlotNum: INDEX_SHAPE.hashSlotNum, maxIndexNum: INDEX_SHAPE.indexNum };
const golden = Buffer.from(
  readFileSync(new URL('../../../test/ha/golden/transfer.hex', import.meta.url), 'utf8'),
  'hex',
);

interface Pair {
  readonly slave: SlaveFixture;
  readonly master: ScriptedMaster;
  readonly socket: Socket;
}

/** A slave that has connected and reported `firstReport`. */
async function withPair(slave: SlaveFixture, firstReport: number, use: (pair: Pair) => Promise<void>): Promise<void> {
  const master = new ScriptedMaster();
  slave.service.updateHaMasterAddress(await master.listen());
  try {
    const socket = await master.connection();
    assert.is(await master.report(), firstReport);
    await use({ slave, master, socket });
  } finally {
    master.close();
    await slave.stop();
  }
}

/** Cuts a log into transfers as Apache's master does: none goes over a segment's end. */
function transfersOf(bytes: Buffer, from: number, batchBytes: number): Buffer {
  const transfers = [];
  for (let at = from; at < bytes.length;) {
    const size = Math.min(batchBytes, SEGMENT_BYTES - (at % SEGMENT_BYTES), bytes.length - at);
    transfers.push(transferOf(at, bytes.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat(transfers);
}

test('what Apache’s master sent is taken, at its offset, and acknowledged as Apache’s slave does', async () => {
  await withPair(await SlaveFixture.open(), 0, async ({ slave, master, socket }) => {
    socket.write(golden);
    await master.reportOf(0x1240b);
    slave.clock.advance(5000);
    assert.is(await master.report(), 0x1240b);
    const { store } = slave;
    assert.is(store.status.get(StatusWord.minPhysicalOffset), SEGMENT_BYTES);
    assert.is(slave.main.window.visibleOffset, 0x1240b);
    assert.equal(logBytes(slave.folder).subarray(0, golden.length - 12), golden.subarray(12));
    const opened = slave.posted.find((message) => message.type === 'queueOpened');
    assert.equal(opened?.queue, { key: 0, topic: 'GoldenHa', queueId: 0, minOffset: 4, maxOffset: 4 });
  });
});

for (const chunkBytes of [1, 7, 1000, 65_536]) {
  test(`a log of several segments arrives whole in pieces of ${chunkBytes} bytes`, async () => {
    const { folder, bytes } = await writeLog(chunkBytes === 1 ? 150 : 600);
    const slave = await SlaveFixture.open();
    await withPair(slave, 0, async ({ master, socket }) => {
      const stream = transfersOf(bytes, 0, 32 * 1024);
      socket.setNoDelay(true);
      for (let at = 0; at < stream.length; at += chunkBytes) socket.write(stream.subarray(at, at + chunkBytes));
      await master.reportOf(bytes.length);
    });
    assert.equal(logBytes(slave.folder).subarray(0, bytes.length), bytes);
    assert.equal(entriesOfQueues(slave.folder), entriesOfLog(folder));
  });
}

test('cut in the middle of a record, it goes on from the last whole one, which it asks for again', async () => {
  const { folder, bytes } = await writeLog(300);
  const slave = await SlaveFixture.open();
  await withPair(slave, 0, async ({ master, socket }) => {
    const stream = transfersOf(bytes, 0, 32 * 1024);
    socket.write(stream.subarray(0, 70_000));
    socket.end();
    await untilClosed(socket);
    let offset = 0;
    for (let cut = 0; cut < 3; cut++) {
      // The connection was lost before or after the worker has written; then the next attempt waits for it.
      slave.clock.advance(RECONNECT_INTERVAL_MS);
      const next = await master.connection();
      const before = offset;
      offset = await master.report();
      assert.is(offset, slave.store.status.get(StatusWord.lastRecordOffset));
      assert.ok(offset > before && offset <= 70_000 * (cut + 1), `from ${offset}`);
      const rest = transfersOf(bytes, offset, 20_000);
      next.write(cut === 2 ? rest : rest.subarray(0, 30_000));
      if (cut === 2) break;
      // All but the record that is not whole is there before the connection goes.
      while ((await master.report()) < offset + 25_000) continue;
      next.end();
      await untilClosed(next);
    }
    await master.reportOf(bytes.length);
  });
  assert.equal(logBytes(slave.folder).subarray(0, bytes.length), bytes);
  assert.equal(entriesOfQueues(slave.folder), entriesOfLog(folder));
});

test('while the worker does not take anything the master is not read, and nothing is lost', async () => {
  const { bytes } = await writeLog(1500);
  const slave = await SlaveFixture.open();
  await withPair(slave, 0, async ({ master, socket }) => {
    assert.ok(bytes.length > 400_000);
    slave.hold(true);
    socket.write(transfersOf(bytes, 0, 32 * 1024));
    // The ring has 128 KiB.
    await untilLogged(slave, () => slave.store.replica?.hasWork === true);
    assert.is(slave.store.status.get(StatusWord.writtenOffset), 0);
    slave.hold(false);
    await master.reportOf(bytes.length);
  });
  assert.equal(logBytes(slave.folder).subarray(0, bytes.length), bytes);
});

test('a slave goes on where it was after a restart', async () => {
  const { folder, bytes } = await writeLog(300);
  const first = await SlaveFixture.open();
  await withPair(first, 0, async ({ master, socket }) => {
    socket.write(transfersOf(bytes.subarray(0, 90_000), 0, 32 * 1024));
    while ((await master.report()) < 85_000) continue;
  });
  const second = await SlaveFixture.open({}, nodeFileSystem, first.folder);
  const endOffset = second.store.status.get(StatusWord.writtenOffset);
  assert.ok(endOffset > 85_000 && endOffset <= 90_000);
  const lastRecordOffset = second.store.status.get(StatusWord.lastRecordOffset);
  assert.is(lastRecordOffset + bytes.readInt32BE(lastRecordOffset), endOffset);
  await withPair(second, lastRecordOffset, async ({ master, socket }) => {
    socket.write(transfersOf(bytes, lastRecordOffset, 32 * 1024));
    await master.reportOf(bytes.length);
  });
  assert.equal(logBytes(second.folder).subarray(0, bytes.length), bytes);
  assert.equal(entriesOfQueues(second.folder), entriesOfLog(folder));
});

/** A log with messages of several keys, of none, half messages and rolled back ones. */
async function writeKeyedLog(messages: number): Promise<{ folder: string; bytes: Buffer }> {
  const folder = makeFolder();
  const { store, put } = await openStore(folder, INDEX_SETTINGS);
  for (let i = 0; i < messages; i++) {
    const properties =
      i % 5 === 0 ? '' : `UNIQ_KEY\u0001id${i}\u0002KEYS\u0001all k${i}\u0002TAGS\u0001t${i % 3}\u0002`;
    put('Keyed', i % 2, [{ body: 'x'.repeat(300), properties, sysFlag: [0, 0, 4, 12][i % 4] ?? 0 }]);
  }
  const endOffset = store.status.get(StatusWord.writtenOffset);
  await store.close();
  return { folder, bytes: logBytes(folder).subarray(0, endOffset) };
}

test('a slave keeps an index of what comes, as its master does, over restarts and kills', async () => {
  const { folder, bytes } = await writeKeyedLog(400);
  const wanted = keysOfLog(folder);
  assert.ok(wanted.length > 800);
  assert.equal(keysOfIndex(folder, INDEX_SHAPE), wanted);
  const first = await SlaveFixture.open(INDEX_SETTINGS);
  const killed = makeFolder();
  await withPair(first, 0, async ({ master, socket }) => {
    socket.write(transfersOf(bytes.subarray(0, 90_000), 0, 32 * 1024));
    while ((await master.report()) < 85_000) continue;
    cpSync(first.folder, killed, { recursive: true });
  });
  for (const data of [first.folder, killed]) {
    const slave = await SlaveFixture.open(INDEX_SETTINGS, nodeFileSystem, data);
    const endOffset = slave.store.status.get(StatusWord.writtenOffset);
    assert.ok(endOffset > 85_000 && endOffset <= 90_000);
    const lastRecordOffset = slave.store.status.get(StatusWord.lastRecordOffset);
    await withPair(slave, lastRecordOffset, async ({ master, socket }) => {
      socket.write(transfersOf(bytes, lastRecordOffset, 32 * 1024));
      await master.reportOf(bytes.length);
    });
    assert.equal(keysOfIndex(data, INDEX_SHAPE), wanted);
  }
});

test('a slave with messageIndexEnable=false keeps no index', async () => {
  const { bytes } = await writeKeyedLog(30);
  const slave = await SlaveFixture.open({ ...INDEX_SETTINGS, messageIndexEnable: false });
  await withPair(slave, 0, async ({ master, socket }) => {
    socket.write(transferOf(0, bytes));
    await master.reportOf(bytes.length);
  });
  assert.not(existsSync(join(slave.folder, 'index')));
});

const record = golden.subarray(12);
function damaged(position: number): Buffer {
  const copy = Buffer.from(record);
  copy.writeUInt8(copy.readUInt8(position) ^ 1, position);
  return copy;
}

for (const { what, transfer, reason } of [
  { what: 'the bytes of another offset', transfer: transferOf(SEGMENT_BYTES + 8, record), reason: 'no segment' },
  { what: 'a record with a damaged body', transfer: transferOf(SEGMENT_BYTES, damaged(2000)), reason: 'damaged' },
  {
    what: 'a record that says it is elsewhere',
    transfer: transferOf(SEGMENT_BYTES, damaged(RECORD.PHYSICAL_OFFSET + 7)),
    reason: 'another log',
  },
  { what: 'what is no record', transfer: transferOf(SEGMENT_BYTES, damaged(RECORD.MAGIC)), reason: 'no record' },
  {
    what: 'a negative size',
    transfer: Buffer.from('0000000000010000ffffffff', 'hex'),
    reason: 'a body of -1 bytes',
  },
]) {
  test(`a master that sends ${what} is left, nothing is stored, and it is tried again`, async () => {
    await withPair(await SlaveFixture.open(), 0, async ({ slave, master, socket }) => {
      socket.write(transfer);
      await untilClosed(socket);
      assert.match(slave.log.find((line) => line.includes('interrupted')) ?? '', reason);
      assert.is(slave.store.drain.last.physicalOffset, 0);
      slave.clock.advance(RECONNECT_INTERVAL_MS);
      const again = await master.connection();
      assert.is(await master.report(), 0);
      again.write(golden);
      await master.reportOf(0x1240b);
    });
  });
}

test('a master that does not go on where this log ends is left, and nothing is cut off', async () => {
  await withPair(await SlaveFixture.open(), 0, async ({ slave, master, socket }) => {
    socket.write(golden);
    await master.reportOf(0x1240b);
    socket.write(transferOf(SEGMENT_BYTES, Buffer.alloc(0)));
    await untilClosed(socket);
    assert.match(slave.log.find((line) => line.includes('interrupted')) ?? '', 'this log ends at 74763');
    assert.is(slave.store.status.get(StatusWord.writtenOffset), 0x1240b);
    slave.clock.advance(RECONNECT_INTERVAL_MS);
    await master.connection();
    assert.is(await master.report(), SEGMENT_BYTES);
    assert.equal(slave.cuts, []);
  });
});

test('a master that says nothing for haHousekeepingInterval is left and tried again', async () => {
  await withPair(await SlaveFixture.open(), 0, async ({ slave, master, socket }) => {
    slave.clock.advance(21_000);
    await untilClosed(socket);
    slave.clock.advance(RECONNECT_INTERVAL_MS);
    await master.connection();
    assert.is(await master.report(), 0);
  });
});

test('under SYNC_FLUSH what is not on the disk is not acknowledged', async () => {
  let isBroken = false;
  const files: FileSystem = {
    ...nodeFileSystem,
    fdatasync: (file) => {
      if (isBroken) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      nodeFileSystem.fdatasync(file);
    },
  };
  const { bytes } = await writeLog(100);
  await withPair(
    await SlaveFixture.open({ flushDiskType: 'SYNC_FLUSH' }, files),
    0,
    async ({ slave, master, socket }) => {
      const half = entryEnd(bytes, 15_000);
      socket.write(transferOf(0, bytes.subarray(0, half)));
      await master.reportOf(half);
      isBroken = true;
      socket.write(transferOf(half, bytes.subarray(half, entryEnd(bytes, 30_000))));
      await untilLogged(slave, () => slave.posted.some((message) => message.type === 'refuseWrites'));
      // Each report goes over the socket, and the HA service has had its turn meanwhile.
      for (let round = 0; round < 3; round++) {
        slave.clock.advance(5000);
        assert.is(await master.report(), half);
      }
    },
  );
});

for (const [code, cause] of [
  ['ENOSPC', 'the disk is full: cannot write the commit log'],
  ['EIO', 'cannot write the commit log: EIO'],
] as const) {
  test(`${code} holds replication up until the disk takes writes again, and nothing is lost or there twice`, async () => {
    let isFull = false;
    const files: FileSystem = {
      ...nodeFileSystem,
      pwrite: (file, source, start, length, position) => {
        if (isFull) throw Object.assign(new Error(code), { code });
        return nodeFileSystem.pwrite(file, source, start, length, position);
      },
    };
    const { folder, bytes } = await writeLog(300);
    const slave = await SlaveFixture.open({}, files);
    await withPair(slave, 0, async ({ master, socket }) => {
      const stream = transfersOf(bytes, 0, 32 * 1024);
      socket.write(stream.subarray(0, 40_000));
      while ((await master.report()) < 30_000) continue;
      isFull = true;
      socket.write(stream.subarray(40_000));
      const states = (): (string | undefined)[] =>
        slave.posted.flatMap((message) => (message.type === 'refuseWrites' ? [message.refusal?.reason] : []));
      await untilLogged(slave, () => states().length > 0);
      assert.match(states()[0] ?? '', cause);
      isFull = false;
      slave.store.flusher.tick(5000);
      assert.is(states().at(-1), undefined);
      slave.hold(false);
      await master.reportOf(bytes.length);
    });
    assert.equal(logBytes(slave.folder).subarray(0, bytes.length), bytes);
    assert.equal(entriesOfQueues(slave.folder), entriesOfLog(folder));
  });
}

test('a topic that was made anew at the master begins anew here', async () => {
  const { bytes } = await writeLog(30);
  const slave = await SlaveFixture.open();
  await withPair(slave, 0, async ({ master, socket }) => {
    socket.write(transferOf(0, bytes));
    await master.reportOf(bytes.length);
    // The log's first record again, with its queue offset of 0, at the log's end.
    const again = Buffer.from(bytes.subarray(0, bytes.readInt32BE(0)));
    again.writeBigInt64BE(BigInt(bytes.length), RECORD.PHYSICAL_OFFSET);
    socket.write(transferOf(bytes.length, again));
    await master.reportOf(bytes.length + again.length);
    const opened = slave.posted.filter((message) => message.type === 'queueOpened').at(-1);
    assert.equal(opened?.queue, { key: 6, topic: 'Topic0', queueId: 0, minOffset: 0, maxOffset: 0 });
  });
  const [entry, ...others] = entriesOfQueues(slave.folder).get('Topic0/0') ?? [];
  assert.is(entry?.split(' ')[0], String(bytes.length));
  assert.equal(others, []);
});

/** End of the record that goes over `offset`. */
function entryEnd(bytes: Buffer, offset: number): number {
  let at = 0;
  while (at < offset) at += bytes.readInt32BE(at);
  return at;
}

async function untilLogged(slave: SlaveFixture, holds: () => boolean): Promise<void> {
  while (!holds() && slave.log.length < 1000) await new Promise((resolve) => setImmediate(resolve));
}

test.run();
