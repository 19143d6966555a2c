/** A side under a load of `ringmq bench`. Bench processes. */
import type { Figures } from './figures.js';
import { type BenchResult, runBench } from './generator.js';
import { type RunOptions, withThrowawayServer } from './side-server.js';
import type { BenchLoad, Side } from './workload.js';

/** Seconds that a load has for itself after a warm-up by another. */
const OWN_WARMUP_SECONDS = 2;

/** Measures `load` on a server of its own. */
export function runBenchLoad(side: Side, load: BenchLoad, folder: string, options: RunOptions): Promise<Figures> {
  return withThrowawayServer(side, folder, options, async (server) => {
    const { seconds, warmupSeconds } = options;
    if (load.prepare !== undefined) await runBench(server, load.prepare);
    if (load.warmUp !== undefined) await runBench(server, load.warmUp, { duration: warmupSeconds });
    const warmup = load.warmUp === undefined ? warmupSeconds : OWN_WARMUP_SECONDS;
    return figuresOf(await runBench(server, load.step, { warmup, duration: seconds }));
  });
}

/** The generator's figures under the names of ours. */
export function figuresOf({ messagesPerSecond, latencyMs, late, refused, generator, broker }: BenchResult): Figures {
  const figures: Figures = {
    messagesPerSecond,
    p50Ms: latencyMs.p50,
    p99Ms: latencyMs.p99,
    p999Ms: latencyMs.p999,
    maxMs: latencyMs.max,
    late,
    refused,
    generatorPercent: generator.cpuPercent,
  };
  if (broker === undefined) return figures;
  const { cpuMicrosPerMessage, rssMiB, rssPeakMiB, ownMiB } = broker;
  // µs a message are seconds a million messages.
  return { ...figures, cpuSecondsPerMillion: cpuMicrosPerMessage, rssMiB, rssPeakMiB, ownMiB };
}
