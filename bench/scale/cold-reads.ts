/**
 * One consumer that reads a long cold backlog as fast as it can, beside producers at a fixed rate. Generator process.
 * Prints the producers' latencies alone and beside it, how fast the backlog was read, and how much of it came from the disk.
 */
import { createTopic, maxOffset, pullRequest } from '#src/load/broker-topics.js';
import { LatencyHistogram } from '#src/load/latency-histogram.js';
import { readProcess } from '#src/load/process-meter.js';
import { RequestClient } from '#src/load/request-client.js';
import { runSendLoad } from '../modes/send-load.js';
import { diskBytesRead, dropPageCache } from '../page-cache.js';
import { startRingMQ } from '../servers/ringmq-server.js';
import type { ServerUnderTest } from '../servers/server-under-test.js';
import { demandSpace, latencyText, print, processText, targetOf, withFolder } from './scale-bench.js';
import { produceSteadily } from './steady-producer.js';

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
const FOUND = 0;
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
  const targets = Array.from({ length: OTHER_QUEUES }, (_, queueId) => ({ topic: OTHER_TOPIC, queueId }));
  const load = { port: server.brokerPort, targets, bodyBytes: options.bodyBytes, rate: options.rate };
  const warmUntilMs = performance.now() + 3000;
  await produceSteadily(load, () => performance.now() > warmUntilMs);
  const aloneUntilMs = performance.now() + options.seconds * 1000;
  const alone = await produceSteadily(load, () => performance.now() > aloneUntilMs);
  print('producers alone', `${latencyText(alone)} at ${options.rate}/s`);
  let isOver = false;
  const cpuBefore = readProcess(server.brokerPid).cpuMicros;
  const producing = produceSteadily(load, () => isOver);
  const startMs = performance.now();
  const reads = await Promise.all(Array.from({ length: options.queues }, (_, queueId) => read(server, queueId)));
  const seconds = (performance.now() - startMs) / 1000;
  isOver = true;
  const beside = await producing;
  const cpuSeconds = (readProcess(server.brokerPid).cpuMicros - cpuBefore) / 1e6;
  print('producers beside', `${latencyText(beside)} at ${options.rate}/s`);
  const pulls = new LatencyHistogram();
  for (const { latencies } of reads) pulls.addAll(latencies);
  const messages = reads.reduce((sum, one) => sum + one.messages, 0);
  const bytes = reads.reduce((sum, one) => sum + one.bytes, 0);
  const fromDisk = diskBytesRead(server.brokerPid) / MIB;
  print(
    'cold reads',
    `${Math.round(messages / seconds)} msg/s, ${(bytes / MIB / seconds).toFixed(0)} MiB/s for ${seconds.toFixed(1)} s; ${(bytes / MIB).toFixed(0)} MiB read, ${fromDisk.toFixed(0)} MiB from the disk; ${cpuSeconds.toFixed(1)} s CPU of the broker, sends included`,
  );
  print('pulls', latencyText(pulls));
  print('at the end', processText(server.brokerPid));
}

interface ColdRead {
  readonly latencies: LatencyHistogram;
  readonly messages: number;
  readonly bytes: number;
}

/** Pulls one queue from its start to what was its end, one pull in flight, as a consumer does. */
async function read(server: ServerUnderTest, queueId: number): Promise<ColdRead> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  const end = await maxOffset(client, TOPIC, queueId);
  const latencies = new LatencyHistogram();
  let [offset, bytes] = [0, 0];
  while (offset < end) {
    const { code, extFields } = pullRequest({
      group: 'scale',
      topic: TOPIC,
      queueId,
      offset,
      maxMessages: 32,
      suspendMs: 0,
    });
    const beganMs = performance.now();
    const reply = await client.ask(code, extFields);
    latencies.add(performance.now() - beganMs);
    if (reply.code !== FOUND) throw new Error(`a pull was answered ${reply.code}: ${reply.remark ?? ''}`);
    bytes += reply.body.length;
    offset = Number(reply.extFields['nextBeginOffset']);
  }
  client.close();
  return { latencies, messages: end, bytes };
}
