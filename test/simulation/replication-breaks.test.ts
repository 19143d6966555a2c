/** The simulation of replication finds what it is for: broken on purpose, it is caught each time and called by the right name. */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import type { Violation } from './ledger.js';
import { REPLICATION_BREAKS, type ReplicationBreak } from './replication-breaks.js';
import { makeReplicationHistory, type ReplicationHistory } from './replication-history.js';
import { shrink } from './shrink.js';
import { tryReplication } from './try-seed.js';

/** A break that needs more seeds than this is not found well enough. */
const SEEDS_MAX = 300;

const test = suite('deliberate breaks of replication');

interface Found {
  readonly history: ReplicationHistory;
  readonly violation: Violation;
}

/** The first seed that calls it by its name; some breaks are seen in more than one way. */
async function find({ wrappers, kind }: ReplicationBreak): Promise<Found | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const history = makeReplicationHistory(seed);
    const violation = await tryReplication(history, wrappers);
    if (violation?.kind === kind) return { history, violation };
  }
  return undefined;
}

for (const broken of REPLICATION_BREAKS) {
  test(`finds: ${broken.name}`, async () => {
    const takeBack = broken.install?.();
    let found: Found | undefined;
    try {
      found = await find(broken);
    } finally {
      takeBack?.();
    }
    assert.ok(found, `no seed up to ${SEEDS_MAX} finds it as ${broken.kind}`);
    assert.is(await tryReplication(found.history), undefined, 'replication as it is passes the same history');
  });
}

test('a failure is shrunk to a few operations that fail in the same way', async () => {
  const broken = REPLICATION_BREAKS.find(({ kind }) => kind === 'answered-missing');
  assert.ok(broken);
  const found = await find(broken);
  assert.ok(found);
  const { history, violation } = found;
  const shrunk = await shrink(
    history,
    violation.kind,
    async (tried) => (await tryReplication(tried, broken.wrappers))?.kind,
  );
  assert.ok(shrunk.operations.length <= 12, `${shrunk.operations.length} of ${history.operations.length} are left`);
  assert.is((await tryReplication(shrunk, broken.wrappers))?.kind, violation.kind);
});

test.run();
