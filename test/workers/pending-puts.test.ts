/** Puts under way and the queue's tail: each answered exactly once; nothing dropped that its file lacks. */
import * as assert from 'uvu/assert';

import { emptyStoredResult } from '#src/ring/result-ring.js';
import { ConsumeQueueTail, TAIL_ENTRIES_MAX } from '#src/workers/consume-queue-tail.js';
import { TailBudget } from '#src/workers/tail-budget.js';
import { type PutResult, PutStatus } from '#src/workers/message-store.js';
import { PendingPuts } from '#src/workers/pending-puts.js';

import { suite } from '../suite.js';

const test = suite('pending puts');

test('a batch is answered with its last result, with all offsets', () => {
  const puts = new PendingPuts(4);
  const answers: PutResult[] = [];
  const requestId = puts.add((result) => answers.push(result), 3, 0);
  assert.not(puts.hasRoom(2));
  for (let i = 0; i < 3; i++) {
    assert.is(answers.length, 0);
    puts.settle(
      { ...emptyStoredResult(), requestId, queueOffset: 10 + i, physicalOffset: 100 * i, isLast: i === 2 },
      undefined,
    );
  }
  assert.is(answers.length, 1);
  assert.is(answers[0]?.queueOffset, 10);
  assert.equal(answers[0]?.physicalOffsets, [0, 100, 200]);
  assert.ok(puts.hasRoom(4));
});

test('a put that timed out is answered once, and its id is not reused before the worker has answered', () => {
  const puts = new PendingPuts(1);
  const answers: PutResult[] = [];
  const requestId = puts.add((result) => answers.push(result), 1, 1000);
  puts.expire(1000, 'too slow');
  assert.is(answers.length, 0, 'not before its time');
  puts.expire(1001, 'too slow');
  assert.is(answers[0]?.status, PutStatus.FLUSH_DISK_TIMEOUT);
  assert.not(puts.hasRoom(1));
  puts.settle({ ...emptyStoredResult(), requestId }, undefined);
  assert.is(answers.length, 1);
  assert.ok(puts.hasRoom(1));
});

test('a result for nobody is a bug', () => {
  assert.throws(() => new PendingPuts(2).settle(emptyStoredResult(), undefined), /under way/);
});

test('failAll answers everything with the cause', () => {
  const puts = new PendingPuts(8);
  const answers: PutResult[] = [];
  for (let i = 0; i < 5; i++) puts.add((result) => answers.push(result), 1, 0);
  puts.failAll('gone');
  assert.equal(
    answers.map((answer) => [answer.status, answer.remark]),
    Array.from({ length: 5 }, () => [PutStatus.SERVICE_NOT_AVAILABLE, 'gone']),
  );
  assert.is(puts.size, 0);
});

test('a tail keeps what the file lacks, however much, and forgets the oldest otherwise', () => {
  const tail = new ConsumeQueueTail(5, new TailBudget());
  let fileEnd = 0;
  const push = (offset: number): void => tail.push(offset, offset * 10, offset + 1, -offset, () => fileEnd);
  const lacking = TAIL_ENTRIES_MAX * 2;
  for (let i = 0; i < lacking; i++) push(5 + i);
  assert.is(tail.baseOffset, 5);
  fileEnd = Number.MAX_SAFE_INTEGER;
  for (let i = 0; i < lacking; i++) push(5 + lacking + i);
  assert.is(tail.nextOffset, 5 + lacking * 2);
  assert.is(tail.baseOffset, 5 + lacking);
  assert.is(tail.physicalOffsetAt(tail.baseOffset), tail.baseOffset * 10);
  assert.is(tail.sizeAt(tail.nextOffset - 1), tail.nextOffset);
  assert.is(tail.tagsCodeAt(tail.nextOffset - 1), -(tail.nextOffset - 1));
});

test('a gap in queue offsets is a bug', () => {
  assert.throws(() => new ConsumeQueueTail(0, new TailBudget()).push(1, 0, 1, 0, () => 0), /no gap/);
});

test.run();
