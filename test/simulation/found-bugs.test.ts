/** What the simulation has found in the store, each as a short history that failed, tried with many power cuts. */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import type { History, Operation, RunSettings, SentMessage } from './history.js';
import { tryHistory } from './try-seed.js';

/** Power cuts of different outcome. */
const LOSSES = 24;
const DRAIN: Operation = { kind: 'drain' };
const RESTART: Operation = { kind: 'restart' };
const KILL: Operation = { kind: 'crash', isPowerCut: false, afterCalls: 0, lossSeed: 0 };

const test = suite('bugs that the simulation found');

let nextId = 1;

function send(bodyBytes: number, paddingBytes = 0, topic = 'alpha', queueId = 0): Operation {
  const message: SentMessage = { id: nextId++, bodyBytes, paddingBytes, keyCount: 1, tag: 'red', delayLevel: 0 };
  return { kind: 'send', topic, queueId, messages: [message] };
}

/** Sends, one after the other, each taken by the worker. */
function sends(count: number, bodyBytes: number, paddingBytes = 0): Operation[] {
  return Array.from({ length: count }, () => [send(bodyBytes, paddingBytes), DRAIN]).flat();
}

function tick(ms: number): Operation {
  return { kind: 'tick', ms };
}

function disk(count: number): Operation {
  return { kind: 'disk', count };
}

const SYNC: RunSettings = {
  flushDiskType: 'SYNC_FLUSH',
  segmentBytes: 4096,
  queueFileEntries: 8,
  maxIndexNum: 8,
  maxOpenFiles: 2,
};
const ASYNC: RunSettings = { ...SYNC, flushDiskType: 'ASYNC_FLUSH' };

/** The operations, then a power cut, with all that it may take, and a clean stop. */
async function survives(settings: RunSettings, operations: readonly Operation[]): Promise<void> {
  for (let lossSeed = 1; lossSeed <= LOSSES; lossSeed++) {
    const cut: Operation = { kind: 'crash', isPowerCut: true, afterCalls: 0, lossSeed };
    const history: History = { seed: 0, settings, operations: [...operations, cut, ...sends(3, 100), RESTART] };
    const violation = await tryHistory(history);
    assert.is(violation, undefined, `loss ${lossSeed}: ${violation?.message}`);
  }
}

// The names of the first segment, of one that the log rolled to before it was prepared, and of the store's folders were never made durable.
test('an answered message is not lost with the name of its file', async () => {
  await survives(SYNC, sends(1, 100));
  await survives(SYNC, sends(12, 900));
});

// A prepared segment was rolled to while the fsync that makes its name durable was under way.
test('nor with that of a segment whose making is under way', async () => {
  await survives(SYNC, [...sends(3, 700), tick(1), ...sends(4, 700)]);
});

// Names of consume-queue files were never made durable, and the checkpoint spoke of the entries in them.
test('the checkpoint does not speak of queues whose names may go', async () => {
  await survives(SYNC, [...sends(12, 50), RESTART]);
  await survives(ASYNC, [...sends(12, 50), tick(1100), tick(3100), disk(30)]);
});

// It spoke of records and entries that had come while the log was being flushed for it.
test('nor of what came while it was made', async () => {
  // The log is flushed at 2,600 ms; at 3,000 ms the checkpoint begins with a flush of its own, during which a round ends.
  const begun = [...sends(2, 300), tick(2600), disk(5), ...sends(2, 300), tick(400)];
  await survives(ASYNC, [...begun, ...sends(2, 300), tick(1100), disk(30)]);
});

// After a kill, records that only the operating system had were taken for durable, and so were names and queue entries.
test('what a start after a kill has shown stays', async () => {
  await survives(ASYNC, [...sends(9, 600), KILL]);
  await survives(ASYNC, [...sends(4, 60), tick(1100), KILL]);
  await survives(SYNC, [...sends(2, 600), { ...KILL, afterCalls: 1 }, ...sends(1, 600), ...sends(1, 300)]);
});

// `abort` could be lost, and what a power cut had left was then taken for the end of a clean stop.
test('a power cut is not taken for a clean stop', async () => {
  await survives(ASYNC, [...sends(2, 300), RESTART, ...sends(6, 600)]);
});

// The next segment was dispatched before it was known that the log goes on to it: entries of records that were cut off stood in queues and index.
test('no entries of records behind a hole in the log', async () => {
  await survives(ASYNC, [tick(1), ...sends(9, 900)]);
});

// Segments behind a hole were removed in any order, and a power cut could leave one behind a gap; a segment that was not the last could be short.
test('a power cut in a recovery leaves a log that can be opened', async () => {
  const inRecovery = [2, 4, 6, 9, 13, 18].map((afterCalls): Operation => ({
    kind: 'crash',
    isPowerCut: true,
    afterCalls,
    lossSeed: afterCalls,
  }));
  for (const crash of inRecovery)
    await survives(ASYNC, [...sends(14, 900), crash, { ...KILL, isPowerCut: true, lossSeed: 5 }]);
});

