/** Quantiles of the latency histogram against sorted samples. */
import * as assert from 'uvu/assert';

import { LatencyHistogram } from '#src/load/latency-histogram.js';
import { suite } from '../suite.js';

const test = suite('latency histogram');

test('quantiles are those of the samples to 0.1 % or a microsecond', () => {
  const histogram = new LatencyHistogram();
  const samples = Array.from({ length: 20_000 }, (_, i) => 0.02 * 1.0006 ** i);
  for (const sample of samples) histogram.add(sample);
  for (const quantile of [0.01, 0.5, 0.9, 0.99, 0.999, 0.9999]) {
    const wanted = samples[Math.ceil(quantile * samples.length) - 1] ?? 0;
    const found = histogram.quantileMs(quantile);
    assert.ok(Math.abs(found - wanted) <= wanted * 0.0015 + 0.001, `${quantile}: ${found} for ${wanted}`);
  }
  assert.is(histogram.maxMs, samples.at(-1));
  assert.is(histogram.quantileMs(1), histogram.maxMs);
  assert.is(histogram.samples, samples.length);
});

test('adding, resetting, and what lies outside', () => {
  const [histogram, other] = [new LatencyHistogram(), new LatencyHistogram()];
  assert.equal([histogram.quantileMs(0.5), histogram.maxMs, histogram.meanMs], [0, 0, 0]);
  other.add(0);
  other.add(10_000_000);
  histogram.add(5);
  histogram.addAll(other);
  assert.equal([histogram.samples, histogram.maxMs], [3, 10_000_000]);
  assert.ok(Math.abs(histogram.quantileMs(0.5) - 5) < 0.01);
  histogram.reset();
  assert.equal([histogram.samples, histogram.maxMs], [0, 0]);
});

test.run();
