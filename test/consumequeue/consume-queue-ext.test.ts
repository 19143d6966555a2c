/** Queues whose entries point at extension units, as Apache's DefaultMessageStore 5.5.0 wrote them (golden/GoldenExt.java). */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import * as assert from 'uvu/assert';

import { isExtAddress } from '#src/consumequeue/consume-queue-ext.js';
import { ConsumeQueueReader } from '#src/consumequeue/consume-queue-reader.js';

import { suite } from '../suite.js';

const test = suite('consume-queue-ext');

const golden = JSON.parse(
  readFileSync(new URL('../../../test/consumequeue/golden/apache-5.5.0-ext.json', import.meta.url), 'utf8'),
) as Record<string, { sizeBytes: number; hex: string }>;

/** Java's hashes of the three kinds of tags that the messages have in turn. */
const TAGS_CODES = [2_598_919, -1_663_652_258, 0];
const MESSAGES = 14;
const FILE_BYTES = 200;
const EXT_FOLDER = join('consumequeue_ext', 'GoldenTopic', '0');

let folder = '';
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringmq-ext-'));
  for (const [path, { sizeBytes, hex }] of Object.entries(golden)) {
    const bytes = Buffer.alloc(sizeBytes);
    bytes.write(hex, 'hex');
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
});
test.after.each(() => rmSync(folder, { recursive: true }));

async function tagsCodes(): Promise<number[]> {
  const reader = new ConsumeQueueReader(join(folder, 'consumequeue'), FILE_BYTES);
  const read: number[] = [];
  for (let offset = 0; offset < MESSAGES;) {
    const entries = await reader.read('GoldenTopic', 0, offset, MESSAGES - offset);
    read.push(...entries.map(({ tagsCode }) => tagsCode));
    offset += entries.length;
  }
  await reader.close();
  return read;
}

test('tags codes are those of the units, across their files', async () => {
  assert.ok(readdirSync(join(folder, EXT_FOLDER)).length > 1, 'units in several files');
  assert.equal(
    await tagsCodes(),
    Array.from({ length: MESSAGES }, (_, i) => TAGS_CODES[i % TAGS_CODES.length]),
  );
});

test('a unit that is lost leaves an address, which is no tags code', async () => {
  const [first = ''] = readdirSync(join(folder, EXT_FOLDER)).toSorted();
  unlinkSync(join(folder, EXT_FOLDER, first));
  const read = await tagsCodes();
  const lost = read.filter(isExtAddress).length;
  assert.ok(lost > 0 && lost < MESSAGES);
  assert.equal(read.slice(lost), Array.from({ length: MESSAGES }, (_, i) => TAGS_CODES[i % 3]).slice(lost));
  rmSync(join(folder, 'consumequeue_ext'), { recursive: true });
  assert.ok((await tagsCodes()).every(isExtAddress));
});

test("hashes and times are no addresses: Apache's MAX_ADDR is the border", () => {
  for (const tagsCode of [0, -1, 2 ** 31 - 1, -(2 ** 31), 1_700_000_000_000]) assert.not(isExtAddress(tagsCode));
  for (const address of [-(2 ** 31) - 1, -(2 ** 63)]) assert.ok(isExtAddress(address));
});

test.run();