// Only the body has a CRC: a record whose properties had lost a sector was served.
test('a record that lost a sector of its properties is cut off', async () => {
  await survives(ASYNC, [send(20, 800), send(30, 850), DRAIN]);
});

// Files of the index that were lost as a whole, and a first entry of zeros, went unnoticed.
test('the index has every key of the log, whatever of its files is lost', async () => {
  await survives(SYNC, sends(12, 30));
  await survives(SYNC, [...sends(5, 30), tick(1100), disk(20), tick(3100), disk(20), ...sends(9, 30), tick(1100)]);
});

// Without a consume queue all was made again from the log's beginning, index entries too that were on disk: a second power cut took them, and the checkpoint
// still spoke for them.
test('the index of what a checkpoint speaks of is not made again', async () => {
  const operations: Operation[] = [
    {
      kind: 'send',
      topic: 'gamma',
      queueId: 1,
      messages: [{ id: 3, bodyBytes: 478, paddingBytes: 0, keyCount: 0, tag: 'red', delayLevel: 0 }],
    },
    {
      kind: 'send',
      topic: 'gamma',
      queueId: 1,
      messages: [
        { id: 4, bodyBytes: 3, paddingBytes: 35, keyCount: 0, tag: 'red', delayLevel: 0 },
        { id: 5, bodyBytes: 144, paddingBytes: 0, keyCount: 0, tag: 'green', delayLevel: 0 },
        { id: 6, bodyBytes: 0, paddingBytes: 67, keyCount: 0, tag: 'green', delayLevel: 0 },
      ],
    },
    { kind: 'deleteTopic', topic: 'gamma' },
    { kind: 'tick', ms: 3100 },
    {
      kind: 'send',
      topic: 'beta',
      queueId: 1,
      messages: [
        { id: 7, bodyBytes: 67, paddingBytes: 14, keyCount: 0, tag: undefined, delayLevel: 0 },
        { id: 8, bodyBytes: 65, paddingBytes: 0, keyCount: 0, tag: 'red', delayLevel: 0 },
      ],
    },
    { kind: 'disk', count: 1 },
    { kind: 'tick', ms: 3100 },
    { kind: 'tick', ms: 400 },
    { kind: 'deleteTopic', topic: 'gamma' },
    { kind: 'disk', count: 20 },
    { kind: 'crash', isPowerCut: true, afterCalls: 37, lossSeed: 380844428 },
    {
      kind: 'send',
      topic: 'alpha',
      queueId: 1,
      messages: [{ id: 9, bodyBytes: 458, paddingBytes: 0, keyCount: 0, tag: 'green', delayLevel: 0 }],
    },
    { kind: 'tick', ms: 3100 },
    {
      kind: 'send',
      topic: 'gamma',
      queueId: 0,
      messages: [{ id: 11, bodyBytes: 25, paddingBytes: 0, keyCount: 0, tag: 'red', delayLevel: 0 }],
    },
    { kind: 'disk', count: 2 },
    {
      kind: 'send',
      topic: 'alpha',
      queueId: 0,
      messages: [{ id: 12, bodyBytes: 366, paddingBytes: 689, keyCount: 1, tag: undefined, delayLevel: 0 }],
    },
    {
      kind: 'send',
      topic: 'beta',
      queueId: 1,
      messages: [{ id: 13, bodyBytes: 116, paddingBytes: 0, keyCount: 3, tag: 'red', delayLevel: 0 }],
    },
    { kind: 'drain' },
    { kind: 'tick', ms: 1100 },
    { kind: 'crash', isPowerCut: true, afterCalls: 0, lossSeed: 35578925 },
  ];
  const settings: RunSettings = { ...ASYNC, segmentBytes: 16_384, queueFileEntries: 60, maxOpenFiles: 1 };
  const violation = await tryHistory({ seed: 0, settings, operations });
  assert.is(violation, undefined, violation?.message ?? '');
});

// A topic's removed files could come back in place of those made after it.
test('a deleted topic does not come back over the new one', async () => {
  const deletion: Operation = { kind: 'deleteTopic', topic: 'alpha' };
  await survives(SYNC, [...sends(12, 50), RESTART, deletion, ...sends(3, 60), RESTART]);
});

// Messages that a group had consumed were lost under ASYNC_FLUSH: it would have missed those that got their offsets anew.
test('no group is beyond the end of its queue', async () => {
  const commit: Operation = { kind: 'commitOffset', group: 'readers', queue: 0, part: 1 };
  await survives(ASYNC, [...sends(5, 300), commit, { kind: 'saveOffsets' }, disk(30)]);
});

// The name of the folder `config` was never made durable.
test('offsets that were saved are not lost with their folder', async () => {
  await survives(SYNC, [{ kind: 'saveOffsets' }, disk(30)]);
});

test.run();
