/** Rates of delivery by group and topic. */
import * as assert from 'uvu/assert';

import { GroupGetStats } from '#src/broker/group-get-stats.js';
import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const test = suite('group-get-stats');

test('a rate is over the last minute, and each pair has its own', () => {
  const clock = new FakeClock();
  const stats = new GroupGetStats(clock);
  stats.record('G', 'T', 100);
  assert.is(stats.tps('G', 'T'), 0, 'nothing is known before the first sample');
  clock.advance(10_000);
  assert.is(stats.tps('G', 'T'), 10);
  stats.record('G', 'T', 200);
  stats.record('H', 'T', 50);
  clock.advance(10_000);
  assert.is(stats.tps('G', 'T'), 15);
  assert.is(stats.tps('H', 'T'), 5);
  assert.is(stats.tps('G', 'U'), 0);
  clock.advance(50_000);
  assert.is(stats.tps('G', 'T'), 200 / 60, 'the first ten seconds are forgotten');
});

test('who gets nothing for a minute is forgotten, and the timer with the last', () => {
  const clock = new FakeClock();
  const stats = new GroupGetStats(clock);
  stats.record('G', 'T', 1);
  assert.ok(stats.isSampling);
  clock.advance(80_000);
  assert.not.ok(stats.isSampling);
  stats.record('G', 'T', 30);
  clock.advance(10_000);
  assert.is(stats.tps('G', 'T'), 3);
});

test.run();
