/** A slave whose log is not the beginning of its master's: where the logs part is found, nothing the master has is cut, and what goes is kept. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { RECONNECT_INTERVAL_MS } from '#src/ha/ha-client.js';
import { RECORD } from '#src/message/stored-record.js';
import { StatusWord } from '#src/ring/store-status-page.js';

import { keysOfIndex, keysOfLog } from '../commitlog/index-harness.js';
import { entriesOfLog, entriesOfQueues, makeFolder, openStore, removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';
import { logBytes, MasterFixture, ScriptedMaster, SlaveFixture, transferOf, untilClosed } from './ha-fixture.js';

const test = suite('agreement search');
test.after(removeFolders);

const SEGMENT_BYTES = 64 * 1024;
const INDEX_SHAPE = { hashSlotNum: 500, indexNum: 2000 };
const SETTINGS = { maxHashSlotNum: INDEX_SHAPE.hashSlotNum, maxIndexNum: INDEX_SHAPE.indexNum };

/** A store that has `common` records, then `own` others; without `abort`, closed. */
async function writeStore(
  common: number,
  own: number,
  word: string,
): Promise<{ folder: string; bytes: Buffer; common: number }> {
  const folder = makeFolder();
  const { store, put } = await openStore(folder, SETTINGS);
  const putOne = (text: string, i: number): unknown =>
    put(`Topic${i % 3}`, i % 2, [
      { body: `${text} ${i} `.repeat(20 + ((i * 7919) % 60)), properties: `KEYS\u0001k${i}\u0002` },
    ]);
  for (let i = 0; i < common; i++) putOne('common', i);
  const commonEnd = store.status.get(StatusWord.writtenOffset);
  for (let i = 0; i < own; i++) putOne(word, i);
  const endOffset = store.status.get(StatusWord.writtenOffset);
  await store.close();
  return { folder, bytes: logBytes(folder).subarray(0, endOffset), common: commonEnd };
}

