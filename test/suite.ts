/**
 * uvu's `suite`, counted: how many tests were registered, how many passed, which hooks threw. Every test file uses it.
 * uvu 0.5.6 swallows an error of a hook and exits 0, so the counts are told to the runner (`run.ts`) on descriptor 3, and a
 * file that is run by hand exits non-zero too.
 * Invariant: the process exits 0 only if every registered test ran and passed. There is no `skip`; what a machine cannot run is named by
 * `notApplicable`, and the runner shows and counts it.
 */
import { writeSync } from 'node:fs';
import { suite as uvuSuite, type Callback } from 'uvu';

import { REPORT_ENV, REPORT_FD, type TestReport } from './test-report.js';

interface Hook<T> {
  (hook: Callback<T>): void;
  each(hook: Callback<T>): void;
}

/** As uvu's, without `skip`; `only` is for the desk: the runner fails a file in which it leaves a test out. */
export interface CountedSuite<T> {
  (name: string, test: Callback<T>): void;
  only(name: string, test: Callback<T>): void;
  /** This machine lacks what the test needs, for the reason given. */
  notApplicable(name: string, reason: string): void;
  readonly before: Hook<T>;
  readonly after: Hook<T>;
  run(): void;
}

let registered = 0;
let passed = 0;
const hookErrors: string[] = [];
const notApplicable: string[] = [];

process.on('exit', () => {
  if (passed < registered || hookErrors.length > 0 || registered === 0) process.exitCode = 1;
  for (const line of hookErrors) process.stderr.write(`${line}\n`);
  if (process.env[REPORT_ENV] === undefined) return;
  const report: TestReport = { registered, passed, notApplicable, hookErrors };
  writeSync(REPORT_FD, JSON.stringify(report));
});

/** A suite called `name`; `context` is handed to each of its tests and hooks. Ends with `.run()`. */
export function suite<T = Record<string, unknown>>(name: string, context?: T): CountedSuite<T> {
  const inner = uvuSuite<T>(name, context);
  const countTest = (test: Callback<T>): Callback<T> => {
    registered++;
    return async (state) => {
      await test(state);
      passed++;
    };
  };
  const watchHook = (label: string, hook: Callback<T>): Callback<T> => {
    return async (state) => {
      try {
        await hook(state);
      } catch (error) {
        hookErrors.push(
          `${name} › ${label}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        throw error;
      }
    };
  };
  const hooks = (label: string, add: Hook<T>): Hook<T> =>
    Object.assign((hook: Callback<T>) => add(watchHook(label, hook)), {
      each: (hook: Callback<T>) => add.each(watchHook(`${label} each`, hook)),
    });
  return Object.assign((testName: string, test: Callback<T>) => inner(testName, countTest(test)), {
    only: (testName: string, test: Callback<T>) => inner.only(testName, countTest(test)),
    notApplicable: (testName: string, reason: string) => {
      notApplicable.push(`${name} › ${testName}: ${reason}`);
      process.stdout.write(`n/a: ${testName}: ${reason}\n`);
    },
    before: hooks('before', inner.before),
    after: hooks('after', inner.after),
    run: () => inner.run(),
  });
}
