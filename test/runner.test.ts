/**
 * The runner itself: that nothing but a test that ran and passed counts as one.
 * uvu 0.5.6 exits 0 when a hook throws and leaves the rest of the suite out; a file may end before its tests do.
 */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';

import { suite } from './suite.js';

const here = dirname(fileURLToPath(import.meta.url));
/** For the file that hangs alone: on a busy machine any other may take longer. */
const HUNG_AFTER_MS = 1_500;

interface Run {
  readonly exitCode: number;
  readonly output: string;
  readonly lastLine: string;
}

function runFixtures(...names: string[]): Promise<Run> {
  const files = names.map((name) => join(here, 'fixtures/runner', `${name}.js`));
  const env = names.includes('hung') ? { ...process.env, SUITE_TIMEOUT_MS: String(HUNG_AFTER_MS) } : process.env;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(here, 'run.js'), ...files], { env }, (_error, output) => {
      resolve({ exitCode: child.exitCode ?? -1, output, lastLine: output.trimEnd().split('\n').at(-1) ?? '' });
    });
  });
}

const test = suite('test runner');

test('counts what passed and exits 0', async () => {
  const { exitCode, lastLine } = await runFixtures('passing');
  assert.is(lastLine, '2 passed, 0 failed');
  assert.is(exitCode, 0);
});

test('counts over all files, and one failure fails the run', async () => {
  const { exitCode, lastLine, output } = await runFixtures('passing', 'failing');
  assert.is(lastLine, '3 passed, 1 failed');
  assert.is(exitCode, 1);
  assert.match(output, 'fails');
});

const failures = [
  ['throwing-before', '0 passed, 1 failed', 'a hook threw: throwing before › before: Error: no database'],
  ['throwing-after', '1 passed, 1 failed', 'still open'],
  ['early-exit', '0 passed, 2 failed', '0 of 2 registered tests passed'],
  ['forgotten-run', '0 passed, 1 failed', '0 of 1 registered tests passed'],
  ['lonely-only', '1 passed, 1 failed', '1 of 2 registered tests passed'],
  ['empty', '0 passed, 1 failed', 'registered no test'],
  ['no-suite', '0 passed, 1 failed', 'ended without a report'],
  ['crashing', '0 passed, 1 failed', 'ended without a report'],
  ['hung', '0 passed, 1 failed', `was still running after ${HUNG_AFTER_MS} ms and was killed`],
] as const;

for (const [fixture, lastLine, reason] of failures) {
  test(`fails a file that is ${fixture}`, async () => {
    const run = await runFixtures(fixture);
    assert.is(run.lastLine, lastLine);
    assert.is(run.exitCode, 1);
    assert.match(run.output, reason);
  });
}

test('shows and counts what this machine cannot run', async () => {
  const { exitCode, lastLine, output } = await runFixtures('not-applicable');
  assert.is(lastLine, '1 passed, 0 failed, 1 n/a');
  assert.is(exitCode, 0);
  assert.match(output, 'not-applicable.js: not applicable › on the moon: there is no moon');
});

test('fails when no file is found', async () => {
  const { exitCode, lastLine } = await runFixtures('does-not-exist');
  assert.is(lastLine, '0 passed, 1 failed');
  assert.is(exitCode, 1);
});

test.run();
