/**
 * One server under test: started until its boot line is on stdout, ended by a signal until it is gone, started again as it was.
 * Its output goes to a log file. Invariant: after `start` it serves, after `end` its process (or container) is gone.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

const BOOT_LIMIT_MS = 90_000;
const END_LIMIT_MS = 60_000;

/** How a server is started and told to end. */
export interface ServerSpec {
  readonly name: string;
  /** The command for the n-th start; a container needs another name each time. */
  command(start: number): readonly [string, ...string[]];
  readonly bootLine: RegExp;
  readonly logFile: string;
  /** Given when the signal goes another way than to the process: to a container. */
  signal?(start: number, signal: NodeJS.Signals): void;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** See the file's comment. */
export class ServerProcess {
  readonly #spec: ServerSpec;
  #starts = 0;
  #process: ChildProcess | undefined;
  #ending: Promise<Ending> | undefined;

  constructor(spec: ServerSpec) {
    this.#spec = spec;
  }

  async start(): Promise<void> {
    const { name, bootLine, logFile } = this.#spec;
    this.#starts++;
    const [command, ...args] = this.#spec.command(this.#starts);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(logFile, { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#process = child;
    this.#ending = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        log.end();
        resolve({ code, signal });
      });
    });
    const booted = new Promise<'booted'>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (bootLine.test(line)) resolve('booted');
      });
    });
    const outcome = await within(BOOT_LIMIT_MS, Promise.race([booted, this.#ending]));
    if (outcome === 'booted') return;
    await this.end('SIGKILL');
    const why = outcome === undefined ? `did not boot within ${BOOT_LIMIT_MS} ms` : 'ended before it had booted';
    throw new Error(`${name} ${why}; see ${logFile}`);
  }

  /** Sends the signal and waits until the process is gone; one that does not go is killed, and that is an error. */
  async end(signal: NodeJS.Signals): Promise<Ending | undefined> {
    if (this.#process === undefined || this.#ending === undefined) return undefined;
    this.#send(signal);
    let ending = await within(END_LIMIT_MS, this.#ending);
    if (ending === undefined) {
      this.#send('SIGKILL');
      ending = await this.#ending;
      throw new Error(`${this.#spec.name} was still there ${END_LIMIT_MS} ms after ${signal}`);
    }
    this.#process = undefined;
    return ending;
  }

  #send(signal: NodeJS.Signals): void {
    if (this.#spec.signal === undefined) this.#process?.kill(signal);
    else this.#spec.signal(this.#starts, signal);
  }
}

/** The spec's `signal` of a container. */
export function signalContainer(container: string, signal: NodeJS.Signals): void {
  spawnSync('docker', ['kill', `--signal=${signal}`, container], { stdio: 'ignore' });
}

/** What the promise gives, or undefined when the time is over. */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, limitMs, undefined);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
