/** Our broker and NameServer in one process, as `npm start` starts them. Bench processes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freeBrokerPort, freePort, ServerProcess } from './server-process.js';
import { type FlushDiskType, type PreparedServers, PROBE, type ServerUnderTest } from './server-under-test.js';

const CLI = resolve('dist/cli/ringmq.js');
const START_TIMEOUT_MS = 120_000;

/** Chooses ports and writes the configuration under `folder`, which may hold a store already. */
export async function prepareRingMQ(
  flushDiskType: FlushDiskType,
  folder: string,
  settings: Readonly<Record<string, string>> = {},
  nodeArgs: readonly string[] = [],
): Promise<PreparedServers> {
  mkdirSync(folder, { recursive: true });
  const brokerPort = await freeBrokerPort();
  const namesrvPort = await freePort(0);
  const conf = join(folder, 'broker.conf');
  const lines = Object.entries({ flushDiskType, brokerIP1: '127.0.0.1', ...settings }).map(
    ([key, value]) => `${key}=${value}\n`,
  );
  writeFileSync(conf, lines.join(''));
  const args = [CLI, 'start', '--host', '127.0.0.1', '--port', `${brokerPort}`, '--namesrv-port', `${namesrvPort}`];
  const start = (): ServerProcess =>
    ServerProcess.start({
      command: process.execPath,
      args: [...nodeArgs, ...args, '--data', join(folder, 'store'), '-c', conf],
      logPath: join(folder, 'ringmq.out'),
    });
  return { maker: 'RingMQ', brokerPort, namesrvPort, startNamesrv: undefined, startBroker: start };
}

/**
 * Starts both on free ports with their files under `folder`, which may hold a store already. `settings` are further keys of the broker,
 * `nodeArgs` flags of Node's own.
 */
export async function startRingMQ(
  flushDiskType: FlushDiskType,
  folder: string,
  settings: Readonly<Record<string, string>> = {},
  startTimeoutMs: number = START_TIMEOUT_MS,
  nodeArgs: readonly string[] = [],
): Promise<ServerUnderTest> {
  const { maker, brokerPort, namesrvPort, startBroker } = await prepareRingMQ(
    flushDiskType,
    folder,
    settings,
    nodeArgs,
  );
  const startedMs = performance.now();
  const server = startBroker();
  try {
    await server.untilAnswering(brokerPort, PROBE.code, PROBE.extFields, startTimeoutMs);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const bootMs = performance.now() - startedMs;
  return {
    maker,
    brokerPort,
    namesrvPort,
    brokerPid: server.pid,
    bootMs,
    logPath: server.logPath,
    stop: () => server.stop(),
  };
}
