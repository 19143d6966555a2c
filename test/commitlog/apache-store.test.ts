/**
 * Stores written by Apache's DefaultMessageStore 5.5.0 (see golden/GoldenStore.java): we open them, and write the same bytes for the
 * same messages.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import * as assert from 'uvu/assert';

import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { scanSegment } from '#src/commitlog/segment-scan.js';
import { encodeRecord, recordSize, storeTimestampOf } from '#src/message/stored-record.js';
import { StatusWord } from '#src/ring/store-status-page.js';

import { suite } from '../suite.js';
import { makeFolder, openStore, removeFolders } from './store-harness.js';

const test = suite('apache store');
test.after(removeFolders);

type GoldenFiles = Record<string, { sizeBytes: number; hex: string }>;
const golden = JSON.parse(
  readFileSync(new URL('../../../test/commitlog/golden/apache-5.5.0-store.json', import.meta.url), 'utf8'),
) as { clean: GoldenFiles; killed: GoldenFiles };

const SIZES = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 200 };
const LOG_END = 7070;
const LONG_TOPIC = `LongTopic_${'x'.repeat(190)}`;
const QUEUES = [
  { topic: 'GoldenTopic', queueId: 0, minOffset: 0, maxOffset: 17 },
  { topic: 'GoldenTopic', queueId: 1, minOffset: 0, maxOffset: 1 },
  { topic: LONG_TOPIC, queueId: 2, minOffset: 0, maxOffset: 1 },
];

function bytesOf(file: { sizeBytes: number; hex: string }): Buffer {
  const bytes = Buffer.alloc(file.sizeBytes);
  bytes.write(file.hex, 'hex');
  return bytes;
}

function unpack(files: GoldenFiles): string {
  const folder = makeFolder();
  for (const [path, file] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytesOf(file));
  }
  return folder;
}

/** Log segments with records, and consume queues. */
function assertSameFiles(folder: string, files: GoldenFiles, what: string): void {
  for (const [path, file] of Object.entries(files)) {
    const isEmptySegment = path.startsWith('commitlog/') && file.hex === '';
    if (isEmptySegment || !/^(commitlog|consumequeue)\//.test(path)) continue;
    assert.is(readFileSync(join(folder, path)).toString('hex'), bytesOf(file).toString('hex'), `${what}: ${path}`);
  }
}

for (const how of ['clean', 'killed'] as const) {
  test(`opens a store after Apache's ${how} end, and changes nothing in it`, async () => {
    const folder = unpack(golden[how]);
    const { store } = await openStore(folder, SIZES);
    const byName = store.queueStates.toSorted((a, b) => a.topic.localeCompare(b.topic) || a.queueId - b.queueId);
    assert.equal(byName, QUEUES);
    assert.is(store.status.get(StatusWord.writtenOffset), LOG_END);
    await store.close();
    assertSameFiles(folder, golden[how], how);
  });

  test(`makes the same consume queues from the log after Apache's ${how} end`, async () => {
    const folder = unpack(golden[how]);
    rmSync(join(folder, 'consumequeue'), { recursive: true });
    const { store } = await openStore(folder, SIZES);
    await store.close();
    assertSameFiles(folder, golden[how], how);
  });
}

/** 10.1.2.3:12345 and so on, in stored form. */
const BORN_V4 = Buffer.from('0a01020300003039', 'hex');
const BORN_V6 = Buffer.from('20010db800000000000000000000000100003039', 'hex');
const STORE_V4 = Buffer.from('0a04050600002a9f', 'hex');
const STORE_V6 = Buffer.from('fe80000000000000000000000000000200002a9f', 'hex');

interface GoldenMessage {
  readonly topic: string;
  readonly queueId: number;
  readonly body: string;
  readonly bornHost: Buffer;
  readonly storeHost: Buffer;
}

function goldenMessages(): GoldenMessage[] {
  const v4 = { bornHost: BORN_V4, storeHost: STORE_V4 };
  const messages: GoldenMessage[] = [
    { topic: 'GoldenTopic', queueId: 0, body: 'hello', ...v4 },
    { topic: 'GoldenTopic', queueId: 1, body: 'h\u00e9llo \u4e16\u754c', ...v4 },
    { topic: 'GoldenTopic', queueId: 0, body: 'from v6', bornHost: BORN_V6, storeHost: STORE_V4 },
    { topic: 'GoldenTopic', queueId: 0, body: 'both v6', bornHost: BORN_V6, storeHost: STORE_V6 },
    { topic: LONG_TOPIC, queueId: 2, body: 'a topic of 200 bytes', ...v4 },
  ];
  for (let i = 0; i < 14; i++)
    messages.push({ topic: 'GoldenTopic', queueId: 0, body: `fill ${i} `.repeat(40), ...v4 });
  return messages;
}

/** Store time and properties of each record of a folder's log: what our side of the test cannot know. */
function unknownsOf(folder: string): { storeTimestampMs: number; properties: string }[] {
  const unknowns: { storeTimestampMs: number; properties: string }[] = [];
  for (const startOffset of [0, 4096]) {
    const path = join(folder, 'commitlog', String(startOffset).padStart(20, '0'));
    const range = { path, startOffset, sizeBytes: 4096, fromOffset: startOffset };
    scanSegment(nodeFileSystem, range, (source, position, _offset, parts) => {
      const properties = source.toString('utf8', parts.propertiesStart, parts.propertiesEnd);
      unknowns.push({ storeTimestampMs: storeTimestampOf(source, position), properties });
    });
  }
  return unknowns;
}

function encode(message: GoldenMessage, properties: string): Buffer {
  const body = Buffer.from(message.body);
  const topic = Buffer.from(message.topic);
  const { bornHost, storeHost } = message;
  const propertiesBytes = Buffer.byteLength(properties);
  const record = Buffer.alloc(
    recordSize(bornHost.length, storeHost.length, body.length, topic.length, propertiesBytes),
  );
  const fields = {
    queueId: message.queueId,
    flag: 5,
    sysFlag: 0,
    bornTimestampMs: 1_700_000_000_123,
    bornHost,
    reconsumeTimes: 2,
    preparedTransactionOffset: 0,
    body,
  };
  encodeRecord(record, 0, fields, storeHost, topic, properties, propertiesBytes);
  return record;
}

test('writes the same log and queues for the same messages', async () => {
  const unknowns = unknownsOf(unpack(golden.clean));
  assert.is(unknowns.length, 19);
  const folder = makeFolder();
  const { store, main, clock } = await openStore(folder, SIZES);
  for (const [i, message] of goldenMessages().entries()) {
    const { storeTimestampMs, properties } = unknowns[i] ?? { storeTimestampMs: 0, properties: '' };
    clock.advance(storeTimestampMs - clock.nowMs());
    main.putRecords(message.topic, message.queueId, [encode(message, properties)]);
    while (store.drain.run()) continue;
  }
  await store.close();
  assertSameFiles(folder, golden.clean, 'ours');
});

test.run();
