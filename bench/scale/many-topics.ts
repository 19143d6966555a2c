/**
 * Very many topics and queues, all written to: what making them, sending to them, idling and starting with them costs. Generator process.
 * Prints figures; fails only when an acknowledged message is missing.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createTopic, maxOffset } from '#src/load/broker-topics.js';
import { LatencyHistogram } from '#src/load/latency-histogram.js';
import { readProcess } from '#src/load/process-meter.js';
import { RequestClient } from '#src/load/request-client.js';
import type { QueueTarget } from '#src/load/send-template.js';
import { runSendLoad, type SendLoad } from '../modes/send-load.js';
import { startRingMQ } from '../servers/ringmq-server.js';
import type { ServerUnderTest } from '../servers/server-under-test.js';
import {
  bootText,
  diskText,
  killServer,
  latencyText,
  print,
  processText,
  targetOf,
  withFolder,
} from './scale-bench.js';
import { compareSends } from './send-ratio.js';
import { produceSteadily } from './steady-producer.js';

/** What to run. */
export interface ManyTopicsOptions {
  readonly data: string;
  readonly topics: number;
  readonly queues: number;
  readonly bodyBytes: number;
  /** Messages to each queue before anything is measured. */
  readonly each: number;
  /** Messages a second of the steady producer. */
  readonly rate: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly idleSeconds: number;
}

const CREATIONS_AT_A_TIME = 64;
const QUERIES_AT_A_TIME = 64;
const STEADY_SECONDS = 30;
const GET_ALL_TOPIC_CONFIG = 21;
/** Where `logicsMsgTimestamp` is in the file `checkpoint`. */
const LOGICS_TIMESTAMP_AT = 8;

/** Runs all of it. */
export async function runManyTopics(options: ManyTopicsOptions): Promise<void> {
  await withFolder(options.data, async (folder) => {
    const manyFolder = join(folder, 'many');
    const targets = targetsOf(options);
    let server = await startRingMQ('ASYNC_FLUSH', manyFolder);
    try {
      print('empty', processText(server.brokerPid));
      await createTopics(server, options);
      print('topics made', processText(server.brokerPid));
      await oneMoreTopic(server, manyFolder);
      await idle(server, options, 'idle, empty queues');
      let stored = await sendToAll(server, targets, options);
      await idle(server, options, 'idle, full queues');
      await compareWithOneTopic(server, join(folder, 'one'), targets, options);
      await steady(server, manyFolder, targets, options);
      stored = await sumOfMaxOffsets(server, targets, stored);
      server = await restart(server, manyFolder);
      stored = await sumOfMaxOffsets(server, targets, stored);
      server = await restartAfterKill(server, manyFolder, targets, options, stored);
      print('at the end', processText(server.brokerPid));
    } finally {
      await server.stop();
    }
    print('store', diskText(manyFolder));
  });
}

function targetsOf({ topics, queues }: ManyTopicsOptions): QueueTarget[] {
  // Topics in turn, so that what follows each other is in other queues and other folders.
  return Array.from({ length: topics * queues }, (_, i) => ({
    topic: topicName(i % topics),
    queueId: Math.floor(i / topics),
  }));
}

function topicName(i: number): string {
  return `many-${String(i).padStart(6, '0')}`;
}

async function createTopics(server: ServerUnderTest, { topics, queues }: ManyTopicsOptions): Promise<void> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  const startMs = performance.now();
  const latencies = new LatencyHistogram();
  const cpuBefore = readProcess(server.brokerPid).cpuMicros;
  await inLanes(CREATIONS_AT_A_TIME, topics, async (i) => {
    const beganMs = performance.now();
    await createTopic(client, topicName(i), queues);
    latencies.add(performance.now() - beganMs);
  });
  const seconds = (performance.now() - startMs) / 1000;
  const cpuSeconds = (readProcess(server.brokerPid).cpuMicros - cpuBefore) / 1e6;
  client.close();
  print(
    'topics',
    `${topics} in ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s CPU; each ${latencyText(latencies)}`,
  );
}

/** Each change writes topics.json and registers; one at a time shows what that takes. */
async function oneMoreTopic(server: ServerUnderTest, folder: string): Promise<void> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  const latencies = new LatencyHistogram();
  const cpuBefore = readProcess(server.brokerPid).cpuMicros;
  const changes = 20;
  for (let i = 0; i < changes; i++) {
    const beganMs = performance.now();
    await createTopic(client, `one-more-${i}`, 1);
    latencies.add(performance.now() - beganMs);
  }
  const cpuMs = (readProcess(server.brokerPid).cpuMicros - cpuBefore) / 1000 / changes;
  const wrapper = await client.demand(GET_ALL_TOPIC_CONFIG, {});
  client.close();
  const fileKib = statSync(join(folder, 'store/config/topics.json')).size / 1024;
  print('one more topic', `${latencyText(latencies)}, ${cpuMs.toFixed(0)} ms CPU each`);
  print(
    'registration',
    `${(wrapper.body.length / 1024).toFixed(0)} KiB of topics; topics.json ${fileKib.toFixed(0)} KiB`,
  );
}

async function idle(server: ServerUnderTest, { idleSeconds }: ManyTopicsOptions, name: string): Promise<void> {
  if (idleSeconds === 0) return;
  const before = readProcess(server.brokerPid).cpuMicros;
  // Asked now and then, to see what a client would notice of what the broker does by itself.
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  const latencies = new LatencyHistogram();
  const endMs = performance.now() + idleSeconds * 1000;
  while (performance.now() < endMs) {
    const beganMs = performance.now();
    await maxOffset(client, topicName(0), 0);
    latencies.add(performance.now() - beganMs);
    await delay(10);
  }
  client.close();
  const seconds = (readProcess(server.brokerPid).cpuMicros - before) / 1e6;
  const minute = (seconds * 60) / idleSeconds;
  print(name, `${minute.toFixed(2)} s CPU a minute (asked 100 times a second: ${latencyText(latencies)})`);
}

