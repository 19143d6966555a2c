/** Files of `config/`: the backup is read when the file is damaged or gone, and saves do not overlap. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { createLogger } from '#src/base/log.js';
import { BrokerPersistence } from '#src/broker/broker-persistence.js';
import { ConfigFile, type PersistentTable } from '#src/broker/config-file.js';
import { suite } from '../suite.js';
import { AdminBroker } from './admin-broker.js';

const logger = createLogger('test', 'silent');
const context = { folder: '' };
const test = suite('config-file', context);

/** A table that is one number. */
class NumberTable implements PersistentTable {
  value = 0;
  encodings = 0;

  encode(): string {
    this.encodings += 1;
    return `${this.value}`;
  }

  decode(text: string): void {
    if (Number.isNaN(Number(text))) throw new Error('no number');
    this.value = Number(text);
  }
}

function persistenceOf({
  configStore,
  topics,
  groups,
  offsets,
  delayOffsets,
  consumerFilters,
  requestModes,
  clock,
}: AdminBroker): BrokerPersistence {
  const tables = { topics, groups, offsets, delayOffsets, consumerFilters, requestModes };
  return new BrokerPersistence({ config: configStore.values, ...tables, clock, logger });
}

test.before.each(async (state) => {
  state.folder = await mkdtemp(join(tmpdir(), 'config-file-'));
});

test.after.each(async (state) => {
  await rm(state.folder, { recursive: true });
});

test('nothing there leaves the table as it is', async ({ folder }) => {
  const table = new NumberTable();
  table.value = 5;
  await new ConfigFile(join(folder, 'a.json'), table, logger).load();
  assert.is(table.value, 5);
});

test('the second save keeps the first as .bak', async ({ folder }) => {
  const table = new NumberTable();
  const path = join(folder, 'config', 'a.json');
  const file = new ConfigFile(path, table, logger);
  for (table.value = 1; table.value < 3; table.value++) await file.save();
  assert.is(await readFile(path, 'utf8'), '2');
  assert.is(await readFile(`${path}.bak`, 'utf8'), '1');
});

for (const [what, content] of [
  ['empty', ''],
  ['damaged', '{"a":'],
  ['gone', undefined],
] as const) {
  test(`the backup is read when the file is ${what}`, async ({ folder }) => {
    const table = new NumberTable();
    const path = join(folder, 'a.json');
    await writeFile(`${path}.bak`, '41');
    if (content !== undefined) await writeFile(path, content);
    await new ConfigFile(path, table, logger).load();
    assert.is(table.value, 41);
  });
}

test('saves asked for during one become one more, with the newest state', async ({ folder }) => {
  const table = new NumberTable();
  const path = join(folder, 'a.json');
  const file = new ConfigFile(path, table, logger);
  const saves: Promise<void>[] = [];
  for (table.value = 1; table.value < 100; table.value++) saves.push(file.save());
  await Promise.all(saves);
  assert.is(await readFile(path, 'utf8'), '100');
  assert.is(table.encodings, 2);
});

test('a folder that cannot be written is no reason to fail', async ({ folder }) => {
  await writeFile(join(folder, 'file'), '');
  await new ConfigFile(join(folder, 'file', 'a.json'), new NumberTable(), logger).save();
});

test('a failed save leaves the old file, is one line however often it is tried, and is told when it works again', async ({
  folder,
}) => {
  const lines: string[] = [];
  const path = join(folder, 'a.json');
  const table = new NumberTable();
  const file = new ConfigFile(
    path,
    table,
    createLogger('test', 'info', (line) => lines.push(line)),
  );
  table.value = 1;
  await file.save();
  // Where the new content is written first there is something that cannot be: as root, permissions alone stop nobody.
  await mkdir(`${path}.tmp`);
  for (table.value = 2; table.value < 10; table.value++) await file.save();
  assert.is(await readFile(path, 'utf8'), '1');
  assert.ok(file.isOwed);
  assert.is(lines.length, 1);
  assert.match(lines[0] ?? '', /ERROR test could not be written .*a\.json.*EISDIR/);
  await rm(`${path}.tmp`, { recursive: true });
  await file.save();
  assert.is(await readFile(path, 'utf8'), '10');
  assert.not(file.isOwed);
  assert.match(lines[1] ?? '', 'WARN test can be written again');
});

