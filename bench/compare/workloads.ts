/**
 * The workloads of `npm run bench:compare`: name, settings, load, target. Data. Bench processes.
 * Invariant: where Apache is the base, both sides have the same settings and load.
 */
import type { FlushDiskType } from '../servers/server-under-test.js';
import type { FigureName } from './figures.js';
import type { BenchStep, Load, Side, Target, Workload } from './workload.js';

const TOPIC = { topic: 'bench', queues: 4 };
const SEND = { ...TOPIC, body: 1024, connections: 4, 'in-flight': 256 };
const ONE_IN_FLIGHT = { ...TOPIC, body: 1024, connections: 1, 'in-flight': 1 };
/** Full load for the JVM to compile the way of a message, where the measured load is too light for that. */
const FULL_LOAD: BenchStep = { command: 'produce', flags: { ...SEND, topic: 'bench-warm-up' } };
const BACKLOG_MESSAGES = 200_000;

/** Recovery reads the last three segments: with Apache's 1 GiB nothing of a small backlog would be cold afterwards. */
const COLD_SETTINGS = { mappedFileSizeCommitLog: String(128 << 20) };
const COLD: Load = { kind: 'cold', messages: 600_000, newerMessages: 400_000 };

const MANY_IN_FLIGHT = 1000;
const FEW: BenchStep = { command: 'produce', flags: { ...SEND, 'in-flight': MANY_IN_FLIGHT } };

function ratio(name: FigureName, at: 'least' | 'most', value: number, text: string): Target {
  return { figure: name, of: 'ratio', at, value, text };
}

function figure(name: FigureName, at: 'least' | 'most', value: number, text: string): Target {
  return { figure: name, of: 'figure', at, value, text };
}

/** Both makers under the same load. */
function beside(
  name: string,
  title: string,
  flushDiskType: FlushDiskType,
  load: Load,
  targets: readonly Target[],
  settings: Readonly<Record<string, string>> = {},
): Workload {
  const side = { flushDiskType, load, settings };
  return {
    name,
    title,
    base: { ...side, maker: 'apache', label: 'Apache 5.5.0' },
    subject: { ...side, maker: 'ringmq', label: 'RingMQ' },
    targets,
  };
}

/** Our broker with much of something beside ours with little. */
function scaled(name: string, title: string, label: string, much: BenchStep, little: BenchStep = FEW): Workload {
  const side = (step: BenchStep, own: string): Side => ({
    label: `RingMQ, ${own}`,
    maker: 'ringmq',
    flushDiskType: 'ASYNC_FLUSH',
    load: { kind: 'bench', step },
  });
  const targets = [
    ratio('messagesPerSecond', 'least', 0.8, '≥ 80 %'),
    figure('rssPeakMiB', 'most', 600, '≤ 600 MiB (RSS under load)'),
  ];
  return { name, title, base: side(little, 'few'), subject: side(much, label), targets };
}

function send(flags: BenchStep['flags']): Load {
  return { kind: 'bench', step: { command: 'produce', flags } };
}

function java(threads: number, bodyBytes: number, targets: readonly Target[]): Workload {
  const title = `${threads} synchronous threads of the official Java client, ${bodyBytes}-byte bodies`;
  const name = bodyBytes === 1024 ? `java-${threads}` : `java-pattern-${threads}`;
  return beside(name, title, 'ASYNC_FLUSH', { kind: 'java', threads, bodyBytes }, targets);
}

