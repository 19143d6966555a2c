/** Starts a side's servers on a folder and stops them. Bench processes. */
import { startApache } from '../servers/apache-server.js';
import { startRingMQ } from '../servers/ringmq-server.js';
import type { ServerUnderTest } from '../servers/server-under-test.js';
import type { Side } from './workload.js';

/** What the command line says of every run. */
export interface RunOptions {
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Of Apache's broker, as the JVM writes it. */
  readonly heap: string;
  /** Where the stores are. */
  readonly data: string;
  /** Flags of Node's own for our broker. */
  readonly nodeArgs: readonly string[];
}

/** Starts the side's broker and NameServer with their files under `folder`, which may hold a store. */
export function startSide(side: Side, folder: string, options: RunOptions): Promise<ServerUnderTest> {
  const { flushDiskType, settings = {} } = side;
  return side.maker === 'apache'
    ? startApache(flushDiskType, folder, { heap: options.heap, settings })
    : startRingMQ(flushDiskType, folder, settings, undefined, options.nodeArgs);
}

/** Runs `task` with the side's servers, which are stopped in order afterwards. */
export async function withServer<T>(
  side: Side,
  folder: string,
  options: RunOptions,
  task: (server: ServerUnderTest) => Promise<T>,
): Promise<T> {
  const server = await startSide(side, folder, options);
  try {
    return await task(server);
  } finally {
    await server.stop();
  }
}

/** As {@link withServer} for a store that nobody needs afterwards: the broker is killed, since stopping Apache's takes some seconds. */
export function withThrowawayServer<T>(
  side: Side,
  folder: string,
  options: RunOptions,
  task: (server: ServerUnderTest) => Promise<T>,
): Promise<T> {
  return withServer(side, folder, options, async (server) => {
    const result = await task(server);
    // A profile is written at a clean end only.
    if (options.nodeArgs.length === 0) process.kill(server.brokerPid, 'SIGKILL');
    return result;
  });
}
