/** A NameServer and broker in a process of their own, on free ports, to be killed by tests. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(import.meta.resolve('#src/cli/ringmq.js'));
const BROKER_COMMAND = fileURLToPath(import.meta.resolve('#src/cli/mqbroker.js'));
const BROKER_LINE = /^The broker\[[^,]+, ([^\]]+)\] boot success/;

/** A broker that serves. */
export interface BrokerProcess {
  readonly child: ChildProcess;
  readonly address: string;
  /** What it has logged. */
  readonly log: () => string;
}

/** Starts one on the store in `folder`; `settings` are RocketMQ keys. */
export function startBroker(folder: string, settings: Readonly<Record<string, string>>): Promise<BrokerProcess> {
  return startProcess(ownNamesrv(folder), settings);
}

/** Starts one without a NameServer of its own; `conf` is a file of keys, over which the others win. */
export function startBrokerAlone(
  folder: string,
  namesrvAddress: string,
  settings: Readonly<Record<string, string>>,
  conf?: string,
): Promise<BrokerProcess> {
  const own = { listenPort: '0', bindAddress: '127.0.0.1', brokerIP1: '127.0.0.1', storePathRootDir: folder };
  const file = conf === undefined ? [] : ['-c', conf];
  return startProcess([BROKER_COMMAND, '-n', namesrvAddress, ...file], { ...own, ...settings });
}

async function startProcess(
  command: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<BrokerProcess> {
  const child = spawnProcess(command, settings);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const address = BROKER_LINE.exec(line)?.[1];
    if (address !== undefined) return { child, address, log: () => errors };
  }
  throw new Error(`the broker did not start: ${errors}`);
}

/** As `startBroker`, for a process that need not come so far as to serve. */
export function spawnBroker(
  folder: string,
  settings: Readonly<Record<string, string>>,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawnProcess(ownNamesrv(folder), settings);
}

function ownNamesrv(folder: string): string[] {
  return [COMMAND, 'start', '--port', '0', '--namesrv-port', '0', '--host', '127.0.0.1', '--data', folder];
}

function spawnProcess(
  command: readonly string[],
  settings: Readonly<Record<string, string>>,
): ChildProcessByStdio<null, Readable, Readable> {
  const keys = Object.entries({ mappedFileSizeCommitLog: '262144', maxMessageSize: '65536', ...settings });
  const sets = keys.flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  return spawn(process.execPath, [...command, ...sets], { stdio: ['ignore', 'pipe', 'pipe'] });
}
