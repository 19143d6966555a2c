/**
 * A producer: keeps a number of requests in flight over some connections, as fast as the answers come or at a fixed rate. Generator's thread.
 * Java: DefaultMQProducer, Apache's benchmark Producer.
 * Invariant: never more requests in flight than asked for, over all connections together.
 */
import type { Clock } from '../base/clock.js';
import { createDeferred } from '../base/deferred.js';
import type { Answer } from './answer-reader.js';
import type { LoadRecorder } from './load-recorder.js';
import type { ServerAddress } from './load-socket.js';
import type { Load } from './measurement.js';
import { SendConnection, type SendOwner, type SendShare } from './send-connection.js';
import { SendSchedule } from './send-schedule.js';
import { type QueueTarget, sendTemplate } from './send-template.js';

/** A broker and the queues on it that the load is about. */
export interface BrokerQueues extends ServerAddress {
  readonly queues: readonly QueueTarget[];
}

/** What to send. */
export interface SendOptions {
  readonly brokers: readonly BrokerQueues[];
  readonly bodyBytes: number;
  /** Requests in flight over all connections; with `sync`, one a connection and no more. */
  readonly inFlight: number;
  readonly connections: number;
  /** Messages a request; more than 1 sends batches. */
  readonly batchSize: number;
  readonly mode: 'sync' | 'async' | 'oneway';
  /** In turn; none: messages without tags. */
  readonly tags: readonly string[];
  /** 0: none. */
  readonly delayLevel: number;
  /** Absent: as fast as answers come. */
  readonly messagesPerSecond?: number | undefined;
  /** Each message of a batch has a unique key of its own. */
  readonly distinctKeys?: boolean;
  /** See MessageShape.runMark. */
  readonly runMark?: Buffer;
}

const CONNECTIONS_OPENING_MAX = 64;

/** Called with answers to what was written with `writeOther`. */
export type OtherAnswerListener = (connection: SendConnection, answer: Answer) => void;

/** See the top of this file. */
export class SendLoad implements Load, SendOwner {
  readonly clock: Clock;
  readonly schedule: SendSchedule;
  readonly recorder: LoadRecorder;
  readonly countsAnswers: boolean;
  readonly failed: Promise<never>;
  readonly drained: Promise<void>;
  readonly messagesPerRequest: number;
  connections: readonly SendConnection[] = [];
  storedRequests = 0;
  /** Set by who writes other requests. */
  otherAnswered: OtherAnswerListener = () => undefined;
  readonly #inFlightMax: number;
  /** Fewer requests than connections: they go round. */
  readonly #isRotating: boolean;
  /** Connections in the order in which they are to send next, when requests go round. */
  readonly #waiting: SendConnection[] = [];
  #firstWaiting = 0;
  #inFlight = 0;
  #turn = 0;
  #isStopping = false;
  readonly #resolveDrained: () => void;
  readonly #fail: (error: Error) => void;

