/** The fixed rate: how many are due when, from when each counts, and what a limit does. */
import * as assert from 'uvu/assert';

import { SendSchedule } from '#src/load/send-schedule.js';
import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const test = suite('send schedule');

function takeAll(schedule: SendSchedule, clock: FakeClock): number[] {
  const due: number[] = [];
  while (schedule.available > 0) due.push(schedule.take(clock.monotonicMs()));
  return due;
}

test('without a rate, as many as are asked for are due at once', () => {
  const clock = new FakeClock();
  const schedule = new SendSchedule(clock, undefined);
  schedule.start(() => assert.unreachable('nothing becomes due'));
  clock.advance(5);
  assert.is(schedule.available, Infinity);
  assert.is(schedule.take(5), 5);
  assert.is(schedule.behind, 0);
});

test('the rate is kept, also where it does not divide a millisecond', () => {
  for (const rate of [7, 333, 1000, 4321, 250_000]) {
    const clock = new FakeClock();
    const schedule = new SendSchedule(clock, rate);
    let taken = 0;
    schedule.start(() => (taken += takeAll(schedule, clock).length));
    clock.advance(10_000);
    assert.is(taken, rate * 10, `${rate} a second`);
    schedule.stop();
    assert.is(clock.pendingTimers, 0);
  }
});

test('a request that had to wait counts from the tick that found it due', () => {
  const clock = new FakeClock();
  const schedule = new SendSchedule(clock, 1000);
  schedule.start(() => undefined);
  clock.advance(100);
  assert.is(schedule.behind, 100);
  const due = takeAll(schedule, clock);
  assert.equal(
    due,
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  assert.is(schedule.behind, 0);
});

test('a tick that comes late does not make its requests due later', () => {
  const clock = new FakeClock();
  const schedule = new SendSchedule(lateClock(clock, 50), 1000);
  schedule.start(() => undefined);
  clock.advance(50);
  const due = takeAll(schedule, clock);
  assert.is(due.length, 50);
  // Request 0 was planned for 0 ms, the last ones for no more than 2 ms before the tick: these are the timer's own lateness.
  assert.equal(due.slice(0, 3), [0, 1, 2]);
  assert.equal(due.slice(-3), [47, 50, 50]);
});

/** A clock whose intervals are all `intervalMs`: an event loop that was held up. */
function lateClock(clock: FakeClock, intervalMs: number): FakeClock {
  return Object.create(clock, {
    monotonicMs: { value: () => clock.monotonicMs() },
    every: { value: (_: number, task: () => void) => clock.every(intervalMs, task) },
  }) as FakeClock;
}

test('a limit counts from when it is set, and what is to be sent again does not count', () => {
  const clock = new FakeClock();
  const schedule = new SendSchedule(clock, undefined);
  schedule.take(0);
  schedule.limitTo(2);
  assert.is(schedule.available, 2);
  schedule.take(0);
  schedule.take(0);
  assert.ok(schedule.isExhausted);
  schedule.sendAgain();
  assert.is(schedule.available, 1);
  schedule.stop();
  schedule.sendAgain();
  assert.is(schedule.available, 0);
});

test('long waits forget nothing', () => {
  const clock = new FakeClock();
  const schedule = new SendSchedule(clock, 1000);
  schedule.start(() => undefined);
  clock.advance(20_000);
  for (let i = 0; i < 10_000; i++) schedule.take(clock.monotonicMs());
  assert.is(schedule.take(clock.monotonicMs()), 10_001);
  assert.is(schedule.behind, 9_999);
});

test.run();
