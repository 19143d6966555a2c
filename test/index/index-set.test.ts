/** The index by itself: what is put is found, in memory and in files, across files, and after every kind of end. */
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';
import { ENTRY_BYTES, entryPosition, fileSizeOf, HEADER_BYTES, type IndexShape } from '#src/index/index-layout.js';
import { searchIndex } from '#src/index/index-search.js';
import { IndexSet } from '#src/index/index-set.js';

import { makeFolder, removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';

const test = suite('index set');
test.after(removeFolders);

const SHAPE: IndexShape = { hashSlotNum: 5000, indexNum: 16 };
const START_MS = 1_700_000_000_000;
const FOR_EVER = 2 ** 63;

function open(folder: string, shape = SHAPE, files: FileSystem = nodeFileSystem): IndexSet {
  const index = new IndexSet(files, folder, shape, () => START_MS);
  index.load((message) => {
    throw new Error(message);
  });
  return index;
}

function search(
  index: IndexSet,
  folder: string,
  keyHash: number,
  more: { countMax?: number; begin?: number; end?: number; shape?: IndexShape } = {},
): number[] {
  const { countMax = 32, begin = 0, end = FOR_EVER, shape = SHAPE } = more;
  return searchIndex(nodeFileSystem, {
    folder,
    shape,
    states: index.states(keyHash),
    keyHash,
    countMax,
    beginTimestampMs: begin,
    endTimestampMs: end,
  });
}

/** Puts offsets 100, 200, … with the keys 1, 2, … and the key 7 for all. */
function fill(index: IndexSet, from: number, to: number): void {
  for (let i = from; i <= to; i++) {
    index.put(i, i * 100, START_MS + i * 1000);
    index.put(7_777_777, i * 100, START_MS + i * 1000);
  }
}

const clean = { wasCleanStop: true, safeTimestampMs: 0, checkFrom: 0 };

test('what is put is found at once, the newest first, in files of their own when one is full', () => {
  const folder = makeFolder();
  const index = open(folder);
  fill(index, 1, 30);
  assert.equal(search(index, folder, 3), [300]);
  assert.equal(search(index, folder, 30), [3000]);
  assert.equal(search(index, folder, 7_777_777, { countMax: 3 }), [3000, 2900, 2800]);
  assert.is(search(index, folder, 7_777_777).length, 30);
  assert.equal(search(index, folder, 31), []);
  const names = readdirSync(folder).toSorted();
  assert.is(names.length, 4);
  assert.is(new Set(names).size, 4, 'made in one millisecond, they still have names of their own');
  index.close();
});

test('keys that share a slot are told apart, and so are times to the second', () => {
  const folder = makeFolder();
  const index = open(folder);
  for (let i = 1; i <= 5; i++) index.put(3 + (i % 2) * 5000, i * 10, START_MS + i * 1000);
  assert.equal(search(index, folder, 3), [40, 20]);
  assert.equal(search(index, folder, 5003), [50, 30, 10]);
  assert.equal(search(index, folder, 5003, { begin: START_MS + 2000, end: START_MS + 4000 }), [30]);
  assert.equal(search(index, folder, 5003, { begin: START_MS + 9000 }), []);
  assert.equal(search(index, folder, 5003, { end: START_MS }), []);
  index.close();
});

test('a search finds nothing in an empty folder, and a file without entries is none', () => {
  const folder = makeFolder();
  const index = open(folder);
  assert.equal(index.states(1), []);
  assert.equal(search(index, folder, 1), []);
  index.write();
  index.writeAll();
  assert.equal(readdirSync(folder), []);
});

test('after an end in order the files alone are enough, and are gone on with', async () => {
  const folder = makeFolder();
  const first = open(folder);
  fill(first, 1, 10);
  first.writeAll();
  await first.fdatasyncLater();
  assert.is(first.safeTimestampMs, START_MS + 10_000);
  first.close();
  const second = open(folder);
  assert.equal(second.recover(clean), { dispatchFrom: 1001, isDamaged: false });
  assert.equal(search(second, folder, 7_777_777).length, 10);
  fill(second, 11, 12);
  assert.equal(search(second, folder, 7_777_777, { countMax: 3 }), [1200, 1100, 1000]);
  assert.equal(search(second, folder, 12), [1200]);
  assert.equal(search(second, folder, 2), [200]);
  second.close();
});

test('a full file is finished in steps, and found in meanwhile', async () => {
  const folder = makeFolder();
  const shape = { hashSlotNum: 600_000, indexNum: 3000 };
  const index = open(folder, shape);
  for (let i = 1; i < 3000; i++) index.put(i * 200, i, START_MS);
  assert.not(index.isUnfinished, 'until there is another');
  index.put(1, 5000, START_MS);
  assert.ok(index.isUnfinished);
  index.step();
  assert.ok(index.isUnfinished, '2.4 MB are more than a step');
  await index.fdatasyncLater();
  assert.is(index.safeTimestampMs, 0, 'on disk, but not whole');
  assert.equal(search(index, folder, 2999 * 200, { shape }), [2999]);
  index.step();
  index.step();
  await index.fdatasyncLater();
  assert.is(index.safeTimestampMs, START_MS);
  assert.equal(search(index, folder, 2999 * 200, { shape }), [2999]);
  assert.is(index.states(200)[0]?.newestPlace, -1, 'its slots are in memory no more');
  index.close();
});

test('only pages of slots that are used are written', () => {
  const folder = makeFolder();
  const written: number[] = [];
  const files: FileSystem = {
    ...nodeFileSystem,
    pwrite: (file, source, start, length, position) => {
      written.push(position);
      return nodeFileSystem.pwrite(file, source, start, length, position);
    },
  };
  const index = open(folder, SHAPE, files);
  index.put(2000, 1, START_MS);
  index.writeAll();
  assert.equal(written, [entryPosition(SHAPE, 1), 0, HEADER_BYTES + 4096, 0]);
  index.close();
});

test('a disk that takes nothing leaves the entries pending', () => {
  const folder = makeFolder();
  let isFull = true;
  const files: FileSystem = {
    ...nodeFileSystem,
    pwrite: (...args) => {
      if (isFull) throw new Error('no room');
      return nodeFileSystem.pwrite(...args);
    },
  };
  const index = open(folder, SHAPE, files);
  fill(index, 1, 20);
  assert.throws(() => index.write(), 'no room');
  assert.throws(() => index.states(1), 'no room');
  isFull = false;
  assert.is(search(index, folder, 7_777_777).length, 20);
  index.close();
});

/** A folder as a killed process leaves it: everything written, no slots of the last file. */
function killed(from: number, to: number): string {
  const folder = makeFolder();
  const index = open(folder);
  fill(index, from, to);
  index.write();
  index.close();
  return folder;
}

const crash = { wasCleanStop: false, safeTimestampMs: 0, checkFrom: 0 };

test('after a crash slots are made again, and what the log gives again is left to be put again', () => {
  const folder = killed(1, 20);
  const index = open(folder);
  assert.equal(index.recover({ ...crash, checkFrom: 2000 }), { dispatchFrom: 1901, isDamaged: false });
  assert.equal(search(index, folder, 7_777_777, { countMax: 2 }), [1900, 1800]);
  assert.is(search(index, folder, 7_777_777).length, 19);
  fill(index, 20, 20);
  index.writeAll();
  index.close();
  const again = open(folder);
  again.recover(clean);
  assert.is(search(again, folder, 7_777_777).length, 20);
  again.close();
});

test('a record before the part of the log that is seen again is kept', () => {
  const folder = killed(1, 20);
  const index = open(folder);
  assert.equal(index.recover({ ...crash, checkFrom: 2001 }), {
    dispatchFrom: 2001,
    isDamaged: false,
  });
  assert.is(search(index, folder, 7_777_777).length, 20);
  index.close();
});

test('entries that are not what was put are cut away with all after them', () => {
  const entry = entryPosition(SHAPE, 5);
  const damages: ((bytes: Buffer) => unknown)[] = [
    (bytes) => bytes.fill(0, entry, entry + ENTRY_BYTES),
    (bytes) => bytes.fill(0xff, entry, entry + ENTRY_BYTES),
    (bytes) => bytes.writeInt32BE(12, entry + 16),
    (bytes) => bytes.writeInt32BE(123, entry + 4),
  ];
  for (const damage of damages) {
    const folder = killed(1, 20);
    const path = join(folder, readdirSync(folder).toSorted()[1] ?? '');
    const bytes = readFileSync(path);
    damage(bytes);
    writeFileSync(path, bytes);
    const index = open(folder);
    const end = index.recover({ ...crash, checkFrom: 5000 });
    assert.is(readdirSync(folder).length, 2);
    assert.ok(end.isDamaged && end.dispatchFrom <= 1000);
    fill(index, end.dispatchFrom / 100, 20);
    const found = search(index, folder, 7_777_777).map((offset) => offset / 100);
    assert.equal(
      found.toReversed(),
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    for (let i = 1; i <= 20; i++) assert.equal(search(index, folder, i), [i * 100]);
    index.close();
  }
});

test('an entry of the log’s first record that was never written is none, though all zeros look like one', () => {
  const folder = makeFolder();
  const before = open(folder);
  before.put(5, 0, START_MS);
  before.put(6, 100, START_MS);
  before.writeAll();
  before.close();
  const path = join(folder, readdirSync(folder)[0] ?? '');
  const bytes = readFileSync(path);
  const first = entryPosition(SHAPE, 1);
  bytes.fill(0, first, first + ENTRY_BYTES);
  writeFileSync(path, bytes);
  const index = open(folder);
  const end = index.recover({ wasCleanStop: false, safeTimestampMs: 0, checkFrom: 1000 });
  assert.equal(end, { dispatchFrom: 0, isDamaged: true });
  index.close();
});

test('a header that says too much, a file that is empty or was only made, an index cut to nothing', () => {
  const folder = killed(1, 5);
  const [name = ''] = readdirSync(folder);
  const bytes = readFileSync(join(folder, name));
  bytes.writeInt32BE(1_000_000, 36);
  writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, '99999999999999999'), '');
  writeFileSync(join(folder, '99999999999999998'), Buffer.alloc(fileSizeOf(SHAPE)));
  writeFileSync(join(folder, 'README'), 'none of ours');
  const index = open(folder);
  assert.equal(index.recover({ ...crash, checkFrom: 5000 }), { dispatchFrom: 400, isDamaged: true });
  assert.equal(readdirSync(folder).toSorted(), [name, 'README']);
  index.cut(250);
  assert.equal(search(index, folder, 7_777_777), [200, 100]);
  index.cut(0);
  assert.equal(search(index, folder, 7_777_777), []);
  assert.equal(readdirSync(folder), ['README']);
  fill(index, 1, 1);
  assert.equal(search(index, folder, 1), [100]);
  index.close();
});

test('a file of another shape is warned about and left alone', () => {
  const folder = killed(1, 2);
  const [name = ''] = readdirSync(folder);
  truncateSync(join(folder, name), 1000);
  const index = new IndexSet(nodeFileSystem, folder, SHAPE, () => START_MS);
  const warnings: string[] = [];
  index.load((message) => warnings.push(message));
  assert.is(warnings.length, 1);
  assert.match(warnings[0] ?? '', 'has 1000 bytes');
  assert.equal(index.recover(crash), { dispatchFrom: 0, isDamaged: false });
  assert.equal(index.states(1), []);
  assert.equal(readdirSync(folder), [name]);
});

test.run();
