/**
 * Catch-up consumption: reads queues that are full from their start, over and over, one pull in flight a queue and connection.
 * Generator process. Java: what DefaultMQPushConsumer does when it lags.
 */
import { systemClock } from '../base/clock.js';
import type { Socket } from 'node:net';
import { createDeferred } from '../base/deferred.js';
import { type Answer, AnswerReader, parseHeader } from './answer-reader.js';
import { pullRequest } from './broker-topics.js';
import { LatencyHistogram } from './latency-histogram.js';
import { beginInterval, type LoadResult, type LoadTarget } from './load-result.js';
import { openSocket } from './request-client.js';
import { encodeRequest, OPAQUE_BASE } from './request-template.js';

/** What to pull. */
export interface PullLoad {
  readonly topic: string;
  readonly queues: number;
  readonly connections: number;
  readonly messagesPerPull: number;
  readonly durationMs: number;
}

const SUCCESS = 0;
/** PULL_NOT_FOUND at the end of the queue, RETRY_IMMEDIATELY and OFFSET_MOVED past it. */
const END_CODES = new Set([19, 20, 21]);

/** One connection that reads all queues, the queue's id being opaque mod queues. */
class PullConnection {
  readonly latencies = new LatencyHistogram();
  messages = 0;
  readonly failed: Promise<never>;
  readonly #socket: Socket;
  readonly #load: PullLoad;
  readonly #offsets: number[];
  readonly #sentMs: number[] = [];
  readonly #fail: (error: Error) => void;
  #pulls = 0;

  constructor(socket: Socket, load: PullLoad) {
    this.#socket = socket;
    this.#load = load;
    this.#offsets = Array.from({ length: load.queues }, () => 0);
    const { promise, reject } = createDeferred<never>();
    [this.failed, this.#fail] = [promise, reject];
    const reader = new AnswerReader((answer) => this.#take(answer));
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#fail(error as Error);
        this.close();
      }
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the broker closed the connection')));
  }

  start(): void {
    for (let queueId = 0; queueId < this.#load.queues; queueId++) this.#pull(queueId);
  }

  close(): void {
    this.#socket.destroy();
  }

  #pull(queueId: number): void {
    const opaque = OPAQUE_BASE + this.#pulls++ * this.#load.queues + queueId;
    const { code, extFields } = pullRequest({
      group: 'bench-consumer',
      topic: this.#load.topic,
      queueId,
      offset: this.#offsets[queueId] ?? 0,
      maxMessages: this.#load.messagesPerPull,
      suspendMs: 0,
    });
    this.#sentMs[queueId] = systemClock.monotonicMs();
    this.#socket.write(encodeRequest(code, extFields, opaque));
  }

  #take(answer: Answer): void {
    const queueId = (answer.opaque - OPAQUE_BASE) % this.#load.queues;
    if (answer.code === SUCCESS) {
      this.latencies.add(systemClock.monotonicMs() - (this.#sentMs[queueId] ?? 0));
      const count = countRecords(answer);
      this.messages += count;
      const next = Number(parseHeader(answer).extFields?.['nextBeginOffset']);
      if (next !== (this.#offsets[queueId] ?? 0) + count)
        throw new Error(`a pull of ${count} messages moved the offset to ${next}`);
      this.#offsets[queueId] = next;
    } else if (END_CODES.has(answer.code) && (this.#offsets[queueId] ?? 0) > 0) {
      this.#offsets[queueId] = 0;
    } else {
      throw new Error(`a pull was answered ${answer.code}: ${parseHeader(answer).remark ?? ''}`);
    }
    this.#pull(queueId);
  }
}

function countRecords(answer: Answer): number {
  let count = 0;
  for (let at = answer.bodyAt; at < answer.frame.length; at += answer.frame.readUInt32BE(at)) count++;
  return count;
}

/** Runs `load`; latencies are of whole pulls, CPU is a message. The topic must hold messages in every queue from offset 0. */
export async function runPullLoad(target: LoadTarget, load: PullLoad): Promise<LoadResult> {
  const opening = Array.from(
    { length: load.connections },
    async () => new PullConnection(await openSocket(target.host, target.port), load),
  );
  const connections = await Promise.all(opening);
  const { promise: over, resolve } = createDeferred<void>();
  const endInterval = beginInterval(target);
  const timer = systemClock.after(load.durationMs, resolve);
  try {
    for (const connection of connections) connection.start();
    await Promise.race([over, ...connections.map((connection) => connection.failed)]);
    const latencies = new LatencyHistogram();
    for (const connection of connections) latencies.addAll(connection.latencies);
    const messages = connections.reduce((sum, connection) => sum + connection.messages, 0);
    return endInterval({ messages }, latencies);
  } finally {
    timer.cancel();
    for (const connection of connections) connection.close();
  }
}
