/**
 * A store and kill -9, a few kills; `npm run crash:store -- --kills 200` does many. What was acknowledged is stored where it was said to be, nothing
 * is stored that was not sent, queues have no gaps, and log, queues and index say the same.
 */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import { runStoreCrashes } from './store-crash-run.js';

const KILLS = 5;
const test = suite('a store and kill -9');

for (const flushDiskType of ['ASYNC_FLUSH', 'SYNC_FLUSH']) {
  test(`${flushDiskType}: what was acknowledged is stored, once, and nothing else`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { faults, folder, acknowledged } = await runStoreCrashes({ kills: KILLS, seed, flushDiskType });
    assert.equal(faults, [], `seed ${seed}, store ${folder}`);
    assert.ok(acknowledged > 0);
  });
}

test.run();
