/** The lock on a store's folder, between processes. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { StoreLock } from '#src/commitlog/store-lock.js';

import { suite } from '../suite.js';
import { FaultyDisk } from './faulty-disk.js';
import { makeFolder, removeFolders } from './store-harness.js';

const test = suite('store lock');
test.after(removeFolders);

const TRY_TO_LOCK = `
import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { StoreLock } from '#src/commitlog/store-lock.js';
const outcome = await StoreLock.take(nodeFileSystem, process.argv[1]).then(() => 'taken', (error) => error.message);
console.log(outcome);
`;

function lockInAnotherProcess(folder: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', TRY_TO_LOCK, folder], {
    encoding: 'utf8',
  }).trim();
}

test('keeps another process out, naming the folder, until it is released', async () => {
  const folder = makeFolder();
  const lock = await StoreLock.take(nodeFileSystem, folder);
  assert.match(lockInAnotherProcess(folder), new RegExp(`the store ${folder} is in use by another broker`));
  assert.is(readFileSync(join(folder, 'lock'), 'utf8'), 'lock');
  lock.release();
  assert.is(lockInAnotherProcess(folder), 'taken');
});

test('makes the folder', async () => {
  const folder = join(makeFolder(), 'a', 'b');
  const lock = await StoreLock.take(nodeFileSystem, folder);
  lock.release();
  assert.ok(nodeFileSystem.exists(join(folder, 'lock')));
});

test('is taken on a full disk, and says what else is wrong with one', async () => {
  const folder = makeFolder();
  const disk = new FaultyDisk();
  disk.begin({ operation: 'pwrite', path: '/lock', code: 'ENOSPC' });
  const lock = await StoreLock.take(disk.files, folder);
  assert.match(lockInAnotherProcess(folder), 'in use by another broker');
  lock.release();
  disk.begin({ operation: 'open', path: '/lock', code: 'EROFS' });
  let failure = '';
  await StoreLock.take(disk.files, folder).catch((error: unknown) => (failure = String(error)));
  assert.match(failure, `the store ${folder} cannot be written: EROFS`);
});

test.run();
