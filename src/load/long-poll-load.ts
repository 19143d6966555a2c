/**
 * The time from a message's send to its arrival at a consumer that waits in a long poll, at a steady rate. Generator process.
 * Invariant: sender and consumer share this process's clock; a body begins with the time of its send.
 */
import { systemClock } from '../base/clock.js';
import { createDeferred } from '../base/deferred.js';
import { createTopic, maxOffset, pullRequest, recordBodies } from './broker-topics.js';
import { LatencyHistogram } from './latency-histogram.js';
import { beginInterval, type LoadResult, type LoadTarget } from './load-result.js';
import { RequestClient } from './request-client.js';

/** What to send and to wait for. */
export interface LongPollLoad {
  readonly topic: string;
  readonly queues: number;
  readonly bodyBytes: number;
  readonly messagesPerSecond: number;
  readonly durationMs: number;
}

const SEND_MESSAGE_V2 = 310;
const SUSPEND_MS = 15_000;
const MESSAGES_PER_PULL = 32;
const TICK_MS = 1;

/** What the consuming side has seen. */
interface Arrivals {
  readonly latencies: LatencyHistogram;
  count: number;
}

/** Runs `load`; latencies are from send to arrival, CPU is a message sent and consumed. */
export async function runLongPollLoad(target: LoadTarget, load: LongPollLoad): Promise<LoadResult> {
  const producer = await RequestClient.open(target.host, target.port);
  const consumer = await RequestClient.open(target.host, target.port);
  try {
    await createTopic(producer, load.topic, load.queues);
    const offsets = await Promise.all(
      Array.from({ length: load.queues }, (_, queueId) => maxOffset(producer, load.topic, queueId)),
    );
    const arrivals: Arrivals = { latencies: new LatencyHistogram(), count: 0 };
    const isOver = { value: false };
    const consuming = offsets.map((offset, queueId) => consume(consumer, load, queueId, offset, arrivals, isOver));
    const endInterval = beginInterval(target);
    await Promise.race([sendAtRate(producer, load), ...consuming]);
    const result = endInterval({ messages: arrivals.count }, arrivals.latencies);
    isOver.value = true;
    consumer.close();
    await Promise.allSettled(consuming);
    return result;
  } finally {
    producer.close();
    consumer.close();
  }
}

async function consume(
  client: RequestClient,
  load: LongPollLoad,
  queueId: number,
  begin: number,
  arrivals: Arrivals,
  isOver: { readonly value: boolean },
): Promise<void> {
  let offset = begin;
  while (!isOver.value) {
    const { code, extFields } = pullRequest({
      group: 'bench-waiting-consumer',
      topic: load.topic,
      queueId,
      offset,
      maxMessages: MESSAGES_PER_PULL,
      suspendMs: SUSPEND_MS,
    });
    const reply = await client.ask(code, extFields, undefined, SUSPEND_MS * 2);
    const nowMs = systemClock.monotonicMs();
    offset = Number(reply.extFields['nextBeginOffset'] ?? offset);
    if (reply.code !== 0) continue;
    for (const body of recordBodies(reply.body)) {
      arrivals.latencies.add(nowMs - body.readDoubleBE(0));
      arrivals.count++;
    }
  }
}

async function sendAtRate(client: RequestClient, load: LongPollLoad): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  const { promise, resolve, reject } = createDeferred<void>();
  let sent = 0;
  const timer = systemClock.every(TICK_MS, () => {
    const elapsedMs = systemClock.monotonicMs() - startedMs;
    const due = Math.floor((Math.min(elapsedMs, load.durationMs) / 1000) * load.messagesPerSecond);
    for (; sent < due; sent++) sendOne(client, load, sent % load.queues).catch(reject);
    if (elapsedMs > load.durationMs) resolve();
  });
  try {
    await promise;
  } finally {
    timer.cancel();
  }
}

async function sendOne(client: RequestClient, load: LongPollLoad, queueId: number): Promise<void> {
  const body = Buffer.alloc(load.bodyBytes, 'x');
  body.writeDoubleBE(systemClock.monotonicMs(), 0);
  const reply = await client.ask(
    SEND_MESSAGE_V2,
    {
      a: 'bench-producer',
      b: load.topic,
      c: 'TBW102',
      d: String(load.queues),
      e: String(queueId),
      f: '0',
      g: String(systemClock.nowMs()),
      h: '0',
      i: '',
      j: '0',
      k: 'false',
      m: 'false',
      n: 'bench',
    },
    body,
  );
  if (![0, 10, 11, 12].includes(reply.code))
    throw new Error(`a send was answered ${reply.code}: ${reply.remark ?? ''}`);
}
