/** `ringmq store check` and `store dump` as users run them: exit codes, JSON, a store that is in use, and that nothing is written. */
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { makeFolder, openStore, removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';
import { CommandProcess, type Ending } from './command-process.js';

const test = suite('store command');
test.after(removeFolders);

const SEGMENT = 'commitlog/00000000000000000000';

async function filledStore(): Promise<string> {
  const folder = makeFolder();
  const { store, put } = await openStore(folder);
  for (let i = 0; i < 20; i++) put('T', i % 2, [{ body: `message ${i}`, properties: `KEYS\u0001key${i}\u0002` }]);
  await store.close();
  return folder;
}

function run(...args: string[]): Promise<Ending> {
  return new CommandProcess('ringmq', ['store', ...args]).ended();
}

/** Names, sizes and times of all files. */
function stateOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => `${name} ${statSync(join(folder, name)).size} ${statSync(join(folder, name)).mtimeMs}`);
}

test('check ends with 0 for a whole store, and writes nothing to it', async () => {
  const folder = await filledStore();
  const before = stateOf(folder);
  const { exitCode, stdout, stderr } = await run('check', folder, '--hash-slots', '7', '--index-entries', '16');
  assert.is(exitCode, 0, stdout + stderr);
  assert.match(stdout, /^log {6}20 records in 1 files, from 0 to \d+; 0 bytes damaged\n/);
  assert.match(stdout, 'stopped in order: 0 damages, 0 notes');
  assert.match(stderr, 'checking log: 100 %');
  assert.equal(stateOf(folder), before);
});

test('check ends with 1 for a damaged one, with file and place', async () => {
  const folder = await filledStore();
  const file = openSync(join(folder, SEGMENT), 'r+');
  writeSync(file, '#', 90);
  closeSync(file);
  const text = await run('check', folder);
  assert.is(text.exitCode, 1);
  assert.match(text.stdout, `DAMAGE log ${join(folder, SEGMENT)} at 0: `);
  const json = await run('check', folder, '--json');
  assert.is(json.exitCode, 1);
  const report = JSON.parse(json.stdout) as { damageCount: number; problems: { area: string; offset: number }[] };
  assert.ok(report.damageCount >= 1);
  assert.ok(report.problems.some(({ area, offset }) => area === 'log' && offset === 0));
});

test('what makes no sense ends with 2', async () => {
  const folder = await filledStore();
  for (const args of [
    [],
    ['look', folder],
    ['check'],
    ['check', join(folder, 'no such folder')],
    ['check', folder, '--unknown'],
    ['check', folder, folder],
    ['dump', folder, '--count', 'many'],
    ['dump', folder, '--queue', '0'],
    ['dump', folder, '--body', 'xml'],
  ]) {
    assert.is((await run(...args)).exitCode, 2, args.join(' '));
  }
  assert.is((await run('--help')).exitCode, 0);
});

test('check says so when a broker has the store open', async () => {
  const folder = makeFolder();
  const broker = new CommandProcess('mqbroker', ['--listenPort', '0', '--storePathRootDir', folder]);
  await broker.untilPrinted('boot success');
  const { exitCode, stderr } = await run('check', folder);
  assert.match(stderr, 'a broker has this store open');
  assert.is(exitCode, 0, stderr);
  broker.kill('SIGTERM');
  assert.is((await broker.ended()).exitCode, 0);
});

test('dump prints records of the log, of a queue, and by key', async () => {
  const folder = await filledStore();
  const log = await run('dump', folder, '--count', '2');
  assert.is(log.exitCode, 0, log.stderr);
  assert.match(log.stdout, /^0 T\/0 offset 0 size \d+ .*\n {4}\{"KEYS":"key0"\}\n {4}"message 0"\n\d+ T\/1 offset 0 /);
  const queue = await run('dump', folder, '--topic', 'T', '--queue', '1', '--from', '3', '--count', '2', '--json');
  const lines = queue.stdout.trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as { queueOffset: number; body: string; sizeBytes: number });
  assert.equal(
    records.map(({ queueOffset, body }) => [queueOffset, body]),
    [
      [3, 'message 7'],
      [4, 'message 9'],
    ],
  );
  const key = await run('dump', folder, '--key', 'key7', '--body', 'hex', '--json');
  assert.match(key.stdout, `"body":"${Buffer.from('message 7').toString('hex')}"`);
  assert.is(key.stdout.trim().split('\n').length, 1);
  const none = await run('dump', folder, '--topic', 'no such topic');
  assert.equal([none.exitCode, none.stdout], [0, '']);
  rmSync(join(folder, 'consumequeue'), { recursive: true });
  assert.is(readFileSync(join(folder, SEGMENT)).length, 65_536);
});

test.run();
