/** The check of a store: clean ones of both makers, and every kind of damage found with its file and place. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import * as assert from 'uvu/assert';

import { checkStore, type StoreReport } from '#src/inspection/store-check.js';
import type { StoredResult } from '#src/ring/result-ring.js';

import { makeFolder, openStore, removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';

const test = suite('store check');
test.after(removeFolders);

type GoldenFiles = Record<string, { sizeBytes: number; hex: string }>;
const golden = JSON.parse(
  readFileSync(new URL('../../../test/commitlog/golden/apache-5.5.0-store.json', import.meta.url), 'utf8'),
) as { clean: GoldenFiles; killed: GoldenFiles };
/** As the harness's stores have it here. */
const SHAPE = { hashSlotNum: 7, indexNum: 64 };
const FIRST_SEGMENT = 'commitlog/00000000000000000000';
const FIRST_QUEUE_FILE = 'consumequeue/T/0/00000000000000000000';

function check(folder: string): Promise<StoreReport> {
  const place = { folder, commitLogFolder: join(folder, 'commitlog'), indexShape: SHAPE };
  return checkStore(place, () => undefined);
}

/** 297 messages on three queues, every tenth with a key; stopped in order, or as a kill leaves it. */
async function filledStore(isKilled = false): Promise<{ folder: string; results: StoredResult[] }> {
  const folder = makeFolder();
  const open = await openStore(folder, { maxIndexNum: SHAPE.indexNum });
  const results = Array.from({ length: 297 }, (_, i) => {
    const properties = `TAGS\u0001tag${i % 2}\u0002${i % 10 === 0 ? `KEYS\u0001key${i}\u0002` : ''}`;
    return open.put('T', i % 3, [{ body: `message ${i} `.repeat(40), properties }])[0];
  });
  if (isKilled) await open.store.abandon();
  else await open.store.close();
  return { folder, results: results.filter((result) => result !== undefined) };
}

function overwrite(path: string, position: number, bytes: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}

/** `area file at offset` of the damages, files relative to the store. */
function damagesOf(report: StoreReport): string[] {
  return report.problems
    .filter(({ severity }) => severity === 'damage')
    .map(({ area, file, offset }) => `${area} ${file.slice(report.folder.length + 1)} at ${offset}`);
}

for (const how of ['clean', 'killed'] as const) {
  test(`Apache's store is whole after its ${how} end`, async () => {
    const folder = makeFolder();
    for (const [path, file] of Object.entries(golden[how])) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      const bytes = Buffer.alloc(file.sizeBytes);
      bytes.write(file.hex, 'hex');
      writeFileSync(join(folder, path), bytes);
    }
    const report = await check(folder);
    assert.equal(damagesOf(report), [], JSON.stringify(report.problems));
    assert.is(report.log.records, 19);
    assert.is(report.log.endOffset, 7070);
    assert.is(report.queues.entries + report.queues.pendingRecords, 19);
  });
}

test('our store is whole after a stop in order', async () => {
  const { folder } = await filledStore();
  const report = await check(folder);
  assert.equal(report.problems, []);
  assert.is(report.log.records, 297);
  assert.is(report.queues.entries, 297);
  assert.is(report.index.entries, 297 + 30);
});

test('after a kill, what the next start makes is no damage', async () => {
  const { folder } = await filledStore(true);
  const report = await check(folder);
  assert.equal(damagesOf(report), []);
  assert.is(report.queues.entries + report.queues.pendingRecords, 297);
});

test('finds a damaged record, and what speaks of it', async () => {
  const { folder, results } = await filledStore();
  const victim = results[30];
  assert.ok(victim);
  overwrite(join(folder, FIRST_SEGMENT), victim.physicalOffset + 150, Buffer.from('#'));
  const report = await check(folder);
  assert.is(report.log.damagedBytes, victim.sizeBytes);
  const damages = damagesOf(report).map((text) => (text.startsWith('index') ? 'index' : text));
  // It has a key and tags.
  const expected = [
    `log ${FIRST_SEGMENT} at ${victim.physicalOffset}`,
    'index',
    'index',
    'queue consumequeue/T/0 at -1',
  ];
  assert.equal(damages.toSorted(), expected.toSorted());
});

