/**
 * One queue with very many small messages: memory while it grows, pulls at random places, searches, restarts, and sends to it against
 * sends to an empty one. Generator process. Prints figures; fails only when an answer is wrong.
 */
import { join } from 'node:path';
import { createTopic, maxOffset, pullRequest } from '#src/load/broker-topics.js';
import { LatencyHistogram } from '#src/load/latency-histogram.js';
import { RequestClient } from '#src/load/request-client.js';
import { runSendLoad, type SendLoad } from '../modes/send-load.js';
import { startRingMQ } from '../servers/ringmq-server.js';
import type { ServerUnderTest } from '../servers/server-under-test.js';
import {
  bootText,
  demandSpace,
  diskText,
  killServer,
  latencyText,
  print,
  processText,
  targetOf,
  withFolder,
} from './scale-bench.js';
import { compareSends } from './send-ratio.js';

/** What to run. */
export interface LongQueueOptions {
  readonly data: string;
  readonly messages: number;
  readonly bodyBytes: number;
  readonly rounds: number;
  readonly seconds: number;
}

const TOPIC = 'long';
const BATCH = 256;
const STEPS = 10;
const PULLS = 2000;
const SEARCHES = 200;
/** A record and its queue and index entry, beside the body. */
const OVERHEAD_BYTES = 210;
const SEARCH_OFFSET_BY_TIMESTAMP = 29;
const GET_MIN_OFFSET = 31;
const FOUND = 0;

/** Runs all of it. */
export async function runLongQueue(options: LongQueueOptions): Promise<void> {
  demandSpace(options.data, options.messages * (options.bodyBytes + OVERHEAD_BYTES));
  await withFolder(options.data, async (folder) => {
    const fullFolder = join(folder, 'full');
    let server = await startRingMQ('ASYNC_FLUSH', fullFolder);
    try {
      print('empty', processText(server.brokerPid));
      const range = await fill(server, options);
      await readAtRandom(server, options.messages, range);
      print('after reads', processText(server.brokerPid));
      server = await restart(server, fullFolder);
      await compareWithEmpty(server, join(folder, 'empty'), options);
      print('at the end', processText(server.brokerPid));
      await checkEnds(server, options.messages);
    } finally {
      await server.stop();
    }
    print('store', diskText(fullFolder));
  });
}

interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

async function fill(server: ServerUnderTest, { messages, bodyBytes }: LongQueueOptions): Promise<TimeRange> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  await createTopic(client, TOPIC, 1);
  const fromMs = Date.now();
  let stored = 0;
  for (let step = 1; step <= STEPS; step++) {
    const missing = Math.floor((messages * step) / STEPS) - stored;
    if (missing <= 0) continue;
    const load: SendLoad = {
      topic: TOPIC,
      queues: 1,
      bodyBytes,
      inFlight: 16,
      connections: 4,
      batchSize: BATCH,
      durationMs: Number.POSITIVE_INFINITY,
      messagesMax: missing,
      distinctKeys: true,
    };
    const result = await runSendLoad(targetOf(server), load);
    stored = await maxOffset(client, TOPIC, 0);
    const rate = `${Math.round(result.messagesPerSecond)} msg/s, ${result.cpuMicrosPerMessage?.toFixed(2)} µs CPU a message`;
    print(`${stored} messages`, `${processText(server.brokerPid)}; ${rate} (batches of ${BATCH})`);
  }
  client.close();
  return { fromMs, toMs: Date.now() };
}

async function readAtRandom(server: ServerUnderTest, messages: number, { fromMs, toMs }: TimeRange): Promise<void> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  const pulls = new LatencyHistogram();
  for (let i = 0; i < PULLS; i++) pulls.add(await timed(() => pullAt(client, Math.floor(Math.random() * messages))));
  print('random pulls of 32', latencyText(pulls));
  const searches = new LatencyHistogram();
  let [before, beforeMs] = [0, 0];
  const times = Array.from({ length: SEARCHES }, () => fromMs + Math.random() * (toMs - fromMs));
  for (const timestamp of times.toSorted((a, b) => a - b).map(Math.floor)) {
    searches.add(
      await timed(async () => {
        const fields = { topic: TOPIC, queueId: '0', timestamp: String(timestamp) };
        const { extFields } = await client.demand(SEARCH_OFFSET_BY_TIMESTAMP, fields);
        const offset = Number(extFields['offset']);
        if (offset < before) throw new Error(`offset ${offset} at ${timestamp}, but ${before} at ${beforeMs}`);
        [before, beforeMs] = [offset, timestamp];
      }),
    );
  }
  print('offsets by time', latencyText(searches));
  const ends = new LatencyHistogram();
  for (let i = 0; i < SEARCHES; i++) ends.add(await timed(() => maxOffset(client, TOPIC, 0)));
  for (let i = 0; i < SEARCHES; i++) ends.add(await timed(() => minOffset(client)));
  print('min and max offsets', latencyText(ends));
  client.close();
}

async function pullAt(client: RequestClient, offset: number): Promise<void> {
  const target = { group: 'scale', topic: TOPIC, queueId: 0, offset, maxMessages: 32, suspendMs: 0 };
  const { code, extFields } = pullRequest(target);
  const reply = await client.ask(code, extFields);
  if (reply.code !== FOUND) throw new Error(`a pull at ${offset} was answered ${reply.code}: ${reply.remark ?? ''}`);
  // The record's queue offset, behind total size, magic, CRC, queue id and flag.
  const first = Number(reply.body.readBigInt64BE(20));
  if (first !== offset) throw new Error(`a pull at ${offset} brought ${first}`);
}

async function minOffset(client: RequestClient): Promise<number> {
  const { extFields } = await client.demand(GET_MIN_OFFSET, { topic: TOPIC, queueId: '0' });
  return Number(extFields['offset']);
}

async function checkEnds(server: ServerUnderTest, messages: number): Promise<void> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  const [min, max] = [await minOffset(client), await maxOffset(client, TOPIC, 0)];
  client.close();
  print('offsets', `${min} to ${max}`);
  if (min !== 0 || max < messages) throw new Error(`${messages} messages were stored, the queue says ${min} to ${max}`);
}

async function restart(server: ServerUnderTest, folder: string): Promise<ServerUnderTest> {
  const stopMs = await timed(() => server.stop());
  let next = await startRingMQ('ASYNC_FLUSH', folder);
  print('clean restart', `stopped in ${stopMs.toFixed(0)} ms, ${bootText(next)}`);
  await killServer(next);
  next = await startRingMQ('ASYNC_FLUSH', folder);
  print('restart after kill -9', bootText(next));
  return next;
}

async function compareWithEmpty(
  full: ServerUnderTest,
  emptyFolder: string,
  { bodyBytes, rounds, seconds }: LongQueueOptions,
): Promise<void> {
  const empty = await startRingMQ('ASYNC_FLUSH', emptyFolder);
  try {
    const client = await RequestClient.open('127.0.0.1', empty.brokerPort);
    await createTopic(client, TOPIC, 1);
    client.close();
    const load = { topic: TOPIC, queues: 1, bodyBytes, inFlight: 256, connections: 4, batchSize: 1 };
    await compareSends({ name: 'full', server: full, load }, { name: 'empty', server: empty, load }, rounds, seconds);
  } finally {
    await empty.stop();
  }
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await task();
  return performance.now() - startMs;
}
