/** What the simulation has found in replication, each as a short history that failed, tried with many orders of what arrives. */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import type { SentMessage } from './history.js';
import type { ReplicationHistory, ReplicationOperation, ReplicationSettings } from './replication-history.js';
import { tryReplication } from './try-seed.js';

/** Orders in which things arrive. */
const ORDERS = 16;

const test = suite('bugs that the simulation found in replication');

const SETTINGS: ReplicationSettings = {
  flushDiskType: 'SYNC_FLUSH',
  slaves: 1,
  inSyncReplicas: 2,
  segmentBytes: 4096,
  queueFileEntries: 30,
  maxIndexNum: 24,
  transferBatchBytes: 2048,
  transferBytesPerSecondMax: 0,
  wireBytesMax: 3000,
  sendBufferBytesMax: 4000,
};
const HEAL: ReplicationOperation = { kind: 'heal' };

let nextId = 1;

function send(bodyBytes: number): ReplicationOperation {
  const message: SentMessage = { id: nextId++, bodyBytes, paddingBytes: 0, keyCount: 1, tag: 'red', delayLevel: 0 };
  return { kind: 'send', topic: 'alpha', queueId: 0, messages: [message] };
}

/** The master's worker takes all of them at once. */
function sends(count: number, bodyBytes: number, master = 0): ReplicationOperation[] {
  return [...Array.from({ length: count }, () => send(bodyBytes)), { kind: 'work', broker: master }];
}

function flow(rounds: number): ReplicationOperation {
  return { kind: 'flow', rounds, seed: 0 };
}

function take(broker: number): ReplicationOperation {
  return { kind: 'take', broker };
}

function start(broker: number): ReplicationOperation {
  return { kind: 'start', broker };
}

function tick(ms: number): ReplicationOperation {
  return { kind: 'tick', ms };
}

function part(one: number, other: number): ReplicationOperation {
  return { kind: 'part', brokers: [one, other] };
}

function powerCut(broker: number, afterCalls = 0): ReplicationOperation {
  return { kind: 'crash', broker, isPowerCut: true, afterCalls, lossSeed: 0 };
}

function failover(end: 'kill' | 'powerCut' | 'diskLost'): ReplicationOperation {
  return { kind: 'failover', end, lossSeed: 0 };
}

/** All numbers that a history has for chance are replaced. */
function seeded(operation: ReplicationOperation, seed: number): ReplicationOperation {
  if ('lossSeed' in operation) return { ...operation, lossSeed: seed };
  return 'seed' in operation ? { ...operation, seed } : operation;
}

async function survives(
  overrides: Partial<ReplicationSettings>,
  operations: readonly ReplicationOperation[],
): Promise<void> {
  for (let order = 1; order <= ORDERS; order++) {
    const history: ReplicationHistory = {
      seed: 0,
      settings: { ...SETTINGS, ...overrides },
      operations: [...operations, { kind: 'converge', seed: 0 } as const].map((operation, i) =>
        seeded(operation, order * 1000 + i),
      ),
    };
    const violation = await tryReplication(history);
    assert.is(violation, undefined, `order ${order}: ${violation?.message}`);
  }
}

/** The old master has messages that its slave lacks, and comes back as its slave. */
function comeBackLonger(common: number, own: number, bodyBytes: number): ReplicationOperation[] {
  return [flow(4), ...sends(common, bodyBytes), flow(40), part(0, 1), ...sends(own, bodyBytes), failover('kill'), HEAL];
}

// Compared over the blank at a segment's end, a slave read past its head when the blank came in more than one piece, and never got further.
test('logs are compared over a blank that comes in pieces', async () => {
  await survives({ wireBytesMax: 100 }, [...comeBackLonger(6, 1, 500), ...sends(1, 1000, 1), start(0), flow(10)]);
});

// Its first report said where a slave was before it was compared, and was taken for an acknowledgement of the master's messages up to there.
test('what a slave says before it was compared acknowledges nothing', async () => {
  const leftAlone = [flow(6), ...sends(1, 400), flow(40), part(0, 1), part(0, 2), ...sends(6, 400), failover('kill')];
  const waiting = [HEAL, flow(6), part(1, 2), ...sends(12, 400, 1), take(1), start(0), flow(1), flow(1), flow(1)];
  await survives({ slaves: 2, segmentBytes: 16_384 }, [...leftAlone, ...waiting]);
});

// A slave that has nothing begins with the last segment; what it acknowledged there was taken for all that lies before, too.
test('a slave that begins late acknowledges nothing of what it never gets', async () => {
  const lost: ReplicationOperation = { kind: 'loseDisk', broker: 1 };
  await survives({}, [flow(4), ...sends(8, 700), take(0), lost, start(1), flow(6)]);
});

// A connection that nobody had closed yet counted beside the new one of the same slave.
test('a slave that connects again is not two slaves', async () => {
  await survives({ slaves: 2, inSyncReplicas: 3, segmentBytes: 16_384 }, [
    flow(6),
    part(0, 2),
    ...sends(3, 300),
    take(0),
    flow(30),
    powerCut(1),
    start(1),
    flow(30),
  ]);
});

// It went on with the master before, which was a slave by then, for as long as that connection lived.
test('a slave follows a new master at once', async () => {
  await survives({ slaves: 2, inSyncReplicas: 3 }, [
    ...sends(1, 300),
    flow(20),
    failover('diskLost'),
    failover('powerCut'),
  ]);
});

// Its log's oldest segments were deleted while it searched in them for where it and its master part: the HA thread ended.
test('segments may be deleted during a search', async () => {
  const expire: ReplicationOperation = { kind: 'expire', broker: 0, segments: 3 };
  const disk: ReplicationOperation = { kind: 'disk', broker: 0, count: 40 };
  const written = Array.from({ length: 3 }, () => [tick(1100), disk, tick(3100), disk]).flat();
  const search = [start(0), ...written, expire, flow(1), disk, tick(100), disk];
  await survives({ wireBytesMax: 100 }, [...comeBackLonger(1, 12, 900), ...search, ...written, flow(4)]);
});

// A log that had got its place from the last master and lost all that came there said that it had everything up to that place.
test('an empty log acknowledges nothing, wherever it is', async () => {
  await survives({ flushDiskType: 'ASYNC_FLUSH', segmentBytes: 8192 }, [
    ...sends(13, 600),
    flow(3),
    powerCut(1),
    powerCut(0),
  ]);
});

// The broker had stopped in order to cut its log, and what a power cut had left of the end was taken for what follows damage.
test('a power cut while a log is cut leaves nothing of its end', async () => {
  const back = [flow(4), ...sends(2, 200), flow(40), part(0, 1), ...sends(8, 250), failover('kill'), HEAL];
  // The calls of the disk around the truncation.
  for (const afterCalls of [29, 30, 31, 32, 33]) {
    const crash = powerCut(0, afterCalls);
    await survives({ flushDiskType: 'ASYNC_FLUSH' }, [...back, ...sends(2, 300, 1), start(0), crash, flow(20)]);
  }
});

test.run();
