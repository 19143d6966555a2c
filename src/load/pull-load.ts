/**
 * A consumer that catches up: reads queues from their beginning, once or over and over, or waits at their ends in long polls. Generator's thread.
 * Java: what DefaultMQPushConsumer does when it lags, and when it does not.
 * Invariant: each answer moves its queue to where the answer says.
 */
import type { Clock } from '../base/clock.js';
import { createDeferred } from '../base/deferred.js';
import { ResponseCode } from '../remoting/response-code.js';
import { type Answer, parseHeader } from './answer-reader.js';
import { maxOffset, minOffset } from './broker-topics.js';
import type { LoadRecorder } from './load-recorder.js';
import type { Load } from './measurement.js';
import {
  nextBeginOffset,
  PullConnection,
  type PullOwner,
  type PullShape,
  type QueueCursor,
} from './pull-connection.js';
import { RequestClient } from './request-client.js';
import type { BrokerQueues } from './send-load.js';

/** What to pull. */
export interface PullOptions {
  readonly brokers: readonly BrokerQueues[];
  readonly connections: number;
  readonly shape: PullShape;
  /**
   * `once`: each queue from its begin to where its end is now, by one of the connections; `endless`: by each connection, again and again;
   * `waiting`: each queue from its end on, by one of the connections.
   */
  readonly way: 'once' | 'endless' | 'waiting';
  /** Told of the records of each answer; without it, they are counted as pulled. */
  readonly arrived?: (answer: Answer, nowMs: number) => void;
}

const RETRY_MS = 100;
const OFFSETS_ASKED_MAX = 64;

/** See the top of this file. */
export class PullLoad implements Load, PullOwner {
  readonly clock: Clock;
  readonly failed: Promise<never>;
  readonly drained: Promise<void>;
  readonly behindMessages = 0;
  readonly #options: PullOptions;
  readonly #recorder: LoadRecorder;
  readonly #resolveDrained: () => void;
  readonly #fail: (error: Error) => void;
  readonly #connections: PullConnection[] = [];
  #cursorsLeft = 0;
  #messagesMax = Infinity;
  #isStopping = false;

