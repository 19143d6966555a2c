/**
 * Apache's broker and ours on the same machine, in turn (A B A B …), under the same load: `npm run bench:apache`.
 * Prints each run's figures, then medians and ratios; how they are taken is told in `bench/README.md`. Decides no test.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { comparisonTable, type Run } from './comparison-table.js';
import type { LoadTarget } from './modes/load-result.js';
import { DEFAULT_MODE_OPTIONS, MODES } from './modes/modes.js';
import { fetchApacheJars, startApache } from './servers/apache-server.js';
import { startRingMQ } from './servers/ringmq-server.js';
import type { FlushDiskType, ServerUnderTest } from './servers/server-under-test.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '8' },
    warmup: { type: 'string', default: '20' },
    modes: { type: 'string', default: 'send,single,batch,pull,long-poll' },
    flush: { type: 'string', default: 'ASYNC_FLUSH,SYNC_FLUSH' },
    makers: { type: 'string', default: 'apache,ringmq' },
    data: { type: 'string', default: join(tmpdir(), 'ringmq-bench') },
    out: { type: 'string', default: 'build/bench-results/beside-apache.json' },
  },
});

type Starter = (flushDiskType: FlushDiskType, folder: string) => Promise<ServerUnderTest>;

const STARTERS: ReadonlyMap<string, Starter> = new Map<string, Starter>([
  ['apache', startApache],
  ['ringmq', startRingMQ],
]);

async function measure(server: ServerUnderTest, flushDiskType: FlushDiskType, round: number): Promise<Run[]> {
  const { brokerPort: port, brokerPid: pid, maker, bootMs } = server;
  const target: LoadTarget = { host: '127.0.0.1', port, pid };
  const options = { ...DEFAULT_MODE_OPTIONS, durationMs: Number(values.seconds) * 1000 };
  const runs: Run[] = [];
  for (const [index, name] of values.modes.split(',').entries()) {
    const mode = MODES.get(name);
    if (mode === undefined) throw new Error(`--modes ${name}: any of ${[...MODES.keys()].join(', ')}`);
    // The first mode warms up for long, so that a JVM has compiled what matters; the others for a quarter of it.
    const warmupMs = (Number(values.warmup) * 1000) / (index === 0 ? 1 : 4);
    if (warmupMs > 0) await mode(target, { ...options, durationMs: warmupMs });
    const result = await mode(target, options);
    runs.push({ maker, flushDiskType, mode: name, round, bootMs, result });
    const cpu = result.cpuMicrosPerMessage?.toFixed(2) ?? '?';
    process.stdout.write(
      `${maker} ${flushDiskType} ${name}: ${Math.round(result.messagesPerSecond)} msg/s, ${cpu} µs, p99 ${result.p99Ms.toFixed(2)} ms\n`,
    );
  }
  return runs;
}

async function measureFresh(maker: string, flushDiskType: FlushDiskType, round: number): Promise<Run[]> {
  const start = STARTERS.get(maker);
  if (start === undefined) throw new Error(`--makers ${maker}: any of ${[...STARTERS.keys()].join(', ')}`);
  const folder = join(values.data, `${maker}-${flushDiskType}-${round}`);
  rmSync(folder, { recursive: true, force: true });
  const server = await start(flushDiskType, folder);
  try {
    return await measure(server, flushDiskType, round);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const makers = values.makers.split(',');
if (makers.includes('apache')) fetchApacheJars();
const runs: Run[] = [];
for (const flushDiskType of values.flush.split(',')) {
  if (flushDiskType !== 'ASYNC_FLUSH' && flushDiskType !== 'SYNC_FLUSH')
    throw new Error(`--flush ${flushDiskType}: ASYNC_FLUSH or SYNC_FLUSH`);
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const maker of makers) runs.push(...(await measureFresh(maker, flushDiskType, round)));
  }
}
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, `${JSON.stringify(runs, undefined, 2)}\n`);
process.stdout.write(`\n${comparisonTable(runs)}\n`);
