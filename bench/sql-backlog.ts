/**
 * A cold backlog filtered by SQL92 for one message in ten thousand, beside a steady producer: `npm run bench:sql`. Generator process.
 * Prints how fast the broker scans, what becomes of the producer's latency meanwhile, and the broker's memory. Decides no test.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createTopic, maxOffset } from '#src/load/broker-topics.js';
import { LatencyHistogram } from '#src/load/latency-histogram.js';
import { readProcess } from '#src/load/process-meter.js';
import { RequestClient } from '#src/load/request-client.js';
import { encodeBatchedMessage } from '#src/load/send-template.js';
import { startRingMQ } from './servers/ringmq-server.js';
import type { ServerUnderTest } from './servers/server-under-test.js';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000000' },
    body: { type: 'string', default: '50' },
    rate: { type: 'string', default: '1000' },
    alone: { type: 'string', default: '10' },
    queues: { type: 'string', default: '1' },
    data: { type: 'string', default: join(tmpdir(), 'ringmq-sql-backlog') },
  },
});

const TOPIC = 'backlog';
const OTHER_TOPIC = 'beside';
const EXPRESSION = "kind = 'rare' AND size BETWEEN 1 AND 100";
const ONE_IN = 10_000;
const BATCH = 200;
const BATCHES_IN_FLIGHT = 16;
const SEND_BATCH_MESSAGE = 320;
const SEND_MESSAGE_V2 = 310;
const PULL_MESSAGE = 11;
const FOUND = 0;
const RETRY_IMMEDIATELY = 20;

function sendFields(topic: string, queueId: number, isBatch: boolean, properties = ''): Record<string, string> {
  // The one-letter names of SendMessageRequestHeaderV2.
  const fixed = { a: 'bench-producer', c: 'TBW102', d: '4', f: '0', h: '0', j: '0', k: 'false', n: 'bench' };
  return { ...fixed, b: topic, e: String(queueId), g: String(Date.now()), i: properties, m: String(isBatch) };
}

/** A batch's body; the first of its messages is the one in ten thousand if `isRare`. */
function batchBody(isRare: boolean): Buffer {
  const body = Buffer.alloc(Number(values.body), 'x');
  const messages = Array.from({ length: BATCH }, (_, i) => {
    const kind = isRare && i === 0 ? 'rare' : 'common';
    const key = `7F0000010A2B18B4AAC2${String(i).padStart(12, '0')}`;
    return encodeBatchedMessage(
      body,
      `UNIQ_KEY\u0001${key}\u0002kind\u0001${kind}\u0002size\u0001${1 + (i % 50)}\u0002`,
    );
  });
  return Buffer.concat(messages);
}

async function fill(server: ServerUnderTest, queues: number): Promise<void> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  await createTopic(client, TOPIC, queues);
  await createTopic(client, OTHER_TOPIC, 1);
  const bodies = [batchBody(true), batchBody(false)] as const;
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < Number(values.messages)) {
      const body = sent % ONE_IN === 0 ? bodies[0] : bodies[1];
      const queueId = Math.floor(sent / BATCH) % queues;
      sent += BATCH;
      await client.demand(SEND_BATCH_MESSAGE, sendFields(TOPIC, queueId, true), body);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, lane));
  client.close();
}

/** Sends at a steady rate until `isOver`, and counts latencies. */
async function produce(server: ServerUnderTest, isOver: () => boolean): Promise<LatencyHistogram> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  const latencies = new LatencyHistogram();
  const body = Buffer.alloc(100, 'y');
  const startMs = performance.now();
  const waiting = new Set<Promise<void>>();
  let sent = 0;
  const sendOne = async (): Promise<void> => {
    const beganMs = performance.now();
    await client.demand(SEND_MESSAGE_V2, sendFields(OTHER_TOPIC, 0, false), body);
    latencies.add(performance.now() - beganMs);
  };
  while (!isOver()) {
    const due = ((performance.now() - startMs) / 1000) * Number(values.rate);
    for (; sent < due; sent++) {
      const one = sendOne();
      waiting.add(one);
      void one.finally(() => waiting.delete(one));
    }
    await delay(1);
  }
  await Promise.all(waiting);
  client.close();
  return latencies;
}

interface Scan {
  readonly found: number;
  readonly pulls: number;
  readonly longestPullMs: number;
}

