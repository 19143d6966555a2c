/** Reads of a store whose oldest segments go: between the steps of a deletion, after it, and after a restart. */
import { mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { createLogger } from '#src/base/log.js';
import { PropertyFilter } from '#src/filter/property-filter.js';
import { GetStatus, type MessageToStore, type PutResult, PutStatus } from '#src/workers/message-store.js';
import { StoreClient } from '#src/workers/store-client.js';
import type { ExpiryLimits } from '#src/workers/control-message.js';

import { replicationFor, settingsFor } from '../commitlog/store-harness.js';
import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const SEGMENT_BYTES = 64 * 1024;
const COUNT = 700;
const AT_ONCE: ExpiryLimits = {
  reservedMs: -1,
  isAtOnce: true,
  bytesToFree: 0,
  logBytesMax: 0,
  segmentsMax: 1,
  segmentPauseMs: 0,
  queuePauseMs: 0,
};

const test = suite('store retention');
const folders: string[] = [];

test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function open(folder: string): Promise<StoreClient> {
  const settings = settingsFor(folder, { mappedFileSizeConsumeQueue: 2000, maxOpenFiles: 16, maxIndexNum: 200 });
  return StoreClient.open({
    settings,
    replication: replicationFor(settings),
    requestRingSizeBytes: 1 << 20,
    // Nearly all is read from files.
    logTailWindowSizeBytes: 1 << 16,
    putsInFlightMax: 1024,
    waitingBytesMax: 1 << 20,
    putTimeoutMs: 20_000,
    storeHost: () => Buffer.alloc(8),
    onPressure: () => undefined,
    onFailure: () => undefined,
    logger: createLogger('test', 'silent'),
    clock: new FakeClock(),
  });
}

function put(store: StoreClient, i: number): Promise<PutResult> {
  const message: MessageToStore = {
    topic: 'T',
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestampMs: 0,
    bornHost: Buffer.alloc(8),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.alloc(300, String(i % 10)),
    properties: `KEYS\u0001k${i}\u0002color\u0001${i % 2 === 0 ? 'red' : 'blue'}\u0002`,
  };
  return new Promise((done) => {
    store.putMessage(message, done);
  });
}

/** A store with `COUNT` messages that was closed: all of it is known to be on disk. */
async function filled(): Promise<{ folder: string; places: number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-store-retention-'));
  folders.push(folder);
  const store = await open(folder);
  const places: number[] = [];
  for (let i = 0; i < COUNT; i++) places.push((await put(store, i)).physicalOffset);
  await store.stop();
  assert.ok((places.at(-1) ?? 0) > 4 * SEGMENT_BYTES, 'several segments');
  return { folder, places };
}

function segmentOf(place: number | undefined): number {
  return Math.floor((place ?? 0) / SEGMENT_BYTES);
}

/** First offset of a message in segment `index` or after it. */
function firstOf(places: readonly number[], index: number): number {
  return places.findIndex((place) => segmentOf(place) >= index);
}

function deleteFirstFile(folder: string): void {
  const [first = ''] = readdirSync(join(folder, 'commitlog')).toSorted();
  unlinkSync(join(folder, 'commitlog', first));
}

// The pull went on after all that it had selected, and passed over messages that were there.
test('a pull over the border of a segment that is just being deleted gives the messages that are left', async () => {
  const { folder, places } = await filled();
  const store = await open(folder);
  deleteFirstFile(folder);
  const border = firstOf(places, 1);
  const found = await store.getMessages('T', 0, border - 5, 32, 1 << 20, undefined);
  assert.equal([found.status, found.messageCount, found.nextBeginOffset], [GetStatus.FOUND, 27, border + 27]);
  assert.is(Number(found.body.readBigInt64BE(20)), border);
  const early = await store.getMessages('T', 0, 0, 32, 1 << 20, undefined);
  assert.equal([early.status, early.nextBeginOffset], [GetStatus.MESSAGE_WAS_REMOVING, 32]);
  await store.stop();
});

test('the same with an expression: what is left in the stretch is found', async () => {
  const { folder, places } = await filled();
  const store = await open(folder);
  deleteFirstFile(folder);
  const border = firstOf(places, 1);
  const filter = new PropertyFilter({ expression: "color = 'red'", byRealTopic: undefined });
  const result = await store.getMessages('T', 0, border - 6, 5, 1 << 20, filter);
  assert.equal([result.status, result.messageCount], [GetStatus.FOUND, 5]);
  const firstRed = border % 2 === 0 ? border : border + 1;
  assert.is(Number(result.body.readBigInt64BE(20)), firstRed);
  await store.stop();
});

test('after a deletion offsets below are too small, records are not there, keys are not found, and reads that had the file open end well', async () => {
  const { folder, places } = await filled();
  const store = await open(folder);
  const underWay = Promise.all([0, 40, 80].map(async (at) => store.getMessages('T', 0, at, 32, 1 << 20, undefined)));
  assert.is(await store.retention.deleteExpired(AT_ONCE), 1);
  for (const { status } of await underWay)
    assert.ok(status === GetStatus.FOUND || status === GetStatus.MESSAGE_WAS_REMOVING);
  const border = firstOf(places, 1);
  assert.is(store.minOffset('T', 0), border);
  const small = await store.getMessages('T', 0, border - 1, 32, 1 << 20, undefined);
  assert.equal([small.status, small.nextBeginOffset], [GetStatus.OFFSET_TOO_SMALL, border]);
  assert.is(await store.recordAt(places[3] ?? 0), undefined);
  assert.ok(await store.recordAt(places[border] ?? 0));
  const query = { topic: 'T', countMax: 10, beginTimestampMs: 0, endTimestampMs: 2 ** 52, indexType: undefined };
  assert.is((await store.queryMessage({ ...query, key: 'k3' })).body.length, 0);
  assert.ok((await store.queryMessage({ ...query, key: `k${COUNT - 1}` })).body.length > 0);
  assert.is(store.stats().minPhysicalOffset, SEGMENT_BYTES);
  await store.stop();
});

/** Compares every search with a look at all messages: at each time, before and after it. */
async function checkTimes(store: StoreClient): Promise<void> {
  const min = store.minOffset('T', 0);
  const max = store.maxOffset('T', 0);
  const times: number[] = [];
  for (let at = min; at < max; at++) times.push(await store.storeTimestampAt('T', 0, at));
  assert.ok(times.every((time, i) => time > 0 && time >= (times[i - 1] ?? 0)));
  const asked = new Set<number>([0, 2 ** 45]);
  for (const time of times) for (const near of [time - 1, time, time + 1]) asked.add(near);
  for (const time of asked) {
    const first = times.findIndex((each) => each >= time);
    const last = times.findLastIndex((each) => each <= time);
    const lower = await store.offsetByTimestamp('T', 0, time, 'LOWER');
    const upper = await store.offsetByTimestamp('T', 0, time, 'UPPER');
    assert.is(lower, first < 0 ? max : min + first, `LOWER ${time}`);
    assert.is(upper, last < 0 ? min : min + last, `UPPER ${time}`);
  }
  assert.is(await store.earliestStoreTimestamp('T', 0), times[0]);
  assert.is(await store.earliestLogTimestamp(), times[0]);
}

test('offsets by time are right at every message: before a deletion, after each of several, and after restarts', async () => {
  const { folder, places } = await filled();
  for (let deleted = 0; deleted <= 3; deleted++) {
    const store = await open(folder);
    assert.is(store.minOffset('T', 0), firstOf(places, deleted), 'as recovery found it');
    await checkTimes(store);
    assert.is(await store.retention.deleteExpired(AT_ONCE), 1);
    assert.is(store.minOffset('T', 0), firstOf(places, deleted + 1));
    await checkTimes(store);
    await store.stop();
  }
});

test('while the disk is too full messages are refused with the reason, reads go on, and then messages are taken again', async () => {
  const { folder } = await filled();
  const store = await open(folder);
  store.retention.diskFull = "the broker's disk is full [CL:  0.91 CQ:  0.91 INDEX:  0.91]";
  const refused = await put(store, 0);
  assert.equal([refused.status, refused.remark], [PutStatus.SERVICE_NOT_AVAILABLE, store.retention.diskFull]);
  assert.is((await store.getMessages('T', 0, 0, 32, 1 << 20, undefined)).status, GetStatus.FOUND);
  store.retention.diskFull = undefined;
  assert.is((await put(store, 0)).status, PutStatus.OK);
  await store.stop();
  const outcome = await store.retention.deleteExpired(AT_ONCE).catch(String);
  assert.match(String(outcome), 'stopping', 'a stopped store deletes nothing');
});

test.run();
