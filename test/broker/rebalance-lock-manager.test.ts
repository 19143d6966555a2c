/** Locks of queues for orderly consumers. */
import * as assert from 'uvu/assert';

import { LOCK_MAX_LIVE_MS, RebalanceLockManager } from '#src/broker/rebalance-lock-manager.js';
import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const test = suite('rebalance-lock-manager');
const queues = [0, 1].map((queueId) => ({ topic: 'T', brokerName: 'b', queueId }));

test('a queue has one owner, who may renew it', () => {
  const clock = new FakeClock();
  const locks = new RebalanceLockManager(clock);
  assert.equal(locks.tryLockBatch('G', queues, 'c1'), queues);
  assert.equal(locks.tryLockBatch('G', queues, 'c2'), []);
  assert.equal(locks.tryLockBatch('H', queues, 'c2'), queues, 'another group has its own');
  clock.advance(LOCK_MAX_LIVE_MS);
  assert.equal(locks.tryLockBatch('G', queues.slice(0, 1), 'c1'), queues.slice(0, 1));
  clock.advance(1);
  assert.equal(locks.tryLockBatch('G', queues, 'c2'), queues.slice(1), 'what was not renewed for a minute is free');
});

test('only the owner unlocks', () => {
  const locks = new RebalanceLockManager(new FakeClock());
  locks.tryLockBatch('G', queues, 'c1');
  locks.unlockBatch('G', queues, 'c2');
  assert.equal(locks.tryLockBatch('G', queues, 'c2'), []);
  locks.unlockBatch('G', queues, 'c1');
  assert.equal(locks.tryLockBatch('G', queues, 'c2'), queues);
});

test('a group is locked while one of its locks holds', () => {
  const clock = new FakeClock();
  const locks = new RebalanceLockManager(clock);
  assert.not.ok(locks.isGroupLocked('G'));
  locks.tryLockBatch('G', queues, 'c1');
  assert.ok(locks.isGroupLocked('G'));
  assert.not.ok(locks.isGroupLocked('H'));
  clock.advance(LOCK_MAX_LIVE_MS);
  locks.tryLockBatch('G', queues.slice(0, 1), 'c1');
  clock.advance(1);
  assert.ok(locks.isGroupLocked('G'), 'one of two has expired');
  locks.unlockBatch('G', queues, 'c1');
  assert.not.ok(locks.isGroupLocked('G'));
});

test.run();
