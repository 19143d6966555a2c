/** How half messages stand: out of order, in large numbers, and for late answers. */
import * as assert from 'uvu/assert';

import { HalfState, HalfTable } from '#src/broker/transactions/half-table.js';
import { OpProgress } from '#src/broker/transactions/op-progress.js';
import { suite } from '../suite.js';

const test = suite('half table');

test('the base passes what is decided and stops before what is not', () => {
  const table = new HalfTable();
  table.restart(100);
  table.end(101, HalfState.COMMITTED, 0);
  table.advance(110);
  assert.is(table.base, 100);
  assert.is(table.nextUndecided(101, 110), 102);
  table.end(100, HalfState.ROLLED_BACK, 0);
  table.advance(110);
  assert.is(table.base, 102);
  table.advance(102);
  assert.is(table.base, 102);
});

test('a state is known for a round after it was passed', () => {
  const table = new HalfTable();
  table.end(0, HalfState.COMMITTED, 0);
  table.beginRound(0);
  table.advance(1);
  table.beginRound(0);
  assert.is(table.stateOf(0), HalfState.COMMITTED);
  table.beginRound(0);
  assert.is(table.stateOf(0), undefined);
});

test('many, ended in any order, round after round', () => {
  const table = new HalfTable();
  const count = 20_000;
  // 7,919 has no common factor with the count: each is hit once.
  for (let i = 0; i < count; i++) {
    const offset = (i * 7_919) % count;
    table.end(offset, offset % 3 === 0 ? HalfState.COMMITTED : HalfState.ROLLED_BACK, 0);
    if (i % 1_000 === 0) {
      table.beginRound(0);
      table.advance(count);
    }
  }
  table.advance(count);
  assert.is(table.base, count);
  assert.is(table.stateOf(count), HalfState.UNDECIDED);
  table.end(count + 50_000, HalfState.COMMITTED, 0);
  assert.is(table.nextUndecided(count, count + 60_000), count);
  assert.is(table.stateOf(count + 50_000), HalfState.COMMITTED);
  assert.is(table.stateOf(count + 49_999), HalfState.UNDECIDED);
});

test('a message is found by all its places until its late answers are too late', () => {
  const table = new HalfTable();
  table.move(0, 5);
  table.move(5, 9);
  assert.equal(
    [0, 5, 9].map((offset) => table.newestOf(offset)),
    [9, 9, 9],
  );
  table.end(9, HalfState.COMMITTED, 1_000);
  table.passTo(10);
  for (const nowMs of [2_000, 3_000, 600_999]) {
    table.beginRound(nowMs);
    assert.is(table.stateOf(table.newestOf(0)), HalfState.COMMITTED);
  }
  table.beginRound(601_001);
  assert.is(table.copiesKnown, 0);
  assert.is(table.newestOf(0), 0);
});

test('a message that was given up is not known by its places any more', () => {
  const table = new HalfTable();
  table.move(0, 5);
  table.giveUp(5);
  assert.is(table.copiesKnown, 0);
  assert.is(table.stateOf(5), HalfState.MOVED);
});

test('an op message is done with when the last half message that it names is passed', () => {
  const ops = new OpProgress();
  ops.restart(7);
  ops.add(7, 3);
  ops.add(8, 1);
  ops.add(9, -1);
  ops.add(10, 12);
  ops.advance(3);
  assert.is(ops.offset, 7);
  ops.advance(4);
  assert.equal([ops.offset, ops.needed], [10, 1]);
  ops.advance(13);
  assert.equal([ops.offset, ops.needed], [11, 0]);
});

test.run();
