/**
 * Sends as fast as the answers come: a fixed number of requests in flight over some connections. Generator process.
 * Invariant: only stored messages count; an answer whose opaque is not in flight, or of another code than success, late or busy, fails the run.
 */
import { systemClock } from '../base/clock.js';
import type { Socket } from 'node:net';
import { createDeferred } from '../base/deferred.js';
import { type Answer, AnswerReader, parseHeader } from './answer-reader.js';
import { LatencyHistogram } from './latency-histogram.js';
import { beginInterval, type LoadResult, type LoadTarget } from './load-result.js';
import { openSocket } from './request-client.js';
import { OPAQUE_BASE, type RequestTemplate, sendTemplate } from './request-template.js';

/** A queue to send to. */
export interface QueueTarget {
  readonly topic: string;
  readonly queueId: number;
}

/** What to send. */
export interface SendLoad {
  readonly topic: string;
  readonly queues: number;
  readonly bodyBytes: number;
  /** Requests in flight over all connections. */
  readonly inFlight: number;
  readonly connections: number;
  /** Messages a request; more than 1 sends batches. */
  readonly batchSize: number;
  readonly durationMs: number;
  /** Ends the run sooner, when this many messages were answered. */
  readonly messagesMax?: number;
  /** Queues to send to in turn, dealt out over the connections, in place of `topic` and `queues`. */
  readonly targets?: readonly QueueTarget[];
  /** Each message of a batch has a unique key of its own. */
  readonly distinctKeys?: boolean;
}

/** Stored, though not flushed or replicated as asked. */
const LATE_CODES = new Set([10, 11, 12]);
/** SYSTEM_BUSY: Apache drops what has waited for over 200 ms. Nothing was stored; real clients send again, and so does this one. */
const BUSY_CODE = 2;
const DRAIN_TIMEOUT_MS = 10_000;

/** One connection with its share of the requests in flight, each in a slot of its own: opaque mod slots. */
class SendConnection {
  readonly latencies = new LatencyHistogram();
  answered = 0;
  late = 0;
  refused = 0;
  readonly drained: Promise<void>;
  readonly #socket: Socket;
  readonly #templates: readonly RequestTemplate[];
  readonly #frameBytesMax: number;
  /** The opaque in flight in each slot, or 0. */
  readonly #opaques: number[];
  readonly #sentMs: Float64Array;
  readonly #free: number[] = [];
  readonly #spareBuffers: Buffer[] = [];
  readonly #resolveDrained: () => void;
  readonly #rejectDrained: (error: Error) => void;
  #nextRound: number[];
  #isStopping = false;

