/**
 * A backlog that a consumer reads when nothing of it is in memory: filled, the broker stopped, the page cache dropped, the broker started, warmed up
 * with a newer topic, the page cache dropped once more (recovery has read), the backlog read. Bench processes.
 * Invariant: what the broker read from the disk meanwhile is among the figures, and shows that the backlog was cold.
 */
import { diskBytesRead, dropPageCache } from '../page-cache.js';
import { figuresOf } from './bench-load.js';
import type { Figures } from './figures.js';
import { runBench } from './generator.js';
import { type RunOptions, withServer, withThrowawayServer } from './side-server.js';
import type { BenchStep, ColdLoad, Side } from './workload.js';

const FILL = { queues: 4, body: 1024, connections: 4, 'in-flight': 16, batch: 32 };
const READ = { queues: 4, connections: 1, 'pull-batch': 32 };
const COLD_TOPIC = 'bench-cold';
const NEWER_TOPIC = 'bench-newer';
const MIB = 1024 * 1024;

/** Measures `load` on a server of its own. */
export async function runColdLoad(side: Side, load: ColdLoad, folder: string, options: RunOptions): Promise<Figures> {
  const fill = (topic: string, messages: number): BenchStep => ({
    command: 'produce',
    flags: { ...FILL, topic, messages },
  });
  await withServer(side, folder, options, async (server) => {
    await runBench(server, fill(COLD_TOPIC, load.messages));
    await runBench(server, fill(NEWER_TOPIC, load.newerMessages));
  });
  dropPageCache(folder);
  return withThrowawayServer(side, folder, options, async (server) => {
    const warmUp: BenchStep = { command: 'pull', flags: { ...READ, topic: NEWER_TOPIC } };
    await runBench(server, warmUp, { duration: options.warmupSeconds });
    dropPageCache(folder);
    const before = diskBytesRead(server.brokerPid);
    const result = await runBench(server, { command: 'consume', flags: { ...READ, topic: COLD_TOPIC } });
    if (result.messages < load.messages) throw new Error(`${result.messages} of ${load.messages} messages were read`);
    return { ...figuresOf(result), diskMiB: (diskBytesRead(server.brokerPid) - before) / MIB };
  });
}
