/**
 * Index files written by Apache's DefaultMessageStore 5.5.0 (see golden/GoldenIndex.java): the same log gives the same bytes here, however it gets
 * into the index, and theirs are gone on with, after a stop and after a crash.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import * as assert from 'uvu/assert';

import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { scanSegment } from '#src/commitlog/segment-scan.js';
import { searchIndex } from '#src/index/index-search.js';
import { IndexSet } from '#src/index/index-set.js';
import { indexKeyHash } from '#src/message/index-keys.js';
import { storeTimestampOf } from '#src/message/stored-record.js';

import { suite } from '../suite.js';
import { makeFolder, openStore, removeFolders } from './store-harness.js';

const test = suite('apache index');
test.after(removeFolders);

type GoldenFiles = Record<string, { sizeBytes: number; hex: string }>;
const golden = JSON.parse(
  readFileSync(new URL('../../../test/commitlog/golden/apache-5.5.0-index.json', import.meta.url), 'utf8'),
) as { clean: GoldenFiles; killed: GoldenFiles; found: Record<string, number[]> };

const SIZES = { mappedFileSizeCommitLog: 16_384, mappedFileSizeConsumeQueue: 2000 };
const SHAPE = { hashSlotNum: 7, indexNum: 16 };

function unpack(files: GoldenFiles): string {
  const folder = makeFolder();
  for (const [path, { sizeBytes, hex }] of Object.entries(files)) {
    const bytes = Buffer.alloc(sizeBytes);
    bytes.write(hex, 'hex');
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

/** Contents of all index files in order; their names are times. */
function indexOf(folder: string): string[] {
  const names = readdirSync(join(folder, 'index')).toSorted();
  return names.map((name) => readFileSync(join(folder, 'index', name)).toString('hex'));
}

function goldenIndex(files: GoldenFiles): string[] {
  return Object.entries(files)
    .filter(([path]) => path.startsWith('index/'))
    .map(([, { sizeBytes, hex }]) => hex.padEnd(sizeBytes * 2, '0'));
}

for (const how of ['clean', 'killed'] as const) {
  test(`leaves the index as it is after Apache's ${how} end`, async () => {
    const folder = unpack(golden[how]);
    const names = readdirSync(join(folder, 'index'));
    const { store } = await openStore(folder, SIZES);
    await store.close();
    assert.equal(indexOf(folder), goldenIndex(golden[how]));
    assert.equal(readdirSync(join(folder, 'index')), names);
  });

  test(`makes the same index from the log after Apache's ${how} end`, async () => {
    const folder = unpack(golden[how]);
    for (const name of ['index', 'checkpoint']) rmSync(join(folder, name), { recursive: true });
    const { store } = await openStore(folder, SIZES);
    await store.close();
    assert.equal(indexOf(folder), goldenIndex(golden[how]));
  });
}

test('makes the same index of the same messages as they are put', async () => {
  const records: { record: Buffer; topic: string; storeTimestampMs: number }[] = [];
  const path = join(unpack(golden.clean), 'commitlog', '00000000000000000000');
  const range = { path, startOffset: 0, sizeBytes: SIZES.mappedFileSizeCommitLog, fromOffset: 0 };
  scanSegment(nodeFileSystem, range, (source, position, _offset, parts) => {
    records.push({
      record: Buffer.from(source.subarray(position, parts.propertiesEnd)),
      topic: source.toString('utf8', parts.topicStart, parts.topicEnd),
      storeTimestampMs: storeTimestampOf(source, position),
    });
  });
  assert.is(records.length, 28);
  const folder = makeFolder();
  const { store, main, clock } = await openStore(folder, SIZES);
  for (const { record, topic, storeTimestampMs } of records) {
    clock.advance(storeTimestampMs - clock.nowMs());
    main.putRecords(topic, 0, [record]);
    while (store.drain.run()) continue;
  }
  await store.close();
  assert.equal(indexOf(folder), goldenIndex(golden.clean));
});

test("finds in Apache's files what Apache's search finds", () => {
  const folder = join(unpack(golden.clean), 'index');
  const index = new IndexSet(nodeFileSystem, folder, SHAPE, () => 0);
  index.load(assert.unreachable);
  for (const [key, offsets] of Object.entries(golden.found)) {
    const keyHash = indexKeyHash('GoldenTopic', key, undefined);
    const search = { folder, shape: SHAPE, states: index.states(keyHash), keyHash, countMax: 32 };
    assert.equal(
      searchIndex(nodeFileSystem, { ...search, beginTimestampMs: 0, endTimestampMs: 2 ** 63 }),
      offsets,
      key,
    );
  }
  assert.is(indexKeyHash('GoldenTopic', 'TagA', 'T'), indexKeyHash('GoldenTopic', 'T#TagA', undefined));
});

test.run();
