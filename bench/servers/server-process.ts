/**
 * A server as a child process: started, awaited until it answers, stopped, its output kept in a file. Bench processes.
 * Invariant: `stop` returns only when the process is gone.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { RequestClient } from '#src/load/request-client.js';
import { type Child, startChild } from './child-processes.js';

const STOP_TIMEOUT_MS = 120_000;
const PROBE_INTERVAL_MS = 5;

/** What to start. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly logPath: string;
}

/** A running server. */
export class ServerProcess {
  readonly pid: number;
  readonly logPath: string;
  readonly #child: Child;

  private constructor(child: Child, pid: number, logPath: string) {
    [this.#child, this.pid, this.logPath] = [child, pid, logPath];
  }

  static start({ command, args, logPath }: ServerCommand): ServerProcess {
    const child = startChild(command, args);
    const log = createWriteStream(logPath);
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('close', () => log.end());
    if (child.pid === undefined) throw new Error(`${command} cannot be started`);
    return new ServerProcess(child, child.pid, logPath);
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Ends when the server at `port` answers request `code`, with whatever code. */
  async untilAnswering(
    port: number,
    code: number,
    extFields: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      if (this.hasExited) throw new Error(`the server has exited; see ${this.logPath}`);
      if (performance.now() > endMs)
        throw new Error(`port ${port} did not answer within ${timeoutMs} ms; see ${this.logPath}`);
      try {
        const client = await RequestClient.open('127.0.0.1', port);
        await client.ask(code, extFields, undefined, timeoutMs).finally(() => client.close());
        return;
      } catch {
        // Refused or cut off: not listening yet.
        await delay(PROBE_INTERVAL_MS);
      }
    }
  }

  /** SIGKILL, as a machine that is gone; the time of the signal, of `performance.now()`. */
  kill(): number {
    const killedMs = performance.now();
    this.#child.kill('SIGKILL');
    return killedMs;
  }

  /** SIGTERM, and SIGKILL after two minutes. */
  async stop(): Promise<void> {
    if (this.hasExited) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }
}

/** A port of which this and the two neighbours that a broker takes (VIP: -2, HA: +1) are free now. */
export async function freeBrokerPort(): Promise<number> {
  for (;;) {
    const port = await freePort(0);
    if ((await freePort(port - 2)) !== 0 && (await freePort(port + 1)) !== 0) return port;
  }
}

/** `port`, or any if 0, when it is free now, else 0. */
export function freePort(port: number): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(0));
    server.listen(port, '127.0.0.1', () => {
      const bound = (server.address() as AddressInfo).port;
      server.close(() => resolve(bound));
    });
  });
}
