/**
 * Replication and kill -9, a few rounds; `npm run crash:replication -- --kills 50` does many. The slave's log is the beginning of the master's
 * after every kill, and with the master's disk nothing is lost that a SYNC_MASTER has answered SEND_OK.
 */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import { runReplicationCrashes } from './replication-crash-run.js';

const KILLS = 4;
const test = suite('replication and kill -9');

for (const role of ['SYNC_MASTER', 'ASYNC_MASTER']) {
  test(`${role}: nothing is lost that must not be, and the logs never part`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { lost, apart, acknowledged, atSlave } = await runReplicationCrashes({ kills: KILLS, seed, role });
    assert.equal({ lost, apart }, { lost: [], apart: [] }, `seed ${seed}`);
    assert.ok(acknowledged > 0 && atSlave > 0, `seed ${seed}`);
  });
}

test.run();
