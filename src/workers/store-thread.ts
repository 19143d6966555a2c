/**
 * Starts, talks to and watches the commitlog worker. Main thread. Java: none.
 * Invariant: the worker's end is noticed once: as `stopped` if it was asked to, else as a failure with its cause.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

import type { Logger } from '../base/log.js';
import type { IndexFileState } from '../index/index-set.js';
import type { Doorbell } from '../ring/doorbell.js';
import {
  decodeFromWorker,
  encodeControlMessage,
  type ExpiryLimits,
  type FromWorker,
  type OpenedQueue,
  type QueueState,
  type RetentionMessage,
  type StoreMemory,
  type StoreSettings,
  type ToWorker,
} from './control-message.js';
import type { Refusal } from './write-refusal.js';

/** The worker that owns the store's files. */
export const COMMITLOG_WORKER_URL = new URL('./commitlog-worker.js', import.meta.url);

/** What the thread's owner is told. */
export interface StoreThreadEvents {
  /** Writes are refused from now on, or accepted again. */
  onRefusal(refusal: Refusal | undefined): void;
  /** The DELETE_TOPIC entry of this id is carried out, or has failed with `error`. */
  onTopicDeleted(id: number, error: string | undefined): void;
  /** A slave's worker gives results with a new key from now on. */
  onQueueOpened(queue: OpenedQueue): void;
  /** Segments were deleted, or queues begin later. */
  onRetention(message: RetentionMessage): void;
  /** The answer to `askIndex`. */
  onIndexStates(id: number, states: readonly IndexFileState[] | string): void;
  /** The worker has ended without having been asked to. */
  onFailure(cause: Error): void;
}

/** The commitlog worker as the main thread sees it. */
export class StoreThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #doorbell: Doorbell;
  readonly #logger: Logger;
  readonly #events: StoreThreadEvents;
  readonly #ready: Promise<readonly QueueState[]>;
  readonly #exited: Promise<void>;
  #settleReady: { resolve(queues: readonly QueueState[]): void; reject(error: Error): void } | undefined;
  #stopRequested = false;
  #failure: Error | undefined;

  constructor(
    workerUrl: URL,
    { settings, memory }: { settings: StoreSettings; memory: StoreMemory },
    doorbell: Doorbell,
    logger: Logger,
    events: StoreThreadEvents,
  ) {
    this.#doorbell = doorbell;
    this.#logger = logger;
    this.#events = events;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(workerUrl, {
      workerData: { settings, memory, port: port2 },
      transferList: [port2],
      name: 'commitlog',
    });
    this.#ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#onExit(code);
        resolve();
      });
    });
    this.#worker.once('error', (error) => {
      this.#failure = error;
    });
    this.#port.on('message', (bytes: Uint8Array) => this.#onMessage(decodeFromWorker(bytes)));
  }

  /** The queues found by recovery; rejects when the store cannot be opened (locked, unreadable, damaged beyond use). */
  ready(): Promise<readonly QueueState[]> {
    return this.#ready;
  }

  /** Takes the messages that are there already, without waiting for the event loop's turn: they were sent before results that speak of them. */
  takeMessages(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#onMessage(decodeFromWorker(received.message as Uint8Array));
    }
  }

  /** Asks where a search of the index begins; `onIndexStates` is called with the same id. */
  askIndex(id: number, keyHash: number): void {
    this.#send({ type: 'askIndex', id, keyHash });
  }

  /** Asks for old segments to be deleted; `onRetention` is called with the same id. */
  expire(id: number, limits: ExpiryLimits): void {
    this.#send({ type: 'expire', id, limits });
  }

  /** Asks the worker to end in order and waits until its thread is gone. */
  async stop(): Promise<void> {
    if (!this.#stopRequested) {
      this.#stopRequested = true;
      this.#send({ type: 'stop' });
    }
    await this.#exited;
    this.#port.close();
  }

  /** Ends the thread at once, as a crash would. For a worker that cannot start. */
  async terminate(): Promise<void> {
    this.#stopRequested = true;
    await this.#worker.terminate();
    await this.#exited;
    this.#port.close();
  }

  #send(message: ToWorker): void {
    this.#port.postMessage(encodeControlMessage(message));
    // The worker may be asleep on the doorbell, where it does not see the port.
    this.#doorbell.ringAlways();
  }

  #onMessage(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.#settleReady?.resolve(message.queues);
        break;
      case 'recovering':
        this.#logger.info(`recovering the store: ${percentOf(message.doneBytes, message.totalBytes)} %`, {
          doneBytes: message.doneBytes,
          totalBytes: message.totalBytes,
        });
        break;
      case 'topicDeleted':
        this.#events.onTopicDeleted(message.id, message.error);
        break;
      case 'queueOpened':
        this.#events.onQueueOpened(message.queue);
        break;
      case 'refuseWrites':
        this.#logRefusal(message.refusal);
        this.#events.onRefusal(message.refusal);
        break;
      case 'indexStates':
        this.#events.onIndexStates(message.id, message.states);
        break;
      case 'queuesExpired':
      case 'expired':
        this.#events.onRetention(message);
        break;
      case 'log':
        if (message.level !== 'silent') this.#logger[message.level](message.message);
        break;
      case 'stopped':
        break;
    }
  }

  /** A line at each change, and none for what is refused in between. */
  #logRefusal(refusal: Refusal | undefined): void {
    if (refusal === undefined) this.#logger.warn('messages are accepted again');
    else if (refusal.isForGood) {
      this.#logger.error(`messages are refused until the broker is started again: ${refusal.reason}`);
    } else this.#logger.error(`messages are refused until it can be written again: ${refusal.reason}`);
  }

  #onExit(code: number): void {
    const cause = this.#failure ?? new Error(`the commitlog worker ended with code ${code}`);
    this.#settleReady?.reject(cause);
    if (!this.#stopRequested || this.#failure !== undefined) this.#events.onFailure(cause);
  }
}

function percentOf(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100);
}
