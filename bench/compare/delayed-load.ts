/**
 * A side that delivers delayed messages; latency is how late each was stored under its own topic, by the broker's own times. Bench processes.
 * Invariant: while messages are due nothing is asked of the broker but, twice a second, how many it has delivered.
 */
import { runDelayLoad } from '../modes/delay-load.js';
import type { Figures } from './figures.js';
import { type RunOptions, withThrowawayServer } from './side-server.js';
import type { DelayLoad, Side } from './workload.js';

const TOPIC = { topic: 'bench-delay', queues: 4, bodyBytes: 1024 };

/** Measures `load` on a server of its own, which is warmed up by a part of it. */
export function runDelayedLoad(side: Side, load: DelayLoad, folder: string, options: RunOptions): Promise<Figures> {
  return withThrowawayServer(side, folder, options, async ({ brokerPort, brokerPid }) => {
    const target = { host: '127.0.0.1', port: brokerPort, pid: brokerPid };
    const { messages, messagesPerSecond, level } = load;
    const delayed = { ...TOPIC, messagesPerSecond, levels: [level] };
    if (options.warmupSeconds > 0) await runDelayLoad(target, { ...delayed, messages: messages / 4, levels: [1] });
    const result = await runDelayLoad(target, { ...delayed, messages });
    return {
      p50Ms: result.p50Ms,
      p99Ms: result.p99Ms,
      maxMs: result.maxMs,
      cpuSecondsPerMillion: result.cpuMicrosPerMessage ?? 0,
      rssMiB: result.rssMiB ?? 0,
      ownMiB: result.ownMiB ?? 0,
      rssPeakMiB: result.rssPeakMiB ?? 0,
    };
  });
}