/** Every workload, in the order of the page. */
export const WORKLOADS: readonly Workload[] = [
  beside('send', 'send 1 KiB, 4 connections × 64 in flight, ASYNC_FLUSH', 'ASYNC_FLUSH', send(SEND), [
    ratio('messagesPerSecond', 'least', 3, '≥ 3×'),
    ratio('cpuSecondsPerMillion', 'most', 1 / 3, '≤ 1/3'),
    ratio('p99Ms', 'most', 1 / 5, '≤ 1/5'),
    figure('rssPeakMiB', 'most', 600, '≤ 600 MiB (RSS under load)'),
  ]),
  beside('send-sync', 'the same, SYNC_FLUSH', 'SYNC_FLUSH', send(SEND), [
    ratio('messagesPerSecond', 'least', 3.5, '≥ 3.5×'),
    ratio('p99Ms', 'most', 1 / 5, '≤ 1/5'),
  ]),
  beside('small', '128-byte bodies, 4 × 64 in flight', 'ASYNC_FLUSH', send({ ...SEND, body: 128 }), [
    ratio('messagesPerSecond', 'least', 3, '≥ 3×'),
  ]),
  beside(
    'batch',
    'batches of 32 messages of 1 KiB, 16 batches in flight over 4 connections',
    'ASYNC_FLUSH',
    send({ ...SEND, 'in-flight': 16, batch: 32 }),
    [ratio('messagesPerSecond', 'least', 2.5, '≥ 2.5×')],
  ),
  beside(
    'pull',
    'catch-up pull of hot data, 32 a pull, a pull in flight for each of 4 queues on each of 4 connections',
    'ASYNC_FLUSH',
    {
      kind: 'bench',
      prepare: { command: 'produce', flags: { ...SEND, messages: BACKLOG_MESSAGES } },
      step: { command: 'pull', flags: { ...TOPIC, connections: 4, 'pull-batch': 32 } },
    },
    [ratio('messagesPerSecond', 'least', 1.5, '≥ 1.5×')],
  ),
  beside(
    'pull-cold',
    'catch-up of a cold backlog, 32 a pull, a pull in flight for each of 4 queues',
    'ASYNC_FLUSH',
    COLD,
    [ratio('messagesPerSecond', 'least', 1, '≥ 1×')],
    COLD_SETTINGS,
  ),
  beside(
    'single',
    'one in flight, ASYNC_FLUSH',
    'ASYNC_FLUSH',
    { kind: 'bench', warmUp: FULL_LOAD, step: { command: 'produce', flags: ONE_IN_FLIGHT } },
    [ratio('messagesPerSecond', 'least', 1.3, '≥ 1.3×')],
  ),
  beside(
    'single-sync',
    'one in flight, SYNC_FLUSH',
    'SYNC_FLUSH',
    { kind: 'bench', warmUp: FULL_LOAD, step: { command: 'produce', flags: ONE_IN_FLIGHT } },
    [ratio('messagesPerSecond', 'least', 2.5, '≥ 2.5×')],
  ),
  beside(
    'e2e',
    'send → long-polling consumer at 5,000/s',
    'ASYNC_FLUSH',
    {
      kind: 'bench',
      warmUp: FULL_LOAD,
      step: { command: 'e2e', flags: { ...TOPIC, body: 1024, connections: 1, 'in-flight': 256, rate: 5000 } },
    },
    [ratio('p50Ms', 'most', 1 / 3, '≤ 1/3'), ratio('p99Ms', 'most', 1 / 8, '≤ 1/8')],
  ),
  beside(
    'delay',
    '100,000 messages of delay level 3 (10 s); latency is how late they are',
    'ASYNC_FLUSH',
    { kind: 'delay', messages: 100_000, messagesPerSecond: 20_000, level: 3 },
    [],
  ),
  java(64, 1024, [ratio('messagesPerSecond', 'least', 1.3, '≥ 1.3×')]),
  java(1, 128, []),
  java(16, 128, []),
  java(64, 128, []),
  java(256, 128, []),
  scaled('connections', `1,000 connections, ${MANY_IN_FLIGHT} in flight`, '1,000 connections', {
    command: 'produce',
    flags: { ...SEND, connections: 1000, 'in-flight': MANY_IN_FLIGHT },
  }),
  beside(
    'connections-beside',
    `1,000 connections, ${MANY_IN_FLIGHT} in flight, beside Apache`,
    'ASYNC_FLUSH',
    send({ ...SEND, connections: 1000, 'in-flight': MANY_IN_FLIGHT }),
    [],
  ),
  scaled('topics', `10,000 topics of 4 queues, ${MANY_IN_FLIGHT} in flight`, '10,000 topics', {
    command: 'produce',
    flags: { queues: 4, body: 1024, connections: 4, 'in-flight': MANY_IN_FLIGHT, topics: 10_000 },
  }),
  scaled(
    'held-pulls',
    `100,000 held pulls on 1,000 connections, ${MANY_IN_FLIGHT} in flight over these`,
    '100,000 held pulls',
    {
      command: 'connections',
      flags: { ...SEND, connections: 1000, 'held-pulls': 100_000, 'in-flight': MANY_IN_FLIGHT },
    },
  ),
  beside('start', 'start to first message accepted, NameServer included; then idle', 'ASYNC_FLUSH', { kind: 'start' }, [
    figure('firstMessageMs', 'most', 500, '≤ 0.5 s'),
    ratio('firstMessageMs', 'most', 1 / 10, '≤ 1/10'),
    figure('idleRssMiB', 'most', 150, '≤ 150 MiB (RSS idle)'),
  ]),
];
