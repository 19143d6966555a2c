/** docs/configuration.md is what its generator writes. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

import { formatConfigDocs } from '../../tools/config-docs.js';
import { suite } from '../suite.js';

const test = suite('config docs');

test('are up to date; if not: node build/tools/config-docs.js', () => {
  assert.is(readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8'), formatConfigDocs());
});

test.run();
