/** Our broker and NameServer in one process, as `npm start` starts them. Bench processes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freeBrokerPort, freePort, ServerProcess } from './server-process.js';
import { type FlushDiskType, PROBE, type ServerUnderTest } from './server-under-test.js';

const CLI = resolve('dist/cli/ringmq.js');
const START_TIMEOUT_MS = 120_000;

/** Starts both on free ports with their files under `folder`, which may hold a store already. `settings` are further keys of the broker. */
export async function startRingMQ(
  flushDiskType: FlushDiskType,
  folder: string,
  settings: Readonly<Record<string, string>> = {},
  startTimeoutMs: number = START_TIMEOUT_MS,
): Promise<ServerUnderTest> {
  mkdirSync(folder, { recursive: true });
  const brokerPort = await freeBrokerPort();
  const namesrvPort = await freePort(0);
  const conf = join(folder, 'broker.conf');
  const lines = Object.entries({ flushDiskType, brokerIP1: '127.0.0.1', ...settings }).map(
    ([key, value]) => `${key}=${value}\n`,
  );
  writeFileSync(conf, lines.join(''));
  const args = [CLI, 'start', '--host', '127.0.0.1', '--port', `${brokerPort}`, '--namesrv-port', `${namesrvPort}`];
  const startedMs = performance.now();
  const server = ServerProcess.start({
    command: process.execPath,
    args: [...args, '--data', join(folder, 'store'), '-c', conf],
    logPath: join(folder, 'ringmq.out'),
  });
  try {
    await server.untilAnswering(brokerPort, PROBE.code, PROBE.extFields, startTimeoutMs);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const bootMs = performance.now() - startedMs;
  return {
    maker: 'RingMQ',
    brokerPort,
    namesrvPort,
    brokerPid: server.pid,
    bootMs,
    logPath: server.logPath,
    stop: () => server.stop(),
  };
}
