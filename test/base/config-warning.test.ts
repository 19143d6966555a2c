/** What is said of keys that no schema has. */
import * as assert from 'uvu/assert';

import { describeUnknownKey, nearest } from '#src/base/config-warning.js';

import { suite } from '../suite.js';

const test = suite('config warning');
const known = ['brokerName', 'brokerId', 'listenPort'];

test('names the nearest key', () => {
  assert.is(
    describeUnknownKey('brokerNmae', known, new Set()),
    'the key brokerNmae is unknown; it is kept but has no effect (did you mean brokerName?)',
  );
});

test('names none when nothing is near', () => {
  assert.is(
    describeUnknownKey('somethingElse', known, new Set()),
    'the key somethingElse is unknown; it is kept but has no effect',
  );
  assert.is(nearest('x', known), undefined);
});

test("knows Apache's keys that have no use here", () => {
  assert.is(
    describeUnknownKey('useTLS', known, new Set(['useTLS'])),
    'the key useTLS is kept but has no effect in RingMQ',
  );
});

test.run();
