/**
 * What a test file tells the runner when it ends, and how: one JSON value on descriptor 3.
 * Apart from suite.ts, since to import that is to be a test file.
 */

/** Invariant: `passed <= registered`. */
export interface TestReport {
  readonly registered: number;
  readonly passed: number;
  /** Tests that this machine cannot run, each with the reason: counted, and shown. */
  readonly notApplicable: readonly string[];
  /** `suite › hook: message`, one each. */
  readonly hookErrors: readonly string[];
}

/** The environment variable by which the runner asks for a report. */
export const REPORT_ENV = 'SUITE_REPORT';

/** The descriptor that the report is written to. */
export const REPORT_FD = 3;
