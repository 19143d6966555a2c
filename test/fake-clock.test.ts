/** The clock that other tests rely on: order of timers, what they see, and that cancelled ones are gone. */
import * as assert from 'uvu/assert';

import { FakeClock } from './fake-clock.js';
import { suite } from './suite.js';

const test = suite('fake clock');

test('runs timers in the order of their times, each at its own time', () => {
  const clock = new FakeClock(1_000);
  const seen: string[] = [];
  const note = (name: string) => (): void => void seen.push(`${name} ${clock.nowMs()} ${clock.monotonicMs()}`);
  clock.after(20, note('b'));
  clock.every(15, note('every'));
  clock.after(10, note('a'));
  clock.after(20, note('c'));
  clock.advance(30);
  assert.equal(seen, ['a 1010 10', 'every 1015 15', 'b 1020 20', 'c 1020 20', 'every 1030 30']);
  assert.is(clock.pendingTimers, 1);
});

test('runs what a timer sets, if it is due by then', () => {
  const clock = new FakeClock();
  let fired = 0;
  clock.after(1, () => clock.after(1, () => fired++));
  clock.advance(1);
  assert.is(fired, 0);
  clock.advance(1);
  assert.is(fired, 1);
});

test('forgets a cancelled timer, one that cancels itself too', () => {
  const clock = new FakeClock();
  let fired = 0;
  clock.after(1, () => fired++).cancel();
  const every = clock.every(1, () => {
    fired++;
    every.cancel();
  });
  clock.advance(5);
  assert.is(fired, 1);
  assert.is(clock.pendingTimers, 0);
});

test.run();