  constructor(socket: Socket, templates: readonly RequestTemplate[], slots: number) {
    this.#socket = socket;
    this.#templates = templates;
    this.#frameBytesMax = Math.max(...templates.map((template) => template.sizeBytes));
    this.#opaques = Array.from({ length: slots }, () => 0);
    this.#nextRound = Array.from({ length: slots }, () => 0);
    this.#sentMs = new Float64Array(slots);
    const { promise, resolve, reject } = createDeferred<void>();
    [this.drained, this.#resolveDrained, this.#rejectDrained] = [promise, resolve, reject];
    const reader = new AnswerReader((answer) => this.#take(answer));
    socket.on('data', (chunk) => this.#read(reader, chunk));
    socket.on('error', (error) => this.#rejectDrained(error));
    socket.on('close', () => this.#rejectDrained(new Error('the broker closed the connection')));
  }

  start(): void {
    for (let slot = 0; slot < this.#opaques.length; slot++) this.#free.push(slot);
    this.#sendFree();
  }

  /** Sends no more; `drained` ends when all answers are in. */
  stop(): void {
    this.#isStopping = true;
    if (this.#free.length === this.#opaques.length) this.#resolveDrained();
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(reader: AnswerReader, chunk: Buffer): void {
    try {
      reader.push(chunk);
    } catch (error) {
      this.#rejectDrained(error as Error);
      this.close();
      return;
    }
    if (!this.#isStopping) this.#sendFree();
    else if (this.#free.length === this.#opaques.length) this.#resolveDrained();
  }

  #take(answer: Answer): void {
    const slot = (answer.opaque - OPAQUE_BASE) % this.#opaques.length;
    if (this.#opaques[slot] !== answer.opaque)
      throw new Error(`an answer to opaque ${answer.opaque}, which is not in flight`);
    this.#opaques[slot] = 0;
    this.#free.push(slot);
    if (answer.code === BUSY_CODE) {
      this.refused++;
      return;
    }
    if (LATE_CODES.has(answer.code)) this.late++;
    else if (answer.code !== 0)
      throw new Error(`a send was answered ${answer.code}: ${parseHeader(answer).remark ?? ''}`);
    this.latencies.add(systemClock.monotonicMs() - (this.#sentMs[slot] ?? 0));
    this.answered++;
  }

  /** Hot: all requests of a turn leave in one buffer and one write. */
  #sendFree(): void {
    if (this.#free.length === 0) return;
    const buffer = this.#spareBuffers.pop() ?? Buffer.allocUnsafe(this.#frameBytesMax * this.#opaques.length);
    const nowMs = systemClock.monotonicMs();
    let end = 0;
    for (const slot of this.#free) {
      const round = this.#nextRound[slot] ?? 0;
      const opaque = OPAQUE_BASE + round * this.#opaques.length + slot;
      this.#nextRound[slot] = round + 1;
      this.#opaques[slot] = opaque;
      this.#sentMs[slot] = nowMs;
      const template = this.#templates[(opaque - OPAQUE_BASE) % this.#templates.length];
      if (template === undefined) throw new Error('no template');
      end = template.copyTo(buffer, end, opaque);
    }
    this.#free.length = 0;
    this.#socket.write(buffer.subarray(0, end), () => this.#spareBuffers.push(buffer));
  }
}

/** Runs `load` and reports what was answered between the first send and the end of the time. */
export async function runSendLoad(target: LoadTarget, load: SendLoad): Promise<LoadResult> {
  const connections = await openConnections(target, load);
  try {
    const endInterval = beginInterval(target);
    for (const connection of connections) connection.start();
    await Promise.race([untilDone(connections, load), ...connections.map((connection) => connection.drained)]);
    const latencies = new LatencyHistogram();
    let requests = 0;
    let late = 0;
    let refused = 0;
    for (const connection of connections) {
      latencies.addAll(connection.latencies);
      requests += connection.answered;
      late += connection.late;
      refused += connection.refused;
    }
    const size = load.batchSize;
    const result = endInterval({ messages: requests * size, late: late * size, refused: refused * size }, latencies);
    await drain(connections);
    return result;
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function openConnections(target: LoadTarget, load: SendLoad): Promise<SendConnection[]> {
  const slots = Math.max(1, Math.floor(load.inFlight / load.connections));
  const runKey = systemClock.nowMs().toString(16).toUpperCase().padStart(16, '0');
  const opening = Array.from({ length: load.connections }, async (_, index) => {
    const keyPrefix = `${runKey}${index.toString(16).padStart(6, '0')}`;
    const templates = targetsOf(load, index).map((queue) => sendTemplate({ ...load, ...queue }, keyPrefix));
    return new SendConnection(await openSocket(target.host, target.port), templates, slots);
  });
  return Promise.all(opening);
}

function targetsOf(load: SendLoad, connection: number): QueueTarget[] {
  if (load.targets !== undefined) return load.targets.filter((_, i) => i % load.connections === connection);
  return Array.from({ length: load.queues }, (_unused, queueId) => ({ topic: load.topic, queueId }));
}

function untilDone(connections: readonly SendConnection[], load: SendLoad): Promise<void> {
  const endMs = systemClock.monotonicMs() + load.durationMs;
  const requestsMax = (load.messagesMax ?? Infinity) / load.batchSize;
  return new Promise((resolve) => {
    const timer = systemClock.every(10, () => {
      const answered = connections.reduce((sum, connection) => sum + connection.answered, 0);
      if (systemClock.monotonicMs() < endMs && answered < requestsMax) return;
      timer.cancel();
      resolve();
    });
  });
}

async function drain(connections: readonly SendConnection[]): Promise<void> {
  for (const connection of connections) connection.stop();
  const { promise, reject } = createDeferred<never>();
  const timer = systemClock.after(DRAIN_TIMEOUT_MS, () =>
    reject(new Error(`answers are missing ${DRAIN_TIMEOUT_MS} ms after the last send`)),
  );
  try {
    await Promise.race([promise, Promise.all(connections.map((connection) => connection.drained))]);
  } finally {
    timer.cancel();
  }
}
