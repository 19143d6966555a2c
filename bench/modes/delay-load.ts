/**
 * How late delayed messages are: many of them wait at once, and when all have been delivered each one's store time is held against the time
 * at which it was due, its store time in SCHEDULE_TOPIC_XXXX and its level's delay. Generator process.
 * Invariant: both times are the broker's own; the generator reads nothing while messages are delivered but, twice a second, how many are.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createTopic, maxOffset, pullRequest, storedRecords } from '#src/load/broker-topics.js';
import { LatencyHistogram } from '#src/load/latency-histogram.js';
import { beginInterval, type LoadResult, type LoadTarget } from './load-result.js';
import { RequestClient } from '#src/load/request-client.js';

/** What to send. */
export interface DelayLoad {
  readonly topic: string;
  readonly queues: number;
  readonly bodyBytes: number;
  readonly messages: number;
  readonly messagesPerSecond: number;
  /** In turn; each one of Apache's default 18. */
  readonly levels: readonly number[];
}

const SEND_MESSAGE_V2 = 310;
const SCHEDULE_TOPIC = 'SCHEDULE_TOPIC_XXXX';
/** The default messageDelayLevel up to what a run may reasonably wait for, seconds. */
const LEVEL_SECONDS = [1, 5, 10, 30, 60, 120];
const IN_FLIGHT_MAX = 512;
const TICK_MS = 1;
const LOOK_AGAIN_MS = 500;
/** Longest wait beyond the longest delay. */
const PATIENCE_MS = 120_000;

/** Runs `load`; latencies are what each message was late by, CPU is a message sent, delivered and read back. */
export async function runDelayLoad(target: LoadTarget, load: DelayLoad): Promise<LoadResult> {
  const client = await RequestClient.open(target.host, target.port);
  try {
    await createTopic(client, load.topic, load.queues);
    const queues = Array.from({ length: load.queues }, (_, queueId) => ({ topic: load.topic, queueId }));
    const waiting = load.levels.map((level) => ({ topic: SCHEDULE_TOPIC, queueId: level - 1 }));
    const begins = await offsetsOf(client, queues);
    const waitingBegins = await offsetsOf(client, waiting);
    const endInterval = beginInterval(target);
    await sendAtRate(client, load);
    await untilDelivered(client, load, queues, begins);
    const due = new Map<number, number>();
    for (const [i, queue] of waiting.entries()) {
      const delayMs = delayMsOf(load.levels[i]);
      await readQueue(client, queue, waitingBegins[i] ?? 0, (sequence, storeMs) =>
        due.set(sequence, storeMs + delayMs),
      );
    }
    const lateness = new LatencyHistogram();
    const seen = new Set<number>();
    for (const [i, queue] of queues.entries()) {
      await readQueue(client, queue, begins[i] ?? 0, (sequence, storeMs) => {
        const lateMs = storeMs - (due.get(sequence) ?? Number.NaN);
        if (!(lateMs >= 0)) throw new Error(`message ${sequence} was delivered ${-lateMs} ms before its time`);
        lateness.add(lateMs);
        seen.add(sequence);
      });
    }
    if (seen.size !== load.messages) throw new Error(`${seen.size} of ${load.messages} messages were delivered`);
    return endInterval(load.messages, lateness);
  } finally {
    client.close();
  }
}

interface QueueName {
  readonly topic: string;
  readonly queueId: number;
}

function delayMsOf(level: number | undefined): number {
  const seconds = LEVEL_SECONDS[(level ?? 0) - 1];
  if (seconds === undefined) throw new Error(`level ${level}: one of 1 to ${LEVEL_SECONDS.length}`);
  return seconds * 1000;
}

function offsetsOf(client: RequestClient, queues: readonly QueueName[]): Promise<number[]> {
  return Promise.all(queues.map(({ topic, queueId }) => maxOffset(client, topic, queueId)));
}

async function sendAtRate(client: RequestClient, load: DelayLoad): Promise<void> {
  const startedMs = performance.now();
  const inFlight = new Set<Promise<void>>();
  for (let sent = 0; sent < load.messages;) {
    const due = Math.min(load.messages, ((performance.now() - startedMs) / 1000) * load.messagesPerSecond);
    for (; sent < due && inFlight.size < IN_FLIGHT_MAX; sent++) {
      const send = sendOne(client, load, sent);
      inFlight.add(send);
      void send.finally(() => inFlight.delete(send)).catch(() => undefined);
    }
    if (inFlight.size >= IN_FLIGHT_MAX) await Promise.race(inFlight);
    else await pause(TICK_MS);
  }
  await Promise.all(inFlight);
}

async function sendOne(client: RequestClient, load: DelayLoad, sequence: number): Promise<void> {
  const body = Buffer.alloc(load.bodyBytes, 'x');
  body.writeDoubleBE(sequence, 0);
  const level = load.levels[sequence % load.levels.length];
  await client.demand(
    SEND_MESSAGE_V2,
    {
      a: 'bench-producer',
      b: load.topic,
      c: 'TBW102',
      d: String(load.queues),
      e: String(sequence % load.queues),
      f: '0',
      g: String(Date.now()),
      h: '0',
      i: `DELAY\u0001${level}\u0002WAIT\u0001true\u0002`,
      j: '0',
      k: 'false',
      m: 'false',
      n: 'bench',
    },
    body,
  );
}

async function untilDelivered(
  client: RequestClient,
  load: DelayLoad,
  queues: readonly QueueName[],
  begins: readonly number[],
): Promise<void> {
  const deadlineMs = performance.now() + Math.max(...load.levels.map(delayMsOf)) + PATIENCE_MS;
  for (;;) {
    const ends = await offsetsOf(client, queues);
    const delivered = ends.reduce((sum, end, i) => sum + end - (begins[i] ?? 0), 0);
    if (delivered >= load.messages) return;
    if (performance.now() > deadlineMs) throw new Error(`${delivered} of ${load.messages} messages were delivered`);
    await pause(LOOK_AGAIN_MS);
  }
}

/** Shows each message of a queue from `begin` on: its number and when it was stored, ms. */
async function readQueue(
  client: RequestClient,
  { topic, queueId }: QueueName,
  begin: number,
  show: (sequence: number, storeMs: number) => void,
): Promise<void> {
  const end = await maxOffset(client, topic, queueId);
  for (let offset = begin; offset < end;) {
    const pull = pullRequest({ group: 'bench-delay-reader', topic, queueId, offset, maxMessages: 32, suspendMs: 0 });
    const reply = await client.demand(pull.code, pull.extFields);
    for (const { body, storeTimestampMs } of storedRecords(reply.body)) show(body.readDoubleBE(0), storeTimestampMs);
    offset = Number(reply.extFields['nextBeginOffset'] ?? end);
  }
}