test('finds a missing segment, and one of another size', async () => {
  const missing = await filledStore();
  rmSync(join(missing.folder, 'commitlog/00000000000000065536'));
  assert.match(damagesOf(await check(missing.folder)).join('\n'), `log ${FIRST_SEGMENT} at -1`);
  const short = await filledStore();
  truncateSync(join(short.folder, FIRST_SEGMENT), 60_000);
  assert.match(damagesOf(await check(short.folder)).join('\n'), `log ${FIRST_SEGMENT} at -1`);
});

const QUEUE_DAMAGES: readonly { kind: string; harm: (path: string) => void; found: string }[] = [
  { kind: 'an entry that points elsewhere', harm: (path) => overwrite(path, 207, Buffer.from([9])), found: 'at 200' },
  { kind: 'an entry of another size', harm: (path) => overwrite(path, 211, Buffer.from([9])), found: 'at 200' },
  { kind: 'a wrong tags code', harm: (path) => overwrite(path, 219, Buffer.from([9])), found: 'at 200' },
  { kind: 'a lost entry', harm: (path) => overwrite(path, 200, Buffer.alloc(20)), found: 'at 200' },
  { kind: 'a short file', harm: (path) => truncateSync(path, 1000), found: 'at -1' },
  { kind: 'a lost file', harm: (path) => rmSync(path), found: 'at 0' },
];
for (const { kind, harm, found } of QUEUE_DAMAGES) {
  test(`finds in a consume queue ${kind}`, async () => {
    const { folder } = await filledStore();
    harm(join(folder, FIRST_QUEUE_FILE));
    assert.ok(damagesOf(await check(folder)).includes(`queue ${FIRST_QUEUE_FILE} ${found}`));
  });
}

test('finds a queue without files, if the topic is there', async () => {
  const { folder } = await filledStore();
  rmSync(join(folder, 'consumequeue/T/1'), { recursive: true });
  assert.equal(damagesOf(await check(folder)), []);
  mkdirSync(join(folder, 'config'));
  writeFileSync(join(folder, 'config/topics.json'), '{"topicConfigTable":{"T":{}}}');
  assert.equal(damagesOf(await check(folder)), ['queue consumequeue/T/1 at -1']);
});

test('finds an entry more than there are records', async () => {
  const { folder, results } = await filledStore();
  const entry = Buffer.alloc(20);
  entry.writeBigInt64BE(BigInt((results[296]?.physicalOffset ?? 0) + 5));
  entry.writeInt32BE(100, 8);
  overwrite(join(folder, FIRST_QUEUE_FILE), 99 * 20, entry);
  assert.equal(damagesOf(await check(folder)), ['queue consumequeue/T/0 at -1']);
});

test('finds an index entry of no record, and a broken chain', async () => {
  const { folder } = await filledStore();
  const indexFolder = join(folder, 'index');
  const [name = ''] = readdirSync(indexFolder);
  // The key hash of the third entry.
  const position = 40 + 7 * 4 + 3 * 20;
  overwrite(join(indexFolder, name), position + 3, Buffer.from([0xff]));
  const damages = damagesOf(await check(folder));
  assert.ok(damages.includes(`index index/${name} at ${position}`));
  assert.ok(damages.includes(`index index/${name} at -1`));
});

test("finds groups' offsets past their queue, and a checkpoint ahead of the log", async () => {
  const { folder } = await filledStore();
  mkdirSync(join(folder, 'config'));
  const path = join(folder, 'config/consumerOffset.json');
  writeFileSync(path, '{"offsetTable":{"T@g":{0:99,1:7},"gone@g":{0:5}}}');
  assert.equal(damagesOf(await check(folder)), []);
  writeFileSync(path, '{"offsetTable":{"T@g":{0:100,1:7},"gone@g":{0:5}}}');
  assert.equal(damagesOf(await check(folder)), ['offsets config/consumerOffset.json at -1']);
  writeFileSync(path, '{"offsetTable":{"T@g":');
  assert.equal(damagesOf(await check(folder)), ['offsets config/consumerOffset.json at -1']);
  rmSync(path);
  const ahead = Buffer.alloc(8);
  ahead.writeBigInt64BE(1_000_000n);
  overwrite(join(folder, 'checkpoint'), 40, ahead);
  assert.equal(damagesOf(await check(folder)), ['checkpoint checkpoint at 40']);
});

test.run();
