/** The checkpoint's bytes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { StoreCheckpoint } from '#src/commitlog/store-checkpoint.js';

import { suite } from '../suite.js';
import { makeFolder, removeFolders } from './store-harness.js';

const test = suite('store checkpoint');
test.after(removeFolders);

test("is one page with its fields in Apache's order", async () => {
  const path = join(makeFolder(), 'checkpoint');
  const checkpoint = new StoreCheckpoint(nodeFileSystem, path);
  Object.assign(checkpoint.fields, {
    physicMsgTimestamp: 1_700_000_000_001,
    logicsMsgTimestamp: 2,
    indexMsgTimestamp: 3,
    masterFlushedOffset: 4,
    confirmPhyOffset: 5,
    logicsPhysicalOffset: 2 ** 40 + 6,
  });
  await checkpoint.save();
  const page = readFileSync(path);
  assert.is(page.length, 4096);
  const words = [0, 8, 16, 24, 32, 40].map((position) => Number(page.readBigInt64BE(position)));
  assert.equal(words, [1_700_000_000_001, 2, 3, 4, 5, 2 ** 40 + 6]);
  const loaded = new StoreCheckpoint(nodeFileSystem, path);
  loaded.load();
  assert.equal(loaded.fields, checkpoint.fields);
});

test('takes a missing, short or nonsensical file for "nothing is known"', () => {
  const path = join(makeFolder(), 'checkpoint');
  const checkpoint = new StoreCheckpoint(nodeFileSystem, path);
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(4096, 0xff), Buffer.alloc(10, 0x7f)]) {
    writeFileSync(path, bytes);
    checkpoint.load();
    assert.is(checkpoint.fields.logicsPhysicalOffset, 0);
  }
});

test.run();
