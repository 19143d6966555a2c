/**
 * One consumer that reads a long cold backlog as fast as it can, beside producers at a fixed rate, each `ringmq bench` in a process of its own: in one,
 * the producers would wait for the reader's turns. Generator process.
 * Prints the producers' latencies alone and beside it, how fast the backlog was read, and how much of it came from the disk.
 */
import { createTopic } from '#src/load/broker-topics.js';
import { readProcess } from '#src/load/process-meter.js';
import { RequestClient } from '#src/load/request-client.js';
import { type BenchResult, runBench } from '../compare/generator.js';
import type { BenchStep } from '../compare/workload.js';
import { runSendLoad } from '../modes/send-load.js';
import { diskBytesRead, dropPageCache } from '../page-cache.js';
import { startRingMQ } from '../servers/ringmq-server.js';
import type { ServerUnderTest } from '../servers/server-under-test.js';
import { demandSpace, print, processText, targetOf, withFolder } from './scale-bench.js';

/** What to run. */
export interface ColdReadOptions {
  readonly data: string;
  readonly queues: number;
  readonly bodyBytes: number;
  /** Messages a second that the producers send. */
  readonly rate: number;
  readonly backlogGib: number;
  /** Time that the producers have for themselves, in rounds of so many seconds. */
  readonly seconds: number;
}

const TOPIC = 'backlog';
const OTHER_TOPIC = 'beside';
const OTHER_QUEUES = 4;
const BATCH = 64;
/** Of a stored record beside its body, with the topic and properties that are sent here. */
const RECORD_OVERHEAD_BYTES = 160;
/** Until the producers have connected and the code is compiled. */
const WARMUP_SECONDS = 3;
/** Longer than any backlog is read: the producers are told when it is over. */
const SECONDS_MAX = 86_400;
const MIB = 1024 * 1024;

/** Runs all of it. */
export async function runColdReads(options: ColdReadOptions): Promise<void> {
  demandSpace(options.data, options.backlogGib * 1.25 * 1024 * MIB);
  await withFolder(options.data, async (folder) => {
    let server = await startRingMQ('ASYNC_FLUSH', folder);
    try {
      await fill(server, options);
      await server.stop();
      print('page cache', dropPageCache(folder));
      server = await startRingMQ('ASYNC_FLUSH', folder);
      print('restarted', `in ${server.bootMs.toFixed(0)} ms; ${processText(server.brokerPid)}`);
      await measure(server, options);
    } finally {
      await server.stop();
    }
  });
}

async function fill(server: ServerUnderTest, { queues, bodyBytes, backlogGib }: ColdReadOptions): Promise<void> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  await createTopic(client, TOPIC, queues);
  await createTopic(client, OTHER_TOPIC, OTHER_QUEUES);
  client.close();
  const messages = Math.ceil((backlogGib * 1024 * MIB) / (bodyBytes + RECORD_OVERHEAD_BYTES));
  const result = await runSendLoad(targetOf(server), {
    topic: TOPIC,
    queues,
    bodyBytes,
    inFlight: 16,
    connections: 4,
    batchSize: BATCH,
    durationMs: Number.POSITIVE_INFINITY,
    messagesMax: messages,
    distinctKeys: true,
  });
  print('backlog', `${result.messages} messages in ${queues} queues, ${(result.elapsedMs / 1000).toFixed(1)} s`);
}

async function measure(server: ServerUnderTest, options: ColdReadOptions): Promise<void> {
  const { seconds, rate, bodyBytes } = options;
  const produce: BenchStep = { command: 'produce', flags: { topic: OTHER_TOPIC, rate, body: bodyBytes } };
  const alone = await runBench(server, produce, { warmup: WARMUP_SECONDS, duration: seconds });
  print('producers alone', `${latencies(alone)} at ${rate}/s`);
  const isOver = new AbortController();
  const producing = runBench(server, produce, { warmup: 0, duration: SECONDS_MAX }, isOver.signal);
  const cpuBefore = readProcess(server.brokerPid).cpuMicros;
  const reads = await runBench(server, { command: 'consume', flags: { topic: TOPIC, 'pull-batch': 32 } });
  const cpuSeconds = (readProcess(server.brokerPid).cpuMicros - cpuBefore) / 1e6;
  isOver.abort();
  const beside = await producing;
  print('producers beside', `${latencies(beside)} at ${rate}/s`);
  const fromDisk = diskBytesRead(server.brokerPid) / MIB;
  const lasted = (reads.elapsedMs / 1000).toFixed(1);
  print(
    'cold reads',
    `${Math.round(reads.messagesPerSecond)} msg/s, ${reads.megabytesPerSecond.toFixed(0)} MB/s for ${lasted} s; ${fromDisk.toFixed(0)} MiB from the disk; ${cpuSeconds.toFixed(1)} s CPU of the broker, sends included; the reader took ${reads.generator.cpuPercent.toFixed(0)} % of a core, the producers ${beside.generator.cpuPercent.toFixed(0)} %`,
  );
  print('pulls', latencies(reads));
  print('at the end', processText(server.brokerPid));
}

function latencies({ latencyMs, messages }: BenchResult): string {
  const { p50, p99, max } = latencyMs;
  return `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, max ${max.toFixed(1)} ms (${messages} messages)`;
}
