/**
 * A command from its flags to its exit code: help, version, and errors in words. Main thread. Java: ServerUtil.parseCmdLine.
 * Invariant: a stack is printed only for a bug of our own.
 */
import { ConfigError } from '../base/errors.js';
import { type Command, type CommandLine, formatHelp, parseCommandLine } from './command-line.js';
import { ExitCode, UsageError } from './exit-code.js';
import { packageVersion } from './package-version.js';

/** Reads `argv` and calls `main`, unless help or the version was asked for. What `main` throws ends the process. */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  main: (line: CommandLine) => Promise<void>,
): Promise<void> {
  try {
    const line = parseCommandLine(command, argv);
    if (line.switches.has('help')) process.stdout.write(formatHelp(command));
    else if (line.switches.has('version')) process.stdout.write(`${packageVersion()}\n`);
    else await main(line);
  } catch (error) {
    fail(command.name, error);
  }
}

/** Prints what went wrong and ends the process. */
export function fail(name: string, error: unknown): never {
  const { message, exitCode } = describeFailure(name, error);
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}

/** What is printed, and which code ends the process. */
export function describeFailure(name: string, error: unknown): { message: string; exitCode: number } {
  if (error instanceof UsageError) {
    return { message: `${name}: ${error.message}\nTry ${name} --help`, exitCode: ExitCode.USAGE };
  }
  const isExpected = error instanceof ConfigError || isSystemError(error);
  const text = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
  return { message: `${name}: ${text}`, exitCode: ExitCode.FAILED };
}

/** The operating system said no, now or as the cause: a port or a store in use, a folder that may not be written, a full disk. */
function isSystemError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as NodeJS.ErrnoException;
  // EADDRINUSE and its like; Node's own ERR_… are bugs of ours.
  return (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) || isSystemError(cause);
}
