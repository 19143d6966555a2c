/**
 * Several slaves of one master over links that cut, stop, hold back, split and mix up bytes, while the master goes on writing: all end with the
 * master's bytes and the queue entries that these make. A seed says what happens where; a failure prints it.
 */
import * as assert from 'uvu/assert';

import { StatusWord } from '#src/ring/store-status-page.js';

import { entriesOfLog, entriesOfQueues, removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';
import { logBytes, MasterFixture, SlaveFixture, writeLog } from './ha-fixture.js';
import { type LinkFault, type LinkPlan, LinkProxy } from './link-proxy.js';

const test = suite('bad links');
test.after(removeFolders);

const SEGMENT_BYTES = 64 * 1024;
const STEP_MS = 1000;

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One turn of the event loop, in which sockets do what they can. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

interface Follower {
  readonly slave: SlaveFixture;
  readonly proxy: LinkProxy;
}

async function follow(master: MasterFixture, nextPlan: () => LinkPlan): Promise<Follower> {
  const slave = await SlaveFixture.open();
  const proxy = new LinkProxy(master.port, nextPlan);
  slave.service.updateHaMasterAddress(await proxy.listen());
  return { slave, proxy };
}

function endOf({ slave }: Follower): number {
  return slave.store.status.get(StatusWord.writtenOffset);
}

/** Time goes on for all, by a second each time that nothing has moved for a while, until every slave has everything. */
async function untilAllHave(master: MasterFixture, followers: readonly Follower[], endOffset: number): Promise<void> {
  let seen = '';
  for (let quietTurns = 0; followers.some((follower) => endOf(follower) < endOffset);) {
    await turn();
    const now = followers.map((follower) => endOf(follower)).join();
    quietTurns = now === seen ? quietTurns + 1 : 0;
    seen = now;
    if (quietTurns < 50) continue;
    quietTurns = 0;
    for (const { slave, proxy } of followers) {
      proxy.release();
      slave.clock.advance(STEP_MS);
    }
    master.clock.advance(STEP_MS);
  }
}

async function checkAndStop(
  master: MasterFixture,
  followers: readonly Follower[],
  log: { readonly folder: string; readonly bytes: Buffer },
  hint: string,
): Promise<void> {
  for (const { slave, proxy } of followers) {
    await slave.stop();
    proxy.close();
    assert.equal(slave.cuts, [], hint);
    assert.ok(logBytes(slave.folder).subarray(0, log.bytes.length).equals(log.bytes), hint);
    assert.equal(entriesOfQueues(slave.folder), entriesOfLog(log.folder), hint);
  }
  await master.service.stop();
}

const FAULTS: readonly LinkFault[] = ['cut', 'half-open', 'single bytes', 'held back', 'late after cut'];

for (const fault of FAULTS) {
  test(`a link that is ${fault} again and again ends in the same bytes`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomFrom(seed);
    const log = await writeLog(fault === 'single bytes' ? 150 : 400);
    const master = new MasterFixture({ segmentSizeBytes: SEGMENT_BYTES });
    await master.start();
    const plan = (): LinkPlan => ({ fault, afterBytes: 5000 + Math.floor(random() * 30_000) });
    const follower = await follow(master, plan);
    // A slave that has nothing begins with the master's last segment.
    master.append(log.bytes.subarray(0, SEGMENT_BYTES / 2));
    await untilAllHave(master, [follower], lastWhole(log.bytes, SEGMENT_BYTES / 2));
    master.append(log.bytes.subarray(SEGMENT_BYTES / 2));
    await untilAllHave(master, [follower], log.bytes.length);
    assert.ok((follower.proxy.faults.get(fault) ?? 0) > 0);
    await checkAndStop(master, [follower], log, `seed ${seed}`);
  });
}

test('several slaves, each with a link of its own that does anything, one of which joins late', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomFrom(seed);
  const log = await writeLog(900);
  const master = new MasterFixture({ segmentSizeBytes: SEGMENT_BYTES });
  await master.start();
  const plan = (): LinkPlan => ({
    fault: FAULTS[Math.floor(random() * FAULTS.length)] ?? 'cut',
    afterBytes: 3000 + Math.floor(random() * 90_000),
  });
  const followers = [await follow(master, plan), await follow(master, plan), await follow(master, plan)];
  // All but the one that comes late have the first segment, with which a slave that has nothing would not begin later.
  master.append(log.bytes.subarray(0, SEGMENT_BYTES / 2));
  await untilAllHave(master, followers, lastWhole(log.bytes, SEGMENT_BYTES / 2));
  for (let at = SEGMENT_BYTES / 2; at < log.bytes.length;) {
    const size = Math.min(1 + Math.floor(random() * 30_000), log.bytes.length - at);
    master.append(log.bytes.subarray(at, at + size));
    at += size;
    await turn();
  }
  const late = await follow(master, () => ({ fault: 'none', afterBytes: 0 }));
  await untilAllHave(master, [...followers, late], log.bytes.length);
  await late.slave.stop();
  late.proxy.close();
  // It begins with the master's last segment, as Apache's does.
  const lastSegment = log.bytes.length - (log.bytes.length % SEGMENT_BYTES);
  const ofLate = logBytes(late.slave.folder).subarray(0, log.bytes.length - lastSegment);
  assert.ok(ofLate.equals(log.bytes.subarray(lastSegment)), `seed ${seed}`);
  await checkAndStop(master, followers, log, `seed ${seed}`);
});

/** End of the last whole record before `limit`. */
function lastWhole(bytes: Buffer, limit: number): number {
  let at = 0;
  while (at + bytes.readInt32BE(at) <= limit) at += bytes.readInt32BE(at);
  return at;
}

test.run();