/** Pulls one queue by the expression, from its start to its end. */
async function scan(server: ServerUnderTest, queueId: number): Promise<Scan> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  const end = await maxOffset(client, TOPIC, queueId);
  let [offset, found, pulls, longestPullMs] = [0, 0, 0, 0];
  while (offset < end) {
    const beganMs = performance.now();
    const reply = await client.ask(PULL_MESSAGE, {
      consumerGroup: 'sql-bench',
      topic: TOPIC,
      queueId: String(queueId),
      queueOffset: String(offset),
      maxMsgNums: '32',
      sysFlag: '4',
      commitOffset: '0',
      suspendTimeoutMillis: '0',
      subscription: EXPRESSION,
      subVersion: '1',
      expressionType: 'SQL92',
    });
    if (reply.code !== FOUND && reply.code !== RETRY_IMMEDIATELY)
      throw new Error(`a pull was answered ${reply.code}: ${reply.remark ?? ''}`);
    longestPullMs = Math.max(longestPullMs, performance.now() - beganMs);
    for (let at = 0; at < reply.body.length; at += reply.body.readInt32BE(at)) found++;
    offset = Number(reply.extFields['nextBeginOffset']);
    pulls++;
  }
  client.close();
  return { found, pulls, longestPullMs };
}

function latencyText(latencies: LatencyHistogram): string {
  const [p50, p99] = [latencies.quantileMs(0.5), latencies.quantileMs(0.99)].map((ms) => ms.toFixed(2));
  return `p50 ${p50} ms, p99 ${p99} ms, max ${latencies.maxMs.toFixed(1)} ms of ${latencies.samples} sends`;
}

function memoryText(pid: number): string {
  const { rssMiB, ownMiB, rssPeakMiB } = readProcess(pid);
  return `RSS ${rssMiB.toFixed(0)} MiB, own ${ownMiB.toFixed(0)} MiB, peak ${rssPeakMiB.toFixed(0)} MiB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function measure(server: ServerUnderTest, queues: number): Promise<void> {
  const aloneUntilMs = performance.now() + Number(values.alone) * 1000;
  const alone = await produce(server, () => performance.now() > aloneUntilMs);
  print(`producer alone:   ${latencyText(alone)}`);
  print(`memory before:    ${memoryText(server.brokerPid)}`);
  let isOver = false;
  const cpuBefore = readProcess(server.brokerPid).cpuMicros;
  const producing = produce(server, () => isOver);
  const startMs = performance.now();
  const scans = await Promise.all(Array.from({ length: queues }, (_, queueId) => scan(server, queueId)));
  const seconds = (performance.now() - startMs) / 1000;
  const cpuMicros = (readProcess(server.brokerPid).cpuMicros - cpuBefore) / Number(values.messages);
  isOver = true;
  const beside = await producing;
  const found = scans.reduce((sum, one) => sum + one.found, 0);
  const pulls = scans.reduce((sum, one) => sum + one.pulls, 0);
  const longestMs = Math.max(...scans.map(({ longestPullMs }) => longestPullMs));
  const rate = Math.round(Number(values.messages) / seconds);
  print(
    `scan:             ${rate} msg/s, ${seconds.toFixed(1)} s, ${cpuMicros.toFixed(2)} µs CPU a message (sends included), ${found} found in ${pulls} pulls, the longest ${longestMs.toFixed(1)} ms`,
  );
  print(`producer beside:  ${latencyText(beside)}`);
  print(`memory after:     ${memoryText(server.brokerPid)}`);
  const expected = Math.ceil(Number(values.messages) / ONE_IN);
  if (found !== expected) throw new Error(`${found} messages were found and not ${expected}`);
}

const folder = join(values.data, 'store-under-test');
const queues = Number(values.queues);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const settings = { enablePropertyFilter: 'true' };
let server = await startRingMQ('ASYNC_FLUSH', folder, settings);
try {
  const startMs = performance.now();
  await fill(server, queues);
  print(
    `backlog:          ${values.messages} messages in ${queues} queues after ${((performance.now() - startMs) / 1000).toFixed(1)} s`,
  );
  await server.stop();
  server = await startRingMQ('ASYNC_FLUSH', folder, settings);
  print(`restarted:        in ${server.bootMs.toFixed(0)} ms`);
  await measure(server, queues);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
