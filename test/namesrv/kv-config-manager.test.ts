/** kvConfig.json, as Apache's NameServer writes and reads it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { KVConfigManager } from '#src/namesrv/kv-config-manager.js';
import { suite } from '../suite.js';
import { removeFolders, silent, temporaryFolder } from './fixture.js';

const test = suite('kv-config-manager');
test.after(removeFolders);

test('writes what Apache 5.5.0 wrote after the same calls, and keeps the content before', async () => {
  const path = join(temporaryFolder(), 'namesrv', 'kvConfig.json');
  const manager = new KVConfigManager(path, silent);
  await manager.put('ORDER_TOPIC_CONFIG', 'A', 'broker-a:4');
  await manager.delete('ORDER_TOPIC_CONFIG', 'A');
  assert.is(readFileSync(path, 'utf8'), '{"configTable":{"ORDER_TOPIC_CONFIG":{}}}');
  assert.is(readFileSync(`${path}.bak`, 'utf8'), '{"configTable":{"ORDER_TOPIC_CONFIG":{"A":"broker-a:4"}}}');
});

test('reads it back', async () => {
  const path = join(temporaryFolder(), 'kvConfig.json');
  writeFileSync(path, '{"configTable":{"ns":{"key":"välue"}}}');
  const manager = new KVConfigManager(path, silent);
  await manager.load();
  assert.is(manager.get('ns', 'key'), 'välue');
  assert.equal([...(manager.list('ns') ?? [])], [['key', 'välue']]);
  assert.is(manager.list('other'), undefined);
});

test('changes made at once are all in the file', async () => {
  const path = join(temporaryFolder(), 'kvConfig.json');
  const manager = new KVConfigManager(path, silent);
  await Promise.all(['a', 'b', 'c'].map((key) => manager.put('ns', key, '1')));
  assert.is(readFileSync(path, 'utf8'), '{"configTable":{"ns":{"a":"1","b":"1","c":"1"}}}');
});

test('a file that is not JSON stops the start', async () => {
  const path = join(temporaryFolder(), 'kvConfig.json');
  writeFileSync(path, 'oops');
  const failure = await new KVConfigManager(path, silent).load().then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(failure instanceof Error);
});

test.run();
