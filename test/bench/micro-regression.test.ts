/** When `npm run bench` calls a micro benchmark a regression. */
import * as assert from 'uvu/assert';

import type { MicroResult } from '../../bench/micro/micro-benchmark.js';
import { findRegressions } from '../../bench/micro/regression.js';
import { suite } from '../suite.js';

const test = suite('bench micro regression');

const BASELINE = { node: '20.0.0', failRatio: 1.5, timesBaseline: { 'ring: put': 2, 'ring: take': 1 } };

function result(name: string, timesBaseline: number): MicroResult {
  return { group: 'ring', name, nanosPerOperation: 1, errorPercent: 1, timesBaseline };
}

test('up to the fail ratio is none, beyond it is', () => {
  assert.equal(findRegressions(BASELINE, [result('put', 3), result('take', 0.5)]), []);
  assert.equal(findRegressions(BASELINE, [result('put', 3.01), result('take', 1)]), [
    { key: 'ring: put', known: 2, measured: 3.01 },
  ]);
});

test('a benchmark that only the file or only the run has is told', () => {
  assert.equal(findRegressions(BASELINE, [result('put', 2), result('peek', 1)]), [
    { key: 'ring: peek', known: undefined, measured: 1 },
    { key: 'ring: take', known: 1, measured: undefined },
  ]);
});

test.run();
