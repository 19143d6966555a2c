/** docs/compat.md lists every request code that is served, and no other. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

import { RequestCode } from '#src/remoting/request-code.js';

import { suite } from '../suite.js';

const test = suite('compat docs');

const TABLES = ['src/broker/processor-table.ts', 'src/broker/admin-processors.ts', 'src/namesrv/namesrv-processors.ts'];

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

test('list the codes of the dispatch tables', () => {
  const served = TABLES.flatMap((path) => [...read(path).matchAll(/RequestCode\.(\w+)/g)].map(([, name = '']) => name));
  const listed = [...read('docs/compat.md').matchAll(/^\| (\d+) \| (\w+) \|/gm)].map(
    ([, code, name]) => `${code} ${name}`,
  );
  const expected = served.map((name) => `${RequestCode[name as keyof typeof RequestCode]} ${name}`);
  assert.equal(listed.toSorted(), [...new Set(expected)].toSorted());
});

test.run();
