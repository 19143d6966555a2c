/** A configuration key is read somewhere in src, or marked as one that nothing reads yet. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';

import type { ConfigKey, ConfigSchema } from '#src/base/config-schema.js';
import { brokerConfigSchema } from '#src/broker/broker-config.js';
import { namesrvConfigSchema } from '#src/namesrv/namesrv-config.js';

import { suite } from '../suite.js';

const test = suite('config keys');

// Kept for the sake of existing files only, and says so.
const READ_BY_NOBODY = new Set(['rocketmqHome']);
const DECLARATIONS = /-config\.ts$|apache-only-keys\.ts$/;

const sourceFolder = fileURLToPath(new URL('../../../src', import.meta.url));
const words = new Set(
  readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !DECLARATIONS.test(path))
    .flatMap((path) => readFileSync(join(sourceFolder, path), 'utf8').match(/\w+/g) ?? []),
);

function wronglyMarked(schema: ConfigSchema): string[] {
  return Object.entries<ConfigKey<unknown>>(schema)
    .filter(([name, { pending }]) => words.has(name) === pending && !READ_BY_NOBODY.has(name))
    .map(([name]) => name);
}

test('are pending if and only if nothing reads them', () => {
  assert.equal(wronglyMarked(brokerConfigSchema), []);
  assert.equal(wronglyMarked(namesrvConfigSchema), []);
});

test.run();