async function sendToAll(
  server: ServerUnderTest,
  targets: readonly QueueTarget[],
  options: ManyTopicsOptions,
): Promise<number> {
  let stored = 0;
  for (let round = 1; round <= options.each; round++) {
    const load = { ...loadOf(targets, options), durationMs: Number.POSITIVE_INFINITY, messagesMax: targets.length };
    const result = await runSendLoad(targetOf(server), load);
    stored += result.messages;
    if (round > 2 && round % 5 !== 0 && round !== options.each) continue;
    const rate = `${Math.round(result.messagesPerSecond)} msg/s, p99 ${result.p99Ms.toFixed(1)} ms, max ${result.maxMs.toFixed(0)} ms, ${result.cpuMicrosPerMessage?.toFixed(1)} µs CPU a message`;
    print(`${round} a queue`, `${processText(server.brokerPid)}; ${rate}`);
  }
  return stored;
}

function loadOf(targets: readonly QueueTarget[], { bodyBytes }: ManyTopicsOptions): Omit<SendLoad, 'durationMs'> {
  return { topic: '', queues: 0, bodyBytes, inFlight: 256, connections: 4, batchSize: 1, targets };
}

async function compareWithOneTopic(
  many: ServerUnderTest,
  oneFolder: string,
  targets: readonly QueueTarget[],
  options: ManyTopicsOptions,
): Promise<void> {
  const one = await startRingMQ('ASYNC_FLUSH', oneFolder);
  try {
    const topic = topicName(0);
    const client = await RequestClient.open('127.0.0.1', one.brokerPort);
    await createTopic(client, topic, options.queues);
    client.close();
    const oneTargets = Array.from({ length: options.queues }, (_, queueId) => ({ topic, queueId }));
    const [full, empty] = [loadOf(targets, options), loadOf(oneTargets, options)];
    const fullSide = { name: 'many topics', server: many, load: full };
    const emptySide = { name: 'one topic', server: one, load: empty };
    await compareSends(fullSide, emptySide, options.rounds, options.seconds);
    print('after the sends', processText(many.brokerPid));
    const untilMs = performance.now() + (STEADY_SECONDS * 1000) / 2;
    const load = { port: one.brokerPort, targets: oneTargets, bodyBytes: options.bodyBytes, rate: options.rate };
    const latencies = await produceSteadily(load, () => performance.now() > untilMs);
    print('steady, one topic', `${latencyText(latencies)} at ${options.rate}/s`);
  } finally {
    await one.stop();
  }
}

/** All queues dirty all the time, at a rate that leaves room: what rounds and checkpoints do to sends. */
async function steady(
  server: ServerUnderTest,
  folder: string,
  targets: readonly QueueTarget[],
  { bodyBytes, rate }: ManyTopicsOptions,
): Promise<void> {
  const endMs = performance.now() + STEADY_SECONDS * 1000;
  let lagMaxMs = 0;
  const isOver = (): boolean => {
    lagMaxMs = Math.max(lagMaxMs, checkpointLagMs(folder));
    return performance.now() > endMs;
  };
  const latencies = await produceSteadily({ port: server.brokerPort, targets, bodyBytes, rate }, isOver);
  print('steady, many topics', `${latencyText(latencies)} at ${rate}/s`);
  print('checkpoint', `at most ${(lagMaxMs / 1000).toFixed(1)} s behind`);
}

function checkpointLagMs(folder: string): number {
  const page = readFileSync(join(folder, 'store/checkpoint'));
  return Date.now() - Number(page.readBigInt64BE(LOGICS_TIMESTAMP_AT));
}

/** Every message that was acknowledged is in its queue; others may be there that were sent and not waited for. */
async function sumOfMaxOffsets(
  server: ServerUnderTest,
  targets: readonly QueueTarget[],
  atLeast: number,
): Promise<number> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  let sum = 0;
  await inLanes(QUERIES_AT_A_TIME, targets.length, async (i) => {
    const target = targets[i];
    const offset = target === undefined ? 0 : await maxOffset(client, target.topic, target.queueId);
    sum += offset;
  });
  client.close();
  print('messages', `${sum} in ${targets.length} queues`);
  if (sum < atLeast) throw new Error(`${atLeast} messages were acknowledged, ${sum} are there`);
  return sum;
}

async function restart(server: ServerUnderTest, folder: string): Promise<ServerUnderTest> {
  const beganMs = performance.now();
  await server.stop();
  const stopMs = performance.now() - beganMs;
  const next = await startRingMQ('ASYNC_FLUSH', folder);
  print('clean restart', `stopped in ${stopMs.toFixed(0)} ms, ${bootText(next)}`);
  print('after the restart', processText(next.brokerPid));
  return next;
}

async function restartAfterKill(
  server: ServerUnderTest,
  folder: string,
  targets: readonly QueueTarget[],
  options: ManyTopicsOptions,
  storedBefore: number,
): Promise<ServerUnderTest> {
  const load = { ...loadOf(targets, options), durationMs: options.seconds * 1000 };
  const { messages } = await runSendLoad(targetOf(server), load);
  await killServer(server);
  const next = await startRingMQ('ASYNC_FLUSH', folder);
  print('restart after kill -9', `${bootText(next)}, ${messages} messages after the last one`);
  await sumOfMaxOffsets(next, targets, storedBefore + messages);
  return next;
}

/** Runs `task` for 0, 1, … `count` - 1, so many at a time. */
async function inLanes(lanes: number, count: number, task: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
