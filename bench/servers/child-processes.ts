/**
 * Processes and folders that do not outlive the bench that made them: on Ctrl-C, on SIGTERM and on a failure the processes are killed, then the
 * folders removed. Bench processes. Only SIGKILL leaves something behind.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** A process whose output is read. */
export type Child = ChildProcessByStdio<null, Readable, Readable>;

const running = new Set<Child>();
const folders = new Set<string>();
/** Shells give 128 + the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
/** A killed process may still write for a moment. */
const REMOVAL = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 } as const;
let isGuarding = false;

/** Starts a process that is killed when this one ends. */
export function startChild(command: string, args: readonly string[]): Child {
  guard();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const forget = (): void => void running.delete(child);
  child.once('exit', forget);
  child.once('error', forget);
  return child;
}

/** Runs `task` with an empty folder that is gone afterwards. */
export async function withGuardedFolder<T>(folder: string, task: (folder: string) => Promise<T>): Promise<T> {
  guard();
  rmSync(folder, REMOVAL);
  mkdirSync(folder, { recursive: true });
  folders.add(folder);
  try {
    return await task(folder);
  } finally {
    rmSync(folder, REMOVAL);
    folders.delete(folder);
  }
}

function guard(): void {
  if (isGuarding) return;
  isGuarding = true;
  process.once('exit', cleanUp);
  for (const [signal, exitCode] of Object.entries(SIGNALS)) process.on(signal, () => process.exit(exitCode));
}

function cleanUp(): void {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, REMOVAL);
}