  private constructor(options: PullOptions, recorder: LoadRecorder, clock: Clock) {
    [this.#options, this.#recorder, this.clock] = [options, recorder, clock];
    const failure = createDeferred<never>();
    failure.promise.catch(() => undefined);
    [this.failed, this.#fail] = [failure.promise, failure.reject];
    const drain = createDeferred<void>();
    [this.drained, this.#resolveDrained] = [drain.promise, drain.resolve];
  }

  /** Asks for the ends of all queues and connects. Rejects with UnreachableError, and when there is nothing to read. */
  static async open(options: PullOptions, recorder: LoadRecorder, clock: Clock): Promise<PullLoad> {
    const load = new PullLoad(options, recorder, clock);
    try {
      for (const [index, broker] of options.brokers.entries()) {
        const many = Math.ceil((options.connections - index) / options.brokers.length);
        await load.#openBroker(broker, many);
      }
    } catch (error) {
      load.close();
      throw error;
    }
    if (load.#cursorsLeft > 0) return load;
    load.close();
    const topics = [...new Set(options.brokers.flatMap(({ queues }) => queues.map(({ topic }) => topic)))];
    throw new Error(
      `there is nothing to read in ${topics.slice(0, 3).join(', ')}: send something first, or use --prepare`,
    );
  }

  async #openBroker(broker: BrokerQueues, connections: number): Promise<void> {
    const { way, shape } = this.#options;
    const all = await readCursors(broker, way === 'waiting');
    const cursors = way === 'waiting' ? all : all.filter(({ begin, end }) => end > begin);
    const many = way === 'endless' ? connections : Math.min(connections, cursors.length);
    for (let index = 0; index < many; index++) {
      const own = way === 'endless' ? cursors : cursors.filter((_, i) => i % many === index);
      if (own.length === 0) continue;
      const copies = own.map((cursor) => ({ ...cursor }));
      this.#cursorsLeft += copies.length;
      this.#connections.push(await PullConnection.open(broker, shape, copies, this));
    }
  }

  start(): void {
    for (const connection of this.#connections) connection.start();
  }

  stop(): void {
    this.#isStopping = true;
    // Long polls hang as long as they like.
    if (this.#options.way === 'waiting' || this.#inFlight === 0) this.#resolveDrained();
  }

  limitTo(messages: number): void {
    this.#messagesMax = messages;
  }

  get isDone(): boolean {
    return this.#cursorsLeft === 0 || this.#recorder.messages >= this.#messagesMax;
  }

  giveUp(): void {
    if (this.#options.way === 'waiting' || this.#inFlight === 0) return;
    this.#recorder.failedWith('NO_ANSWER', this.#inFlight, `${this.#inFlight} pulls were not answered`);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  lost(error: Error): void {
    this.#fail(error);
  }

  get #inFlight(): number {
    return this.#connections.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  pulled(connection: PullConnection, cursor: QueueCursor, answer: Answer, latencyMs: number, nowMs: number): boolean {
    switch (answer.code) {
      case ResponseCode.SUCCESS:
        this.#found(cursor, answer, latencyMs, nowMs);
        break;
      case ResponseCode.PULL_NOT_FOUND:
      case ResponseCode.PULL_RETRY_IMMEDIATELY:
      case ResponseCode.PULL_OFFSET_MOVED:
        this.#foundNothing(cursor, answer);
        break;
      default:
        this.#refused(connection, cursor, answer);
        return false;
    }
    return this.#goesOn(cursor);
  }

  #found(cursor: QueueCursor, answer: Answer, latencyMs: number, nowMs: number): void {
    const { arrived } = this.#options;
    if (arrived !== undefined) arrived(answer, nowMs);
    else this.#recorder.answered(latencyMs, countRecords(answer), answer.end - answer.bodyAt);
    const next = nextBeginOffset(answer);
    if (next <= cursor.offset)
      throw new Error(`a pull from offset ${cursor.offset} found messages and goes on at ${next}`);
    cursor.offset = next;
  }

  /** At the end, or past messages that the tags leave out. */
  #foundNothing(cursor: QueueCursor, answer: Answer): void {
    const next = nextBeginOffset(answer);
    const hasMoved = next > cursor.offset;
    if (hasMoved || this.#options.way === 'waiting') cursor.offset = next < 0 ? cursor.offset : next;
    else cursor.offset = this.#options.way === 'once' ? cursor.end : cursor.begin;
  }

  #refused(connection: PullConnection, cursor: QueueCursor, answer: Answer): void {
    const { code } = answer;
    if (code === ResponseCode.SYSTEM_BUSY || code === ResponseCode.SERVICE_NOT_AVAILABLE) this.#recorder.refused++;
    else this.#recorder.failedWith(code, 1, parseHeader(answer).remark ?? '');
    if (this.#recorder.isHopeless) this.#fail(new Error(`nothing can be pulled: ${this.#recorder.firstFailure}`));
    this.clock.after(RETRY_MS, () => {
      if (this.#goesOn(cursor)) connection.resume(cursor);
    });
  }

  #goesOn(cursor: QueueCursor): boolean {
    if (this.#isStopping) {
      if (this.#inFlight === 0) this.#resolveDrained();
      return false;
    }
    if (this.#options.way !== 'once' || cursor.offset < cursor.end) return true;
    this.#cursorsLeft--;
    return false;
  }
}

function countRecords({ bytes, bodyAt, end }: Answer): number {
  let count = 0;
  for (let at = bodyAt; at < end; at += bytes.readUInt32BE(at)) count++;
  return count;
}

async function readCursors(broker: BrokerQueues, isWaiting: boolean): Promise<QueueCursor[]> {
  const client = await RequestClient.open(broker.host, broker.port);
  try {
    const cursors: QueueCursor[] = [];
    for (let at = 0; at < broker.queues.length; at += OFFSETS_ASKED_MAX) {
      const asked = broker.queues.slice(at, at + OFFSETS_ASKED_MAX).map(async (queue) => {
        const begin = await minOffset(client, queue.topic, queue.queueId);
        const end = await maxOffset(client, queue.topic, queue.queueId);
        return { queue, begin, end, offset: isWaiting ? end : begin };
      });
      cursors.push(...(await Promise.all(asked)));
    }
    return cursors;
  } finally {
    client.close();
  }
}
