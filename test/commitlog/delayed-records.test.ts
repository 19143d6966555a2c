/** When delayed messages are due, as the worker writes it into their consume queues: at once, and again when it recovers. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import {
  entriesOfLog,
  entriesOfQueues,
  makeFolder,
  openStore,
  type OpenStore,
  removeFolders,
} from './store-harness.js';

const test = suite('delayed records');
const TOPIC = 'SCHEDULE_TOPIC_XXXX';
test.after(removeFolders);

function putDelayed({ put }: OpenStore, level: number, queueId = level - 1): number | undefined {
  const [result] = put(TOPIC, queueId, [{ properties: `TAGS\u0001A\u0002DELAY\u0001${level}\u0002` }]);
  return result?.tagsCode;
}

function killedCopy(folder: string): string {
  const copy = makeFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

function tagsCodes(folder: string): Record<string, number[]> {
  const entries = Array.from(entriesOfQueues(folder), ([name, queue]): [string, number[]] => {
    return [name, queue.map((entry) => Number(entry.split(' ')[2]))];
  });
  return Object.fromEntries(entries);
}

test('the result tells when a message is due, and so does its entry', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  const startMs = open.clock.nowMs();
  assert.is(putDelayed(open, 1), startMs + 1000);
  open.clock.advance(10);
  assert.is(putDelayed(open, 2), startMs + 10 + 5000);
  assert.is(putDelayed(open, 9, 1), startMs + 10 + 5000);
  await open.store.close();
  assert.equal(tagsCodes(folder), {
    [`${TOPIC}/0`]: [startMs + 1000],
    [`${TOPIC}/1`]: [startMs + 5010, startMs + 5010],
  });
});

test('entries that are made again, in place or in the pool, are the same', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  for (let i = 0; i < 600; i++) {
    open.clock.advance(7);
    putDelayed(open, (i % 2) + 1);
  }
  const expected = entriesOfLog(folder);
  const killed = killedCopy(folder);
  await open.store.abandon();
  for (const poolBytesMin of [Number.POSITIVE_INFINITY, 0]) {
    const copy = killedCopy(killed);
    rmSync(join(copy, 'consumequeue'), { recursive: true, force: true });
    const again = await openStore(copy, {}, undefined, poolBytesMin);
    await again.store.close();
    assert.equal(entriesOfQueues(copy), expected);
  }
});

test('a changed table counts for entries that are made again, not for those that are there', async () => {
  const folder = makeFolder();
  const open = await openStore(folder);
  const startMs = open.clock.nowMs();
  putDelayed(open, 1);
  putDelayed(open, 2);
  await open.store.close();
  const kept = await openStore(folder, { delayLevelsMs: [60_000] });
  await kept.store.close();
  assert.equal(tagsCodes(folder), { [`${TOPIC}/0`]: [startMs + 1000], [`${TOPIC}/1`]: [startMs + 5000] });
  rmSync(join(folder, 'consumequeue'), { recursive: true });
  const remade = await openStore(folder, { delayLevelsMs: [60_000] });
  await remade.store.close();
  // Level 2 is above the highest of the new table.
  assert.equal(tagsCodes(folder), { [`${TOPIC}/0`]: [startMs + 60_000], [`${TOPIC}/1`]: [startMs + 60_000] });
});

test('what is put while a batch is made is not stored before it was put', async () => {
  const { store, main, clock } = await openStore(makeFolder());
  const nowMs = clock.nowMs.bind(clock);
  const startMs = nowMs();
  let looks = 0;
  clock.nowMs = () => {
    const now = nowMs();
    if (++looks > 1) return now;
    clock.advance(3);
    main.put('T', 0, [{ body: 'second' }]);
    return now;
  };
  main.put('T', 0, [{ body: 'first' }]);
  while (store.drain.run()) continue;
  assert.equal(
    main.takeResults().map(({ storeTimestampMs }) => storeTimestampMs - startMs),
    [0, 3],
  );
  await store.close();
});

test.run();
