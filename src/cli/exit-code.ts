/** The exit codes of the commands, and the error for a command line that cannot be read. Main thread. Java: System.exit(-1), (-2), (-3). */

/** 128 + the signal's number when a second signal cuts the stop short. */
export const ExitCode = {
  OK: 0,
  /** A wrong value, a port in use, a failed store or worker. */
  FAILED: 1,
  /** An unknown flag, command or argument. */
  USAGE: 2,
} as const;

/** The command line makes no sense; the message says why. Ends with {@link ExitCode.USAGE}. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
