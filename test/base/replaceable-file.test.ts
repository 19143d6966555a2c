/** A file that is replaced as a whole. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ReplaceableFile } from '#src/base/replaceable-file.js';
import { suite } from '../suite.js';

const folder = mkdtempSync(join(tmpdir(), 'ringmq-file-'));
const test = suite('replaceable-file');
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('writes in the order of the calls and leaves the content before as .bak', async () => {
  const file = new ReplaceableFile(join(folder, 'order', 'x.json'));
  await Promise.all(['1', '2', '3'].map((content) => file.write(content)));
  assert.is(await file.read(), '3');
  assert.is(readFileSync(file.backupPath, 'utf8'), '2');
  assert.equal(readdirSync(join(folder, 'order')).toSorted(), ['x.json', 'x.json.bak']);
});

test('falls back to .bak when the file is not there or empty', async () => {
  const file = new ReplaceableFile(join(folder, 'y.json'));
  assert.is(await file.read(), undefined);
  writeFileSync(file.backupPath, 'old');
  assert.is(await file.read(), 'old');
  writeFileSync(file.path, '');
  assert.is(await file.read(), 'old');
});

test('a write that failed is told to its caller only, and the next one works', async () => {
  writeFileSync(join(folder, 'blocked'), '');
  const blocked = new ReplaceableFile(join(folder, 'blocked', 'z.json'));
  const failure = await blocked.write('1').then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(failure instanceof Error);
  await blocked.settled();
  rmSync(join(folder, 'blocked'));
  await blocked.write('2');
  assert.is(await blocked.read(), '2');
});

test.run();