test('what could not be saved is tried again at the interval, though nothing changes any more', async ({ folder }) => {
  const broker = new AdminBroker({ storePathRootDir: folder });
  const { topics, offsets, clock } = broker;
  const persistence = persistenceOf(broker);
  await persistence.load();
  persistence.start();
  const names = ['topics.json', 'consumerOffset.json'];
  for (const name of names) await mkdir(join(folder, 'config', `${name}.tmp`), { recursive: true });
  topics.createInSendBack('T', 1, 6, 0);
  await topics.settled();
  offsets.commit('test', 'G', 'T', 0, 7);
  clock.advance(5_000);
  for (const name of names) {
    const path = join(folder, 'config', name);
    await persistence.settled();
    assert.not(existsSync(path), name);
    await rm(`${path}.tmp`, { recursive: true });
  }
  clock.advance(10_000);
  await persistence.settled();
  assert.match(await readFile(join(folder, 'config', 'topics.json'), 'utf8'), '"T"');
  assert.match(await readFile(join(folder, 'config', 'consumerOffset.json'), 'utf8'), '0:7');
  await persistence.stop();
});

test('filters are written within 10 s of a change, cleaned, and read again', async ({ folder }) => {
  const broker = new AdminBroker({ storePathRootDir: folder, filterDataCleanTimeSpan: '30000' });
  const { consumerFilters, clock } = broker;
  const persistence = persistenceOf(broker);
  await persistence.load();
  persistence.start();
  const subscription = {
    classFilterMode: false,
    codeSet: [],
    tagsSet: [],
    expressionType: 'SQL92',
    subString: 'a = 1',
  };
  consumerFilters.register('G', [{ ...subscription, subVersion: 1, topic: 'T' }]);
  clock.advance(10_000);
  assert.not(consumerFilters.takeChanged(), 'the timer has taken note');
  await persistence.stop();
  const path = join(folder, 'config', 'consumerFilter.json');
  assert.match(await readFile(path, 'utf8'), '"expression":"a = 1"');

  const again = new AdminBroker({ storePathRootDir: folder, filterDataCleanTimeSpan: '30000' });
  const reading = persistenceOf(again);
  await reading.load();
  assert.is(again.consumerFilters.find('T', 'G')?.data.clientVersion, 1);
  reading.start();
  again.clock.advance(40_000);
  assert.is(again.consumerFilters.find('T', 'G'), undefined, 'nobody came back for it');
  await reading.stop();
  assert.not((await readFile(path, 'utf8')).includes('a = 1'));
  assert.match(await readFile(`${path}.bak`, 'utf8'), '{');
});

test('topics and groups are written before a change settles, offsets at the interval and at the end', async ({
  folder,
}) => {
  const broker = new AdminBroker({ storePathRootDir: folder });
  const { topics, groups, offsets, clock } = broker;
  const persistence = persistenceOf(broker);
  await persistence.load();
  persistence.start();
  topics.createInSendBack('T', 1, 6, 0);
  groups.find('G');
  await Promise.all([topics.settled(), groups.settled()]);
  offsets.commit('test', 'G', 'T', 0, 7);
  clock.advance(5_000);
  offsets.commit('test', 'G', 'T', 0, 8);
  await persistence.stop();
  assert.is(clock.pendingTimers, 0);

  const again = new AdminBroker({ storePathRootDir: folder });
  const reading = persistenceOf(again);
  await reading.load();
  assert.is(again.topics.select('T')?.writeQueueNums, 1);
  assert.ok(again.groups.contains('G'));
  assert.is(again.offsets.query('G', 'T', 0), 8);
  assert.match(await readFile(join(folder, 'config', 'consumerOffset.json.bak'), 'utf8'), '0:7');
});

test('the offsets of the delay levels are written at their interval, if they moved, and at the end', async ({
  folder,
}) => {
  const broker = new AdminBroker({ storePathRootDir: folder, flushDelayOffsetInterval: '2000' });
  const { delayOffsets, clock } = broker;
  const persistence = persistenceOf(broker);
  await persistence.load();
  persistence.start();
  delayOffsets.update(1, 7);
  clock.advance(2_000);
  delayOffsets.update(1, 8);
  await persistence.stop();
  const again = new AdminBroker({ storePathRootDir: folder });
  await persistenceOf(again).load();
  assert.equal(again.delayOffsets.entries(), [[1, 8]]);
  assert.match(await readFile(join(folder, 'config', 'delayOffset.json.bak'), 'utf8'), '1:7');
});

test.run();
