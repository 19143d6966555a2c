/**
 * Apache's broker and ours, in alternation, under every workload of `workloads.ts`: `npm run bench:compare`. Bench process.
 * Writes `bench/RESULTS.md` and a JSON file a workload; how the figures are taken is told in `bench/README.md`. Decides no test.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { arch, cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchApacheJars } from '../servers/apache-server.js';
import { withGuardedFolder } from '../servers/child-processes.js';
import { runBenchLoad } from './bench-load.js';
import { runColdLoad } from './cold-load.js';
import { runDelayedLoad } from './delayed-load.js';
import { FIGURES, type Figures, figureText } from './figures.js';
import { compileJavaProducers, runJavaLoad } from './java-load.js';
import { type Conditions, isSame, readResults, writeResults } from './results-file.js';
import { type Measured, resultsPage } from './results-page.js';
import type { RunOptions } from './side-server.js';
import { runStartLoad } from './start-load.js';
import type { CompareRun } from './verdicts.js';
import type { Maker, Side, Workload } from './workload.js';
import { WORKLOADS } from './workloads.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    warmup: { type: 'string' },
    heap: { type: 'string', default: '1g' },
    quick: { type: 'boolean', default: false },
    add: { type: 'boolean', default: false },
    makers: { type: 'string', default: 'apache,ringmq' },
    profile: { type: 'string' },
    page: { type: 'string', default: 'bench/RESULTS.md' },
    data: { type: 'string', default: join(tmpdir(), 'ringmq-bench-compare') },
  },
});

const rounds = Number(values.rounds ?? (values.quick ? '1' : '3'));
const options: RunOptions = {
  seconds: Number(values.seconds ?? (values.quick ? '2' : '6')),
  warmupSeconds: Number(values.warmup ?? (values.quick ? '2' : '8')),
  heap: values.heap,
  data: values.data,
  nodeArgs: values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`],
};
/** What is quick, profiled or of one maker only is no result. */
const isForShow = values.quick || values.profile !== undefined || values.makers !== 'apache,ringmq';

function chosen(): readonly Workload[] {
  if (values.only === undefined) return WORKLOADS;
  return values.only.split(',').map((name) => {
    const workload = WORKLOADS.find((one) => one.name === name);
    if (workload === undefined)
      throw new Error(`--only ${name}: any of ${WORKLOADS.map((one) => one.name).join(', ')}`);
    return workload;
  });
}

function measure(side: Side): Promise<Figures> {
  return withGuardedFolder(join(options.data, `store-${process.pid}`), (folder) => runLoad(side, folder));
}

function runLoad(side: Side, folder: string): Promise<Figures> {
  const { load } = side;
  if (load.kind === 'bench') return runBenchLoad(side, load, folder, options);
  if (load.kind === 'cold') return runColdLoad(side, load, folder, options);
  if (load.kind === 'java') return runJavaLoad(side, load, folder, options);
  if (load.kind === 'delay') return runDelayedLoad(side, load, folder, options);
  return runStartLoad(side, folder, options);
}

/** One round; the two sides change places from round to round, so that neither is always the first. */
async function measureRound(workload: Workload, round: number): Promise<CompareRun[]> {
  const makers = values.makers.split(',') as Maker[];
  const sides = round % 2 === 1 ? (['base', 'subject'] as const) : (['subject', 'base'] as const);
  const runs: CompareRun[] = [];
  for (const side of sides) {
    if (!makers.includes(workload[side].maker)) continue;
    const figures = await measure(workload[side]);
    runs.push({ round, side, figures });
    process.stdout.write(`${workload.name} ${round} ${workload[side].label}: ${figuresText(figures)}\n`);
  }
  return runs;
}

function figuresText(figures: Figures): string {
  return FIGURES.flatMap(([name, { title }]) => {
    const text = figureText(name, figures[name]);
    return text === '' ? [] : [`${title} ${text}`];
  }).join(', ');
}

async function measureWorkload(workload: Workload): Promise<void> {
  const conditions: Conditions = options;
  const { seconds, warmupSeconds, heap } = conditions;
  const before = values.add ? readResults(workload) : undefined;
  const runs = before !== undefined && isSame(before.conditions, conditions) ? [...before.runs] : [];
  const done = Math.max(0, ...runs.map(({ round }) => round));
  for (let round = done + 1; round <= done + rounds; round++) {
    runs.push(...(await measureRound(workload, round)));
    if (isForShow) continue;
    const day = new Date().toISOString().slice(0, 10);
    writeResults({ workload: workload.name, day, conditions: { seconds, warmupSeconds, heap }, runs });
  }
}

function machine(): string[] {
  const [processor] = cpus();
  const [java = 'no java'] = spawnSync('java', ['-version'], { encoding: 'utf8' }).stderr.split('\n');
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `${cpus().length} cores (${processor?.model ?? arch()}), ${gib} GiB, Linux ${release()}; generator, clients and brokers share them`,
    `Node ${process.versions.node} for RingMQ, ${java} for Apache 5.5.0 (\`-Xms\` and \`-Xmx\` 1g, otherwise the flags of its \`runbroker.sh\`)`,
    'both: one broker at a time on an empty store of the same disk, default settings but for `flushDiskType`, addresses and what the workload states',
  ];
}

function writePage(): void {
  const measured: Measured[] = [];
  const missing: Workload[] = [];
  for (const workload of WORKLOADS) {
    const results = readResults(workload);
    if (results === undefined) missing.push(workload);
    else measured.push({ workload, results });
  }
  writeFileSync(values.page, resultsPage(measured, missing, machine()));
}

const workloads = chosen();
if (values.makers.includes('apache')) fetchApacheJars();
if (workloads.some(({ subject }) => subject.load.kind === 'java')) compileJavaProducers();
for (const workload of workloads) await measureWorkload(workload);
if (!isForShow) writePage();
