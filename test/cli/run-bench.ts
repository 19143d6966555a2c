/** `ringmq bench` in the test's own process, with what it printed. For the tests of the bench command. */
import { type BenchOutput, runBench } from '#src/cli/bench-command.js';
import type { LoadResult } from '#src/load/load-result.js';

/** What it printed, and its exit code. */
export interface BenchEnding {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The JSON document. */
export interface BenchDocument extends LoadResult {
  readonly tool: string;
  readonly version: string;
  readonly command: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Runs it. */
export async function bench(...args: string[]): Promise<BenchEnding> {
  const written = { stdout: '', stderr: '' };
  const output: BenchOutput = {
    stdout: (text) => void (written.stdout += text),
    stderr: (text) => void (written.stderr += text),
    isTerminal: false,
  };
  return { exitCode: await runBench(args, output), ...written };
}

/** Runs it with `--json -`; throws what it said if it failed. */
export async function benchJson(...args: string[]): Promise<BenchDocument> {
  const { exitCode, stdout, stderr } = await bench(...args, '--json', '-');
  if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as BenchDocument;
}
