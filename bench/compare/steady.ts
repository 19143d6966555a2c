/**
 * A steady load for long: `npm run bench:steady -- --minutes 30`. Bench process. Prints a line a minute (throughput, latency, pauses, memory) and holds
 * throughput, pauses and memory against the project's targets. Decides no test.
 * Invariant: the store stays within `--keep-gib`: the broker deletes its oldest segments by its own rules for a full disk.
 */
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchApacheJars } from '../servers/apache-server.js';
import { withGuardedFolder } from '../servers/child-processes.js';
import { type BenchSecond, runBench } from './generator.js';
import { withThrowawayServer } from './side-server.js';
import { minutesOf, steadyTable, steadyVerdicts } from './steady-minutes.js';
import type { Maker, Side } from './workload.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string' },
    warmup: { type: 'string', default: '10' },
    body: { type: 'string', default: '1024' },
    'in-flight': { type: 'string', default: '256' },
    maker: { type: 'string', default: 'ringmq' },
    heap: { type: 'string', default: '1g' },
    'keep-gib': { type: 'string', default: '12' },
    data: { type: 'string', default: join(tmpdir(), 'ringmq-bench-steady') },
    out: { type: 'string', default: 'build/bench-results/steady.json' },
  },
});

/** Small, so that deleting frees what a burst of a few seconds wrote. */
const SEGMENT_BYTES = 256 << 20;

/** Above this much of the disk in use the broker deletes. Java: diskMaxUsedSpaceRatio, in percent and whole. */
function usedPercent(folder: string, moreGib: number): number {
  mkdirSync(folder, { recursive: true });
  const { blocks, bavail, bsize } = statfsSync(folder);
  const allowed = (blocks - bavail) * bsize + moreGib * 2 ** 30;
  return Math.min(75, Math.ceil((100 * allowed) / (blocks * bsize)));
}

function side(): Side {
  if (values.maker !== 'ringmq' && values.maker !== 'apache')
    throw new Error(`--maker ${values.maker}: ringmq or apache`);
  const maker: Maker = values.maker;
  const settings = {
    mappedFileSizeCommitLog: String(SEGMENT_BYTES),
    diskMaxUsedSpaceRatio: String(usedPercent(values.data, Number(values['keep-gib']))),
  };
  const flags = {
    topic: 'bench-steady',
    queues: 4,
    body: Number(values.body),
    connections: 4,
    'in-flight': Number(values['in-flight']),
    ...(values.rate === undefined ? {} : { rate: Number(values.rate) }),
  };
  const load = { kind: 'bench', step: { command: 'produce', flags } } as const;
  return { label: maker, maker, flushDiskType: 'ASYNC_FLUSH', settings, load };
}

function measure(one: Side, folder: string): Promise<readonly BenchSecond[]> {
  const seconds = Number(values.minutes) * 60;
  const options = {
    seconds,
    warmupSeconds: Number(values.warmup),
    heap: values.heap,
    data: values.data,
    nodeArgs: [],
  };
  return withThrowawayServer(one, folder, options, async (server) => {
    if (one.load.kind !== 'bench') throw new Error('a steady load is one of the generator');
    const more = { warmup: options.warmupSeconds, duration: seconds };
    return (await runBench(server, one.load.step, more)).perSecond;
  });
}

const steady = side();
if (steady.maker === 'apache') fetchApacheJars();
const perSecond = await withGuardedFolder(join(values.data, `store-${process.pid}`), (folder) =>
  measure(steady, folder),
);
mkdirSync('build/bench-results', { recursive: true });
writeFileSync(values.out, `${JSON.stringify({ options: values, perSecond }, undefined, 2)}\n`);
const minutes = minutesOf(perSecond);
process.stdout.write(`${steadyTable(minutes)}\n\n${steadyVerdicts(minutes).join('\n')}\n`);
