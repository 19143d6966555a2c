/** Reads of a backlog from front to back: everything comes once and in order, and most pulls are answered within the call. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { type GetResult, GetStatus } from '#src/workers/message-store.js';
import type { StoreClient } from '#src/workers/store-client.js';

import { makeFolder, openStore, removeFolders, settingsFor } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';
import { offsetsIn, openReadClient } from './read-client.js';

const test = suite('catch-up reads');
test.after(removeFolders);

const QUEUES = 3;
const MESSAGES = 9000;
/** Several blocks that are read ahead, and a log that ends in the middle of one. */
const BODY_BYTES = 300;
const SEGMENT_BYTES = 1 << 20;

interface Backlog {
  readonly folder: string;
  readonly client: StoreClient;
  /** Physical offsets by queue. */
  readonly offsets: readonly number[][];
}

async function makeBacklog(harm?: (folder: string, offsets: readonly number[][]) => void): Promise<Backlog> {
  const folder = makeFolder();
  const settings = settingsFor(folder, {
    mappedFileSizeCommitLog: SEGMENT_BYTES,
    mappedFileSizeConsumeQueue: 20_000,
    messageIndexEnable: false,
  });
  const filled = await openStore(folder, settings);
  const offsets: number[][] = Array.from({ length: QUEUES }, () => []);
  for (let i = 0; i < MESSAGES; i++) {
    const [result] = filled.put('T', i % QUEUES, [{ body: `${i}`.padEnd(BODY_BYTES) }]);
    offsets[i % QUEUES]?.push(result?.physicalOffset ?? -1);
  }
  await filled.store.close();
  harm?.(folder, offsets);
  return { folder, client: await openReadClient(settings), offsets };
}

interface Reader {
  readonly queueId: number;
  offset: number;
  readonly found: number[];
  pulls: number;
  pullsAtOnce: number;
}

/** One pull; false at the end. */
async function pullOnce(client: StoreClient, reader: Reader, maxCount: number): Promise<boolean> {
  const given = client.getMessages('T', reader.queueId, reader.offset, maxCount, 1 << 20, undefined);
  const result: GetResult = await given;
  if (result.status === GetStatus.OFFSET_OVERFLOW_ONE) return false;
  assert.is(result.status, GetStatus.FOUND);
  assert.is(offsetsIn(result.body).length, result.messageCount);
  reader.found.push(...offsetsIn(result.body));
  reader.offset = result.nextBeginOffset;
  reader.pulls++;
  if (!(given instanceof Promise)) reader.pullsAtOnce++;
  return true;
}

function makeReader(queueId: number): Reader {
  return { queueId, offset: 0, found: [], pulls: 0, pullsAtOnce: 0 };
}

/** One after the other, pull by pull, so that what happens is the same each time. */
async function readAll(client: StoreClient, readers: readonly Reader[], maxCount: number): Promise<void> {
  const reading = new Set(readers);
  while (reading.size > 0) {
    for (const reader of reading) if (!(await pullOnce(client, reader, maxCount))) reading.delete(reader);
  }
}

test('consumers of several queues get everything in order, and most pulls need no read of their own', async () => {
  const { client, offsets } = await makeBacklog();
  const readers = Array.from({ length: QUEUES }, (_, queueId) => makeReader(queueId));
  await readAll(client, readers, 32);
  for (const { queueId, found, pulls, pullsAtOnce } of readers) {
    assert.equal(found, offsets[queueId]);
    assert.ok(pulls >= found.length / 32);
    assert.ok(pullsAtOnce > pulls * 0.5, `${pullsAtOnce} of ${pulls} pulls at once`);
  }
  await client.stop();
});

test('two groups at different places of a queue, with pulls of odd sizes', async () => {
  const { client, offsets } = await makeBacklog();
  const [ahead, behind] = [makeReader(0), makeReader(0)];
  for (let i = 0; i < 20; i++) await pullOnce(client, ahead, 50);
  await Promise.all([readAll(client, [ahead], 50), readAll(client, [behind], 7)]);
  assert.equal(ahead.found, offsets[0]);
  assert.equal(behind.found, offsets[0]);
  await client.stop();
});

test('a damaged record is stepped over by a consumer that goes on, and nothing else', async () => {
  const place = 1000;
  const { client, offsets } = await makeBacklog((folder, [places]) => {
    const at = places?.[place] ?? -1;
    const name = String(at - (at % SEGMENT_BYTES)).padStart(20, '0');
    const file = openSync(join(folder, 'commitlog', name), 'r+');
    writeSync(file, Buffer.alloc(8, 0xe5), 0, 8, at % SEGMENT_BYTES);
    closeSync(file);
  });
  const reader = makeReader(0);
  await readAll(client, [reader], 32);
  assert.equal(
    reader.found,
    (offsets[0] ?? []).filter((_, i) => i !== place),
  );
  await client.stop();
});

test.run();
