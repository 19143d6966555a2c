/** The simulation finds what it is for: the store, broken on purpose in five ways, is caught each time and called by the right name. */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import { type Break, BREAKS } from './breaks.js';
import { type History, makeHistory } from './history.js';
import type { Violation } from './ledger.js';
import { shrink } from './shrink.js';
import { tryHistory } from './try-seed.js';

/** A break that needs more seeds than this is not found well enough. */
const SEEDS_MAX = 300;

const test = suite('deliberate breaks');

function withKillsOnly(history: History): History {
  const operations = history.operations.map((operation) =>
    operation.kind === 'crash' ? { ...operation, isPowerCut: false } : operation,
  );
  return { ...history, operations };
}

interface Found {
  readonly history: History;
  readonly violation: Violation;
}

/** The first seed that calls it by its name; some breaks are seen in more than one way. */
async function find({ wrappers, kind, isFoundByKill }: Break): Promise<Found | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const history = isFoundByKill === true ? withKillsOnly(makeHistory(seed)) : makeHistory(seed);
    const violation = await tryHistory(history, wrappers);
    if (violation?.kind === kind) return { history, violation };
  }
  return undefined;
}

for (const broken of BREAKS) {
  test(`finds: ${broken.name}`, async () => {
    const takeBack = broken.install?.();
    let found: Found | undefined;
    try {
      found = await find(broken);
    } finally {
      takeBack?.();
    }
    assert.ok(found, `no seed up to ${SEEDS_MAX} finds it as ${broken.kind}`);
    assert.is(await tryHistory(found.history), undefined, 'the store as it is passes the same history');
  });
}

test('a failure is shrunk to a few operations that fail in the same way', async () => {
  const [broken] = BREAKS;
  assert.ok(broken);
  const found = await find(broken);
  assert.ok(found);
  const { history, violation } = found;
  const shrunk = await shrink(
    history,
    violation.kind,
    async (tried) => (await tryHistory(tried, broken.wrappers))?.kind,
  );
  assert.ok(shrunk.operations.length <= 10, `${shrunk.operations.length} of ${history.operations.length} are left`);
  assert.is((await tryHistory(shrunk, broken.wrappers))?.kind, violation.kind);
});

test.run();
