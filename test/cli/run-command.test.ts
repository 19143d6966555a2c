/** What a failure is turned into: words and an exit code, and a stack for our own bugs only. */
import * as assert from 'uvu/assert';

import { ConfigError } from '#src/base/errors.js';
import { UsageError } from '#src/cli/exit-code.js';
import { describeFailure } from '#src/cli/run-command.js';

import { suite } from '../suite.js';

const test = suite('failures of commands');

const inUse = Object.assign(new Error('listen EADDRINUSE: address already in use'), { code: 'EADDRINUSE' });

const expected: readonly [title: string, error: Error, exitCode: number, message: string][] = [
  ['a wrong flag', new UsageError('no'), 2, 'x: no\nTry x --help'],
  ['a wrong value', new ConfigError('no'), 1, 'x: no'],
  ['a port in use', inUse, 1, 'x: listen EADDRINUSE: address already in use'],
  ['a store in use', new Error('in use', { cause: inUse }), 1, 'x: in use'],
];

for (const [title, error, exitCode, message] of expected) {
  test(`${title} is told in words`, () => assert.equal(describeFailure('x', error), { message, exitCode }));
}

test('a bug of our own has its stack', () => {
  const bug = Object.assign(new TypeError('oops'), { code: 'ERR_INVALID_ARG_TYPE' });
  const { message, exitCode } = describeFailure('x', bug);
  assert.match(message, /^x: TypeError: oops\n\s+at /);
  assert.is(exitCode, 1);
});

test.run();
