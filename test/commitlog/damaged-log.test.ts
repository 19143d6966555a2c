/**
 * Damage of every kind in the log: at its end it is cut away, in its middle it is reported and stepped over; consume queues and index follow.
 */
import { closeSync, cpSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { readEntry } from '#src/consumequeue/consume-queue-entry.js';
import { StatusWord } from '#src/ring/store-status-page.js';
import type { StoredResult } from '#src/ring/result-ring.js';

import { suite } from '../suite.js';
import { makeFolder, openStore, type OpenStore, removeFolders } from './store-harness.js';

const test = suite('damaged log');
test.after(removeFolders);

const SEGMENT_BYTES = 65_536;
const BODY_BYTES = 1500;

/** `count` messages on three queues, with keys; the last checkpoint is of the first `checkpointed`. */
async function filledStore(count: number, checkpointed = 0): Promise<{ copy: string; results: StoredResult[] }> {
  const folder = makeFolder();
  const open = await openStore(folder);
  const results: StoredResult[] = [];
  for (let i = 0; i < count; i++) {
    const [result] = open.put('T', i % 3, [message(i)]);
    assert.ok(result);
    results.push(result);
    if (i + 1 === checkpointed) await makeCheckpoint(open);
  }
  const copy = makeFolder();
  cpSync(folder, copy, { recursive: true });
  await open.store.abandon();
  return { copy, results };
}

function message(i: number): { body: string; properties: string } {
  return { body: String.fromCharCode(97 + (i % 26)).repeat(BODY_BYTES), properties: `KEYS\u0001key${i}\u0002` };
}

async function makeCheckpoint({ store, clock }: OpenStore): Promise<void> {
  clock.advance(10_000);
  for (let i = 0; i < 10; i++) {
    store.flusher.tick(clock.monotonicMs());
    await store.flusher.idle();
  }
}

function overwrite(folder: string, physicalOffset: number, bytes: Buffer): void {
  const start = physicalOffset - (physicalOffset % SEGMENT_BYTES);
  const file = openSync(join(folder, 'commitlog', String(start).padStart(20, '0')), 'r+');
  writeSync(file, bytes, 0, bytes.length, physicalOffset - start);
  closeSync(file);
}

function warningsOf({ posted }: OpenStore): string[] {
  return posted.flatMap((sent) => (sent.type === 'log' && sent.level === 'warn' ? [sent.message] : []));
}

/** Physical offsets that the entries of a queue hold, -1 for a blank. */
function entriesOf(folder: string, queueId: number, count: number): number[] {
  const queueFolder = join(folder, 'consumequeue', 'T', String(queueId));
  const bytes = Buffer.concat(
    nodeFileSystem
      .readdir(queueFolder)
      .toSorted()
      .map((name) => readFileSync(join(queueFolder, name))),
  );
  return Array.from({ length: count }, (_, i) => {
    const { physicalOffset, sizeBytes } = readEntry(bytes, i * 20);
    return sizeBytes === 0x7fff_ffff ? -1 : physicalOffset;
  });
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Each kind, done to a record at `at` with `size` bytes. */
const DAMAGES: readonly { kind: string; harm: (folder: string, at: number, size: number) => void }[] = [
  { kind: 'torn', harm: (folder, at, size) => overwrite(folder, at + size - 700, Buffer.alloc(700)) },
  { kind: 'zeros', harm: (folder, at, size) => overwrite(folder, at, Buffer.alloc(size)) },
  { kind: 'garbage', harm: (folder, at, size) => overwrite(folder, at, Buffer.alloc(size, 0xd7)) },
  { kind: 'wrong CRC', harm: (folder, at) => overwrite(folder, at + 200, Buffer.from('#')) },
  { kind: 'wrong size', harm: (folder, at, size) => overwrite(folder, at, int32(size - 1)) },
  { kind: 'huge size', harm: (folder, at) => overwrite(folder, at, int32(0x7fff_fff0)) },
  { kind: 'negative size', harm: (folder, at) => overwrite(folder, at, int32(-5)) },
  { kind: 'wrong physical offset', harm: (folder, at) => overwrite(folder, at + 28, Buffer.alloc(8, 1)) },
  { kind: 'wrong magic', harm: (folder, at) => overwrite(folder, at + 4, int32(0x1234_5678)) },
  { kind: 'a blank that is none', harm: (folder, at) => overwrite(folder, at + 4, int32(-875_286_124)) },
];

for (const { kind, harm } of DAMAGES) {
  test(`the log is cut at a last record that is damaged: ${kind}`, async () => {
    const { copy, results } = await filledStore(100);
    const last = results[99];
    assert.ok(last);
    harm(copy, last.physicalOffset, last.sizeBytes);
    const open = await openStore(copy);
    assert.is(open.store.status.get(StatusWord.writtenOffset), last.physicalOffset);
    assert.equal(
      open.store.queueStates.map(({ maxOffset }) => maxOffset),
      [33, 33, 33],
    );
    // The queue goes on where it was cut, and the index does not speak of what is gone.
    assert.is(open.put('T', 0, [message(99)])[0]?.queueOffset, 33);
    await open.store.close();
    assert.is(entriesOf(copy, 0, 34)[33], last.physicalOffset);
  });

  for (const checkpointed of [0, 40, 41, 100]) {
    test(`the log goes on after a damaged record in its middle: ${kind}, checkpoint after ${checkpointed}`, async () => {
      const { copy, results } = await filledStore(100, checkpointed);
      const victim = results[40];
      const last = results[99];
      assert.ok(victim && last);
      harm(copy, victim.physicalOffset, victim.sizeBytes);
      // Only the checkpoint tells zeros in the middle from a write that was lost at the end.
      const looksLost = checkpointed <= 40 && ['torn', 'zeros'].includes(kind);
      const open = await openStore(copy);
      const end = open.store.status.get(StatusWord.writtenOffset);
      if (looksLost) {
        assert.is(end, victim.physicalOffset);
        assert.match(warningsOf(open).join('\n'), `the log is cut at ${victim.physicalOffset}`);
      } else {
        assert.is(end, last.physicalOffset + last.sizeBytes);
        assert.equal(
          open.store.queueStates.map(({ maxOffset }) => maxOffset),
          [34, 33, 33],
        );
      }
      await open.store.close();
      if (looksLost) return;
      const expected = results.filter((_, i) => i % 3 === 1).map(({ physicalOffset }) => physicalOffset);
      // The damaged one keeps its place in its queue: as an entry, or as a blank when the queue was made again after it.
      const entries = entriesOf(copy, 1, 33);
      assert.equal(
        entries.map((offset, i) => (offset === -1 && i === 13 ? victim.physicalOffset : offset)),
        expected,
      );
      if (checkpointed === 100) return;
      const warned = warningsOf(open).join('\n');
      assert.match(warned, `damaged at ${victim.physicalOffset} (${join(copy, 'commitlog')}`);
      assert.match(warned, `at ${victim.physicalOffset % SEGMENT_BYTES})`);
    });
  }
}

test('the pool finds damage in the same places as the worker does by itself, whatever the pieces are', async () => {
  const { copy, results } = await filledStore(300);
  const victims = [7, 90, 91, 200];
  for (const i of victims) overwrite(copy, (results[i]?.physicalOffset ?? 0) + 300, Buffer.from('#'));
  const ends = new Set<string>();
  for (const pieceBytes of [1000, 5000, 40_000, SEGMENT_BYTES]) {
    for (const poolBytesMin of [0, Number.POSITIVE_INFINITY]) {
      const again = makeFolder();
      cpSync(copy, again, { recursive: true });
      const open = await openStore(again, {}, nodeFileSystem, poolBytesMin, pieceBytes);
      const damages = warningsOf(open)
        .filter((text) => text.includes('damaged at'))
        .map((text) => Number(/damaged at (\d+)/.exec(text)?.[1]));
      assert.equal(
        damages,
        [7, 90, 200].map((i) => results[i]?.physicalOffset),
      );
      await open.store.close();
      ends.add(`${JSON.stringify(open.store.queueStates)} ${open.store.status.get(StatusWord.writtenOffset)}`);
      ends.add(JSON.stringify([0, 1, 2].map((queueId) => entriesOf(again, queueId, 100))));
    }
  }
  assert.is(ends.size, 2);
});

test('a damaged end of a segment does not take the next segments with it', async () => {
  const { copy, results } = await filledStore(200, 200);
  rmSync(join(copy, 'checkpoint'));
  // From the middle of the first segment's last record on: the blank is gone too.
  const lastOfFirst = results.findLast(({ physicalOffset }) => physicalOffset < SEGMENT_BYTES);
  assert.ok(lastOfFirst);
  const from = lastOfFirst.physicalOffset + 400;
  overwrite(copy, from, Buffer.alloc(SEGMENT_BYTES - from, 0x55));
  const open = await openStore(copy);
  const last = results[199];
  assert.is(open.store.status.get(StatusWord.writtenOffset), (last?.physicalOffset ?? 0) + (last?.sizeBytes ?? 0));
  assert.match(warningsOf(open).join('\n'), `damaged at ${lastOfFirst.physicalOffset}`);
  await open.store.close();
});

test('records of an earlier life behind the end do not come back', async () => {
  // Apache cuts its log without making zeros of what follows: whole records may stand behind a torn one, each at its own place.
  const { copy, results } = await filledStore(30);
  const second = results[1];
  assert.ok(second);
  // A younger record over the second one, shorter than it: what is left of the second, and the third, are old.
  const otherFolder = makeFolder();
  const other = await openStore(otherFolder);
  other.clock.advance(60_000);
  other.put('T', 0, [message(0)]);
  const young = other.put('T', 1, [{ body: 'young' }])[0];
  assert.ok(young);
  assert.is(young.physicalOffset, second.physicalOffset);
  const bytes = readFileSync(join(otherFolder, 'commitlog', '00000000000000000000'));
  overwrite(
    copy,
    second.physicalOffset,
    bytes.subarray(second.physicalOffset, second.physicalOffset + young.sizeBytes),
  );
  await other.store.close();
  const open = await openStore(copy);
  assert.is(open.store.status.get(StatusWord.writtenOffset), second.physicalOffset + young.sizeBytes);
  await open.store.close();
});

test.run();