  private constructor(options: SendOptions, recorder: LoadRecorder, clock: Clock) {
    const { inFlight, connections, mode, batchSize, messagesPerSecond } = options;
    [this.recorder, this.clock, this.messagesPerRequest] = [recorder, clock, batchSize];
    this.countsAnswers = options.runMark === undefined;
    this.schedule = new SendSchedule(
      clock,
      messagesPerSecond === undefined ? undefined : messagesPerSecond / batchSize,
    );
    this.#inFlightMax = mode === 'sync' ? connections : inFlight;
    this.#isRotating = this.#inFlightMax < connections;
    const failure = createDeferred<never>();
    failure.promise.catch(() => undefined);
    [this.failed, this.#fail] = [failure.promise, failure.reject];
    const drain = createDeferred<void>();
    [this.drained, this.#resolveDrained] = [drain.promise, drain.resolve];
  }

  /** Opens all connections. Rejects with UnreachableError. */
  static async open(options: SendOptions, recorder: LoadRecorder, clock: Clock): Promise<SendLoad> {
    const load = new SendLoad(options, recorder, clock);
    const runKey = clock.nowMs().toString(16).toUpperCase().padStart(16, '0');
    const connections: SendConnection[] = [];
    try {
      for (let index = 0; index < options.connections; index += CONNECTIONS_OPENING_MAX) {
        const many = Math.min(CONNECTIONS_OPENING_MAX, options.connections - index);
        const opening = Array.from({ length: many }, async (_, i) => {
          connections.push(
            await load.#openOne(options, index + i, `${runKey}${(index + i).toString(16).padStart(6, '0')}`),
          );
        });
        // All of them, so that those that opened beside a failed one are closed too.
        const failure = (await Promise.allSettled(opening)).find(({ status }) => status === 'rejected');
        if (failure?.status === 'rejected') throw failure.reason as Error;
      }
    } catch (error) {
      for (const connection of connections) connection.close();
      throw error;
    }
    load.connections = connections;
    load.#waiting.push(...(load.#isRotating ? connections : []));
    return load;
  }

  #openOne(options: SendOptions, index: number, keyPrefix: string): Promise<SendConnection> {
    const { brokers, connections, batchSize, bodyBytes, tags, mode } = options;
    const broker = brokers[index % brokers.length];
    if (broker === undefined) throw new Error('no broker');
    const least = Math.floor(this.#inFlightMax / connections);
    const slots = this.#isRotating ? 1 : least + (index < this.#inFlightMax % connections ? 1 : 0);
    const ofBroker = Math.floor(index / brokers.length);
    const connectionsOfBroker = Math.ceil((connections - (index % brokers.length)) / brokers.length);
    const share: SendShare = {
      templates: sharedQueues(broker.queues, ofBroker, connectionsOfBroker, options).map(({ queue, tag }) =>
        sendTemplate(queue, { ...options, tag, isOneway: mode === 'oneway' }, keyPrefix),
      ),
      slots,
      messagesPerRequest: batchSize,
      bodyBytesPerRequest: batchSize * bodyBytes,
      isOneway: mode === 'oneway',
    };
    return SendConnection.open(broker, share, this, tags.length > 1 ? 0 : ofBroker);
  }

  start(): void {
    this.schedule.start(() => this.#spread());
    if (!this.schedule.isRated) this.#spread();
  }

  stop(): void {
    this.#isStopping = true;
    this.schedule.stop();
    if (this.#inFlight === 0) this.#resolveDrained();
  }

  limitTo(messages: number): void {
    this.schedule.limitTo(Math.ceil(messages / this.messagesPerRequest));
  }

  get isDone(): boolean {
    return this.schedule.isExhausted && this.#inFlight === 0;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Messages that were due and were never sent. */
  get behindMessages(): number {
    return this.schedule.behind * this.messagesPerRequest;
  }

  /** Counts what is still unanswered as failed. */
  giveUp(): void {
    const missing = this.#inFlight * this.messagesPerRequest;
    if (missing > 0) this.recorder.failedWith('NO_ANSWER', missing, `${missing} messages were not answered`);
  }

  close(): void {
    this.schedule.stop();
    for (const connection of this.connections) connection.close();
  }

  lost(error: Error): void {
    this.#fail(error);
  }

  freed(connection: SendConnection, count: number): void {
    this.#inFlight -= count;
    if (this.recorder.isHopeless) this.#fail(new Error(`nothing can be sent: ${this.recorder.firstFailure}`));
    if (this.#isStopping) {
      if (this.#inFlight === 0) this.#resolveDrained();
      return;
    }
    if (this.#isRotating) {
      this.#waiting.push(connection);
      this.#sendRound();
    } else {
      this.#inFlight += connection.send(connection.free);
    }
  }

  /** Hands what is due to the connections, beginning with another one each time. */
  #spread(): void {
    if (this.#isRotating) {
      this.#sendRound();
      return;
    }
    const { connections } = this;
    this.#turn = (this.#turn + 1) % connections.length;
    for (let i = 0; i < connections.length; i++) {
      const { available } = this.schedule;
      if (available <= 0) return;
      const connection = connections[(this.#turn + i) % connections.length];
      const fairShare = Math.ceil(available / (connections.length - i));
      this.#inFlight += connection?.send(fairShare) ?? 0;
    }
  }

  /** One request for each of the next connections. */
  #sendRound(): void {
    while (this.#inFlight < this.#inFlightMax && this.schedule.available > 0) {
      const connection = this.#waiting[this.#firstWaiting];
      if (connection === undefined) break;
      this.#firstWaiting++;
      this.#inFlight += connection.send(1);
    }
    if (this.#firstWaiting > this.connections.length) {
      this.#waiting.splice(0, this.#firstWaiting);
      this.#firstWaiting = 0;
    }
  }
}

interface TaggedQueue {
  readonly queue: QueueTarget;
  readonly tag: string | undefined;
}

/**
 * The queues of one of several connections, each with each tag. All queues where they are few; where there are many, so that the templates of all
 * connections would need much memory, they are dealt out.
 */
function sharedQueues(
  queues: readonly QueueTarget[],
  connection: number,
  connections: number,
  { tags }: SendOptions,
): TaggedQueue[] {
  const own =
    queues.length <= QUEUES_OF_EACH_MAX || queues.length < connections
      ? queues
      : queues.filter((_, i) => i % connections === connection);
  const each = tags.length === 0 ? [undefined] : tags;
  return own.flatMap((queue) => each.map((tag) => ({ queue, tag })));
}

/** With more queues than these a connection sends to a part of them. */
const QUEUES_OF_EACH_MAX = 64;
