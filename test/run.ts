/**
 * `npm test`: runs every `test/**` test file as a process of its own, a few at a time, and ends with `N passed, N failed`.
 * `node build/test/run.js [word or compiled file]...` runs those whose path has the word.
 * Invariant: exits 0 only if every registered test of every file ran and passed; a file that says nothing of itself has failed.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { REPORT_ENV, type TestReport } from './test-report.js';

/** Past this a file is killed and counts as failed; SUITE_TIMEOUT_MS changes it. */
const FILE_TIMEOUT_MS = Number(process.env['SUITE_TIMEOUT_MS'] ?? 120_000);
const FILES_AT_A_TIME = Math.max(2, Math.min(4, availableParallelism()));

const compiledRoot = dirname(fileURLToPath(import.meta.url));
const sourceRoot = resolve(compiledRoot, '../../test');

interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  /** What this machine cannot run. */
  readonly notApplicable: readonly string[];
  /** Empty when everything passed. */
  readonly problems: readonly string[];
  readonly output: string;
}

interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly output: string;
  readonly report: TestReport | undefined;
}

/** The sources say which files there are: a compiled test whose source is gone is not run, one that did not compile is missed. */
function findTestFiles(words: readonly string[]): string[] {
  const named = words.filter((word) => word.endsWith('.js')).map((path) => resolve(path));
  const filters = words.filter((word) => !word.endsWith('.js'));
  if (named.length > 0) return named;
  return readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
    .filter(
      (path) => path.endsWith('.test.ts') && (filters.length === 0 || filters.some((word) => path.includes(word))),
    )
    .map((path) => join(compiledRoot, path.replace(/\.ts$/, '.js')))
    .toSorted();
}

async function runFile(file: string): Promise<FileResult> {
  const ending = await runProcess(file);
  const problems = judge(ending);
  const passed = ending.report?.passed ?? 0;
  const missing = (ending.report?.registered ?? 0) - passed;
  const failed = problems.length === 0 ? 0 : Math.max(1, missing);
  const notApplicable = ending.report?.notApplicable ?? [];
  return { file: relative(process.cwd(), file), passed, failed, notApplicable, problems, output: ending.output };
}

async function runProcess(file: string): Promise<Ending> {
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, [REPORT_ENV]: '1' },
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, FILE_TIMEOUT_MS);
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((done, fail) => {
    child.once('error', fail);
    child.once('exit', (exitCode, signal) => done({ exitCode, signal }));
  });
  const streams = [child.stdout, child.stderr, child.stdio[3]].filter((stream) => stream instanceof Readable);
  const texts = Promise.all(streams.map((stream) => text(stream)));
  const { exitCode, signal } = await ended;
  clearTimeout(timer);
  // A process that the file left behind may hold the pipes open: it has no say once the file itself has ended.
  const grace = setTimeout(() => streams.forEach((stream) => stream.destroy()), 2_000);
  const [stdout = '', stderr = '', reported = ''] = await texts.catch(() => [
    '',
    'left a process behind that holds its output\n',
    '',
  ]);
  clearTimeout(grace);
  return { exitCode, signal, timedOut, output: stdout + stderr, report: parseReport(reported) };
}

function parseReport(json: string): TestReport | undefined {
  return json === '' ? undefined : (JSON.parse(json) as TestReport);
}

function judge({ exitCode, signal, timedOut, report }: Ending): string[] {
  if (timedOut) return [`was still running after ${FILE_TIMEOUT_MS} ms and was killed`];
  const problems: string[] = [];
  if (report === undefined) problems.push('ended without a report: it crashed or does not use test/suite.ts');
  else if (report.registered === 0) problems.push('registered no test');
  else if (report.passed < report.registered) {
    problems.push(`${report.passed} of ${report.registered} registered tests passed; the others failed or never ran`);
  }
  for (const error of report?.hookErrors ?? []) problems.push(`a hook threw: ${error.split('\n', 1)[0] ?? ''}`);
  if (signal !== null) problems.push(`was ended by ${signal}`);
  else if (exitCode !== 0 && problems.length === 0)
    problems.push(`exited with code ${exitCode} although its tests passed`);
  return problems;
}

function print(result: FileResult): void {
  for (const what of result.notApplicable) process.stdout.write(`n/a   ${result.file}: ${what}\n`);
  if (result.problems.length === 0) {
    process.stdout.write(`ok    ${result.file} (${result.passed})\n`);
    return;
  }
  process.stdout.write(`FAIL  ${result.file}\n${result.output}`);
  for (const problem of result.problems) process.stdout.write(`FAIL  ${result.file}: ${problem}\n`);
}

async function main(words: readonly string[]): Promise<void> {
  const files = findTestFiles(words);
  let next = 0;
  let passed = 0;
  let failed = files.length === 0 ? 1 : 0;
  let notApplicable = 0;
  const takeFiles = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      const result = await runFile(file);
      passed += result.passed;
      failed += result.failed;
      notApplicable += result.notApplicable.length;
      print(result);
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_A_TIME }, takeFiles));
  if (files.length === 0) process.stdout.write(`FAIL  no test file has ${words.join(' or ')} in its path\n`);
  process.stdout.write(`${passed} passed, ${failed} failed${notApplicable === 0 ? '' : `, ${notApplicable} n/a`}\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
