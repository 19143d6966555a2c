/**
 * Transactions and kill -9, a few rounds; `npm run crash:transactions -- --kills 50` does many. Each transaction ends one way: a committed one is
 * delivered, one that was rolled back never, and none twice.
 */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import { runTransactionCrashes } from './transaction-crash-run.js';

const KILLS = 4;
const test = suite('transactions and kill -9');

for (const flushDiskType of ['ASYNC_FLUSH', 'SYNC_FLUSH']) {
  test(`${flushDiskType}: each transaction ends exactly one way`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { lost, leaked, duplicates, committed, rolledBack } = await runTransactionCrashes({
      kills: KILLS,
      seed,
      flushDiskType,
    });
    assert.equal({ lost, leaked, duplicates }, { lost: [], leaked: [], duplicates: [] }, `seed ${seed}`);
    assert.ok(committed > 0 && rolledBack > 0);
  });
}

test.run();