function cutFiles(folder: string): Buffer[] {
  const cutFolder = join(folder, 'cut');
  return readdirSync(cutFolder).map((name) => readFileSync(join(cutFolder, name)));
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets the slave follow a real master's end until it has all or asks for a cut; the clock of the slave goes on meanwhile. */
async function follow(slave: SlaveFixture, master: MasterFixture, endOffset: number): Promise<void> {
  const { status } = slave.store;
  slave.service.updateHaMasterAddress(`127.0.0.1:${master.port}`);
  await until(() => {
    if (slave.cuts.length > 0) return true;
    slave.clock.advance(1000);
    master.clock.advance(1000);
    return (
      status.get(StatusWord.writtenOffset) === endOffset && master.status.get(StatusWord.slaveAckOffset) === endOffset
    );
  });
}

for (const { what, common, ofSlave, ofMaster } of [
  { what: 'one that has a record more', common: 50, ofSlave: 1, ofMaster: 0 },
  { what: 'one that is longer by segments', common: 50, ofSlave: 200, ofMaster: 0 },
  { what: 'one that has others, and more', common: 100, ofSlave: 150, ofMaster: 90 },
  { what: 'one that has others, and fewer', common: 100, ofSlave: 60, ofMaster: 200 },
]) {
  test(`${what} is cut where they agree, keeps what went, and ends with the master's bytes`, async () => {
    const mastersLog = await writeStore(common, ofMaster, 'master');
    const slavesLog = await writeStore(common, ofSlave, 'slave');
    const master = new MasterFixture({ segmentSizeBytes: SEGMENT_BYTES });
    await master.start();
    master.append(mastersLog.bytes);
    const slave = await SlaveFixture.open(SETTINGS, nodeFileSystem, slavesLog.folder);
    await follow(slave, master, mastersLog.bytes.length);
    await slave.stop();
    const [cut] = slave.cuts;
    if (cut === undefined) throw new Error('no cut is asked for');
    assert.is(cut.fromOffset, mastersLog.common);
    assert.is(cut.endOffset, slavesLog.bytes.length);
    const again = await SlaveFixture.open({ ...SETTINGS, cut }, nodeFileSystem, slavesLog.folder);
    assert.is(again.store.status.get(StatusWord.writtenOffset), cut.fromOffset);
    assert.ok(again.posted.some((message) => message.type === 'log' && message.message.includes(cut.reason)));
    assert.equal(cutFiles(slavesLog.folder), [slavesLog.bytes.subarray(cut.fromOffset)]);
    await follow(again, master, mastersLog.bytes.length);
    assert.equal(again.cuts, []);
    await again.stop();
    await master.service.stop();
    const slaveBytes = logBytes(slavesLog.folder);
    assert.equal(slaveBytes.subarray(0, mastersLog.bytes.length), mastersLog.bytes);
    assert.ok(slaveBytes.subarray(mastersLog.bytes.length).every((byte) => byte === 0));
    assert.equal(entriesOfQueues(slavesLog.folder), entriesOfLog(mastersLog.folder));
    assert.equal(keysOfIndex(slavesLog.folder, INDEX_SHAPE), keysOfLog(mastersLog.folder));
  });
}

for (const { what, bytes } of [
  { what: 'an empty one', bytes: Buffer.alloc(0) },
  { what: 'one with nothing of this log', bytes: undefined },
]) {
  test(`a master that has ${what} costs the slave nothing`, async () => {
    const slavesLog = await writeStore(80, 0, 'slave');
    const other = bytes ?? (await writeStore(0, 200, 'another')).bytes;
    const master = new MasterFixture({ segmentSizeBytes: SEGMENT_BYTES });
    await master.start();
    master.append(other);
    const slave = await SlaveFixture.open(SETTINGS, nodeFileSystem, slavesLog.folder);
    slave.service.updateHaMasterAddress(`127.0.0.1:${master.port}`);
    const refusals = (): number => slave.log.filter((line) => line.includes('not even the first record')).length;
    await until(() => {
      slave.clock.advance(1000);
      master.clock.advance(1000);
      return refusals() > 0;
    });
    assert.equal(slave.cuts, []);
    assert.is(slave.store.status.get(StatusWord.writtenOffset), slavesLog.bytes.length);
    await slave.stop();
    await master.service.stop();
    assert.equal(logBytes(slavesLog.folder).subarray(0, slavesLog.bytes.length), slavesLog.bytes);
  });
}

/** What a slave does with a master that keeps silent where its log ends, as Apache's does. */
async function withSilentMaster(
  use: (pair: {
    slave: SlaveFixture;
    master: ScriptedMaster;
    bytes: Buffer;
    last: number;
    next: () => Promise<Socket>;
  }) => Promise<void>,
): Promise<void> {
  const { folder, bytes } = await writeStore(150, 0, '');
  const slave = await SlaveFixture.open(SETTINGS, nodeFileSystem, folder);
  const master = new ScriptedMaster();
  slave.service.updateHaMasterAddress(await master.listen());
  try {
    const last = slave.store.status.get(StatusWord.lastRecordOffset);
    await use({ slave, master, bytes, last, next: () => master.connection() });
  } finally {
    master.close();
    await slave.stop();
  }
}

test('a master of Apache’s with a shorter log is asked for earlier segments, and its silence is waited for', async () => {
  await withSilentMaster(async ({ slave, master, bytes, last, next }) => {
    const first = await next();
    assert.is(await master.report(), last);
    // Heartbeats at once prove nothing.
    slave.clock.advance(1000);
    const lastRead = (): number | undefined => slave.service.runtimeInfo().client?.lastReadTimestampMs;
    const readBefore = lastRead();
    first.write(Buffer.concat([transferOf(last, Buffer.alloc(0)), transferOf(last, Buffer.alloc(0))]));
    await until(() => lastRead() !== readBefore);
    slave.clock.advance(8000);
    assert.is(slave.log.filter((line) => line.includes('interrupted')).join('\n'), '');
    slave.clock.advance(1000);
    await untilClosed(first);
    const second = await next();
    const from = await master.report();
    assert.is(from, last - (last % SEGMENT_BYTES));
    const masterEnd = recordsUntil(bytes, from, from + 30_000);
    second.write(transferOf(from, bytes.subarray(from, masterEnd)));
    second.write(transferOf(masterEnd, Buffer.alloc(0)));
    second.write(transferOf(masterEnd, Buffer.alloc(0)));
    await until(() => {
      slave.clock.advance(1000);
      return slave.cuts.length > 0;
    });
    assert.is(slave.cuts[0]?.fromOffset, masterEnd);
    assert.match(slave.cuts[0]?.reason ?? '', "the master's log ends");
  });
});

test('a master that is gone in the middle of the comparison costs nothing, and is asked again', async () => {
  await withSilentMaster(async ({ slave, master, bytes, last, next }) => {
    const first = await next();
    await master.report();
    first.end(transferOf(last, bytes.subarray(last, last + 40)));
    await untilClosed(first);
    slave.clock.advance(RECONNECT_INTERVAL_MS);
    const second = await next();
    assert.is(await master.report(), last);
    second.write(transferOf(last, bytes.subarray(last)));
    await master.reportOf(bytes.length);
    assert.equal(slave.cuts, []);
  });
});

test('a byte that differs in the body of the last record only is found', async () => {
  await withSilentMaster(async ({ slave, master, bytes, last, next }) => {
    const first = await next();
    await master.report();
    const other = Buffer.from(bytes);
    other.writeUInt8(other.readUInt8(last + 200) ^ 1, last + 200);
    first.write(transferOf(last, other.subarray(last)));
    const second = await next();
    const from = await master.report();
    assert.ok(from < last);
    for (let at = from; at < other.length; at += 1000) second.write(transferOf(at, other.subarray(at, at + 1000)));
    await until(() => slave.cuts.length > 0);
    assert.is(slave.cuts[0]?.fromOffset, last);
    assert.match(slave.cuts[0]?.reason ?? '', `other bytes at ${last + 200}`);
  });
});

test('a copy that cannot be made leaves the log as it is', async () => {
  const { folder, bytes } = await writeStore(60, 0, '');
  const files = {
    ...nodeFileSystem,
    pwrite: (): number => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    },
  };
  const lastRecordOffset = recordsUntil(bytes, 0, 20_000);
  const fromOffset = lastRecordOffset + bytes.readInt32BE(lastRecordOffset + RECORD.TOTAL_SIZE);
  const cut = { fromOffset, lastRecordOffset, endOffset: bytes.length, reason: 'a test' };
  try {
    await SlaveFixture.open({ ...SETTINGS, cut }, files, folder);
    assert.unreachable('it was cut without a copy');
  } catch (error) {
    assert.match((error as Error).message, 'cannot be kept');
  }
  assert.equal(logBytes(folder).subarray(0, bytes.length), bytes);
});

/** End of the record that goes over `limit`, from the one at `from` on; none of them is a blank. */
function recordsUntil(bytes: Buffer, from: number, limit: number): number {
  let at = from;
  while (at < limit) at += bytes.readInt32BE(at);
  return at;
}

test.run();
