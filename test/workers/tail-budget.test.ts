/** What the tails of many queues may hold together. */
import * as assert from 'uvu/assert';

import { ConsumeQueueTail, TAIL_ENTRIES_FEW, TAIL_ENTRIES_MAX } from '#src/workers/consume-queue-tail.js';
import { TailBudget } from '#src/workers/tail-budget.js';

import { suite } from '../suite.js';

const test = suite('tail budget');

/** Tails whose entries are all in files, unless `fileEnd` is set. */
function makeTails(count: number, entriesMax: number): { tails: ConsumeQueueTail[]; budget: TailBudget } {
  const budget = new TailBudget(entriesMax);
  return { tails: Array.from({ length: count }, () => new ConsumeQueueTail(0, budget)), budget };
}

function push(tail: ConsumeQueueTail, count: number, fileEnd = Number.MAX_SAFE_INTEGER): void {
  for (let i = 0; i < count; i++) tail.push(tail.nextOffset, tail.nextOffset * 100, 7, -tail.nextOffset, () => fileEnd);
}

function assertEntries(tail: ConsumeQueueTail): void {
  for (let offset = tail.baseOffset; offset < tail.nextOffset; offset++) {
    assert.is(tail.physicalOffsetAt(offset), offset * 100);
    assert.is(tail.tagsCodeAt(offset), -offset);
    assert.is(tail.sizeAt(offset), 7);
  }
}

test('a queue without messages has no entries, and one with few has room for few', () => {
  const { tails, budget } = makeTails(1000, 100);
  assert.is(budget.entries, 0);
  for (const tail of tails) push(tail, 1);
  assert.is(budget.entries, 2000);
  for (const tail of tails) push(tail, 100);
  assert.ok(budget.entries <= 1000 * TAIL_ENTRIES_FEW + 100, `${budget.entries} entries`);
  for (const tail of tails) {
    assert.ok(tail.nextOffset - tail.baseOffset >= TAIL_ENTRIES_FEW);
    assertEntries(tail);
  }
});

test('a busy queue takes over what idle ones had', () => {
  const { tails, budget } = makeTails(5, TAIL_ENTRIES_MAX * 3);
  for (const tail of tails) push(tail, TAIL_ENTRIES_MAX * 2);
  const last = tails.at(-1);
  assert.ok(last !== undefined);
  assert.ok(budget.entries <= TAIL_ENTRIES_MAX * 3 + 5 * TAIL_ENTRIES_FEW);
  assert.is(last.capacity, TAIL_ENTRIES_MAX);
  assert.is(Math.min(...tails.map(({ capacity }) => capacity)), TAIL_ENTRIES_FEW, 'an idle one has given back');
  for (const tail of tails) assertEntries(tail);
});

test('what the files lack is held whatever the budget says, also when others want room', () => {
  const { tails } = makeTails(3, 16);
  const [lacking, other] = tails;
  assert.ok(lacking !== undefined && other !== undefined);
  push(lacking, 1000, 0);
  push(other, 1000);
  assert.is(lacking.baseOffset, 0);
  assert.is(other.capacity, TAIL_ENTRIES_FEW);
  assertEntries(lacking);
  assertEntries(other);
});

test('a deleted queue gives all back', () => {
  const { tails, budget } = makeTails(2, 64);
  for (const tail of tails) push(tail, 100);
  for (const tail of tails) tail.clear();
  assert.is(budget.entries, 0);
  for (const tail of tails) push(tail, 100);
  for (const tail of tails) assertEntries(tail);
});

test.run();
