/**
 * One client's driver in its container: case names in on stdin, JSON lines out on stdout. A driver that hangs or dies is killed and
 * started anew for the next case, so that one bad case costs one cell of the matrix.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Client, driverCommand } from './client-table.js';
import { signalContainer, within } from './server-process.js';

const READY_LIMIT_MS = 60_000;

type DriverEvent =
  | { readonly event: 'ready' }
  | { readonly event: 'ask'; readonly action: string }
  | { readonly event: 'result'; readonly passed: string; readonly detail: string }
  | { readonly event: 'gone' };

/** How a case came out. */
export interface Outcome {
  readonly passed: boolean;
  /** What was seen, or why it failed. */
  readonly detail: string;
}

interface RunningDriver {
  readonly container: string;
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly events: AsyncIterator<DriverEvent>;
}

let containers = 0;

async function* eventsOf(stdout: Readable): AsyncGenerator<DriverEvent> {
  for await (const line of createInterface({ input: stdout })) {
    if (line.startsWith('{"')) yield JSON.parse(line) as DriverEvent;
  }
  while (true) yield { event: 'gone' };
}

/** See the file's comment. */
export class ClientDriver {
  readonly #image: string;
  readonly #client: Client;
  readonly #serialisation: 'JSON' | 'ROCKETMQ';
  readonly #logFile: string;
  #running: RunningDriver | undefined;

  constructor(image: string, client: Client, serialisation: 'JSON' | 'ROCKETMQ', logFile: string) {
    this.#image = image;
    this.#client = client;
    this.#serialisation = serialisation;
    this.#logFile = logFile;
  }

  /** Runs a case; `onAsk` does what the case asks of the runner. Never throws: what goes wrong is the outcome. */
  async run(line: string, timeoutMs: number, onAsk: (action: string) => Promise<void>): Promise<Outcome> {
    try {
      const driver = (this.#running ??= await this.#start());
      driver.process.stdin.write(`${line}\n`);
      const outcome = await within(timeoutMs, this.#awaitResult(driver, onAsk));
      if (outcome !== undefined) return outcome;
      await this.stop();
      return { passed: false, detail: `no result within ${timeoutMs} ms` };
    } catch (cause) {
      await this.stop();
      return { passed: false, detail: cause instanceof Error ? cause.message : String(cause) };
    }
  }

  async #awaitResult(driver: RunningDriver, onAsk: (action: string) => Promise<void>): Promise<Outcome> {
    while (true) {
      const event = await next(driver);
      if (event.event === 'result') return { passed: event.passed === 'true', detail: event.detail };
      if (event.event === 'gone') throw new Error(`the client's process ended; see ${this.#logFile}`);
      if (event.event === 'ask') {
        await onAsk(event.action);
        driver.process.stdin.write('done\n');
      }
    }
  }

  async #start(): Promise<RunningDriver> {
    const container = `ringmq-compat-${process.pid}-driver-${++containers}`;
    const command = driverCommand(this.#client, this.#serialisation);
    const place = ['--interactive', '--init', '--network=host', '--env=HOME=/tmp', `--name=${container}`];
    const child = spawn('docker', ['run', '--rm', ...place, this.#image, ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stderr.pipe(createWriteStream(this.#logFile, { flags: 'a' }));
    child.stdin.on('error', () => undefined); // its end shows as `gone` on stdout
    const running: RunningDriver = { container, process: child as never, events: eventsOf(child.stdout) };
    const first = await within(READY_LIMIT_MS, next(running));
    if (first?.event === 'ready') return running;
    signalContainer(container, 'SIGKILL');
    throw new Error(`the ${this.#client.title} driver did not start; see ${this.#logFile}`);
  }

  /** Kills the driver if it runs, and waits until it is gone. */
  async stop(): Promise<void> {
    const driver = this.#running;
    this.#running = undefined;
    if (driver === undefined || driver.process.exitCode !== null) return;
    const gone = new Promise((resolve) => {
      driver.process.once('close', resolve);
    });
    signalContainer(driver.container, 'SIGKILL');
    await gone;
  }
}

async function next(driver: RunningDriver): Promise<DriverEvent> {
  const { value } = (await driver.events.next()) as { value: DriverEvent };
  return value;
}
