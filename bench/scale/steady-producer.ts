/**
 * Sends at a fixed rate, whether or not answers come, to queues in turn. Generator process.
 * Invariant: a latency runs from when the send was due, so that a stall counts for all that it kept waiting.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { LatencyHistogram } from '#src/load/latency-histogram.js';
import { RequestClient } from '#src/load/request-client.js';
import type { QueueTarget } from '#src/load/send-template.js';

const SEND_MESSAGE_V2 = 310;
/** Sends under way; a broker that keeps more waiting is too slow for the rate, which fails the run. */
const IN_FLIGHT_MAX = 100_000;

/** What to send. */
export interface SteadyLoad {
  readonly port: number;
  readonly targets: readonly QueueTarget[];
  readonly bodyBytes: number;
  /** Messages a second. */
  readonly rate: number;
}

/** Sends until `isOver`; every send was stored when it returns. */
export async function produceSteadily(load: SteadyLoad, isOver: () => boolean): Promise<LatencyHistogram> {
  const client = await RequestClient.open('127.0.0.1', load.port);
  const latencies = new LatencyHistogram();
  const body = Buffer.alloc(load.bodyBytes, 'y');
  const waiting = new Set<Promise<void>>();
  const startMs = performance.now();
  let sent = 0;
  const sendOne = async (dueMs: number): Promise<void> => {
    const target = load.targets[sent % load.targets.length];
    if (target === undefined) throw new Error('a producer has a queue to send to');
    await client.demand(SEND_MESSAGE_V2, sendFields(target), body);
    latencies.add(performance.now() - dueMs);
  };
  while (!isOver()) {
    const due = ((performance.now() - startMs) / 1000) * load.rate;
    for (; sent < due; sent++) {
      const one = sendOne(startMs + (sent / load.rate) * 1000);
      waiting.add(one);
      void one.finally(() => waiting.delete(one)).catch(() => undefined);
    }
    if (waiting.size > IN_FLIGHT_MAX) throw new Error(`${waiting.size} sends wait for an answer`);
    await delay(1);
  }
  await Promise.all(waiting);
  client.close();
  return latencies;
}

/** The one-letter names of SendMessageRequestHeaderV2. */
function sendFields({ topic, queueId }: QueueTarget): Record<string, string> {
  const properties = `UNIQ_KEY\u00017F0000010A2B18B4AAC2${Math.random().toString(16).slice(2, 14).padEnd(12, '0')}\u0002`;
  const fixed = {
    a: 'bench-producer',
    c: 'TBW102',
    d: '4',
    f: '0',
    h: '0',
    j: '0',
    k: 'false',
    m: 'false',
    n: 'bench',
  };
  return { ...fixed, b: topic, e: String(queueId), g: String(Date.now()), i: properties };
}
