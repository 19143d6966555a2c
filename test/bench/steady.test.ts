/** What `npm run bench:steady` says of the seconds it was given. */
import * as assert from 'uvu/assert';

import type { BenchSecond } from '../../bench/compare/generator.js';
import { minutesOf, steadyVerdicts } from '../../bench/compare/steady-minutes.js';
import { suite } from '../suite.js';

const test = suite('bench steady');

function seconds(count: number, change: (second: number) => Partial<BenchSecond> = () => ({})): BenchSecond[] {
  return Array.from({ length: count }, (_, second) => ({
    second,
    messages: 1000,
    p50: 1,
    p99: 4,
    max: 20,
    rssMiB: 200,
    ...change(second),
  }));
}

test('seconds become minutes, the last of which may be short', () => {
  const minutes = minutesOf(seconds(150, (second) => (second === 70 ? { messages: 400, max: 51 } : {})));
  assert.equal(
    minutes.map(({ messagesPerSecond }) => messagesPerSecond),
    [1000, 990, 1000],
  );
  assert.equal(
    minutes.map(({ leastPerSecond, pauses, maxMs }) => [leastPerSecond, pauses, maxMs]),
    [
      [1000, 0, 20],
      [400, 1, 51],
      [1000, 0, 20],
    ],
  );
});

test('a steady run meets all three targets', () => {
  const verdicts = steadyVerdicts(minutesOf(seconds(300)));
  assert.is(verdicts.length, 3);
  for (const verdict of verdicts) assert.match(verdict, ': met');
});

test('a slow minute, a pause and growing memory are each missed', () => {
  const slow = minutesOf(seconds(300, (second) => (second >= 240 ? { messages: 880 } : {})));
  assert.match(steadyVerdicts(slow)[0] ?? '', 'MISSED (farthest -12.0 %)');
  const paused = minutesOf(seconds(300, (second) => (second === 200 ? { max: 75.5 } : {})));
  assert.match(steadyVerdicts(paused)[1] ?? '', 'MISSED (1 seconds, the longest 75.5 ms)');
  const growing = minutesOf(seconds(300, (second) => ({ rssMiB: 200 + second })));
  assert.match(steadyVerdicts(growing)[2] ?? '', 'MISSED');
});

test.run();
