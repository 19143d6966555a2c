/** The plot of a result: well-formed whatever the result, text escaped, points within the picture. */
import * as assert from 'uvu/assert';

import { plotResult } from '#src/cli/bench-plot.js';
import { LoadRecorder } from '#src/load/load-recorder.js';
import { type LoadResult, toResult } from '#src/load/load-result.js';
import { suite } from '../suite.js';
import { assertWellFormed } from './well-formed.js';

const test = suite('bench plot');

function resultOf(seconds: number, latencyOf: (i: number) => number): LoadResult {
  const recorder = new LoadRecorder();
  const perSecond = Array.from({ length: seconds }, (_, second) => {
    for (let i = 0; i < 100; i++) recorder.answered(latencyOf(second * 100 + i), 1, 10);
    return recorder.endSecond(1000);
  });
  const { messages, requests, bytes } = recorder;
  return toResult({
    startedAtMs: 0,
    elapsedMs: seconds * 1000,
    ending: { reason: 'duration' },
    counts: { messages, requests, bytes, behind: 0, afterEnd: 0 },
    recorder,
    seconds: perSecond,
    broker: undefined,
    generatorCpuMicros: 0,
  });
}

/** All numbers of a kind of attribute. */
function numbersOf(svg: string, pattern: RegExp): number[] {
  return [...svg.matchAll(pattern)].flatMap(([, text = '']) => text.split(/[ ,]/).map(Number));
}

test('well-formed and within the picture, with little and with much', () => {
  for (const result of [
    resultOf(0, () => 0),
    resultOf(1, () => 1),
    resultOf(3, (i) => 0.05 + i / 1000),
    resultOf(400, (i) => (i % 1000 === 0 ? 30_000 : 0.2)),
  ]) {
    const svg = plotResult('ringmq bench produce', result);
    assertWellFormed(svg);
    const points = numbersOf(svg, /points="([^"]*)"/g);
    assert.ok(points.every((value) => value >= 0 && value <= 900));
    assert.not.match(svg, /NaN|Infinity|undefined/);
  }
});

test('latency rises with the percentile', () => {
  const svg = plotResult(
    't',
    resultOf(10, (i) => 1 + (i % 100)),
  );
  const [first = ''] = /points="([^"]*)"/.exec(svg)?.slice(1) ?? [];
  const points = first.split(' ').map((pair) => pair.split(',').map(Number));
  for (const [i, [x = 0, y = 0]] of points.entries()) {
    const [nextX = Infinity, nextY = -Infinity] = points[i + 1] ?? [];
    assert.ok(nextX >= x && nextY <= y, `${x},${y} to ${nextX},${nextY}`);
  }
});

test('text from outside is escaped', () => {
  const svg = plotResult(
    '<script>&"',
    resultOf(1, () => 1),
  );
  assertWellFormed(svg);
  assert.match(svg, '&lt;script&gt;&amp;"');
});

test.run();
