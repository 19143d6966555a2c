/**
 * Starts, talks to and watches the HA thread; and makes puts wait for slaves. Main thread. Java: HAService, as DefaultMessageStore and
 * BrokerController see it.
 * Invariant: the thread's end is noticed once: as `stopped` if it was asked to, else as a failure with its cause.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';

import type { Logger } from '../base/log.js';
import type { LogCut } from '../commitlog/log-cut.js';
import type { HaServiceMemory } from '../ha/default-ha-service.js';
import type { HaRuntimeInfo } from '../ha/ha-runtime-info.js';
import type { HaSettings } from '../ha/ha-settings.js';
import { decodeFromHaThread, encodeHaMessage, type FromHaThread, type ToHaThread } from './ha-control-message.js';

const HA_WORKER_URL = new URL('./ha-worker.js', import.meta.url);

/** What a thread is started with. */
export interface HaThreadOptions {
  readonly settings: HaSettings;
  readonly memory: HaServiceMemory;
  readonly logger: Logger;
  /** The thread has ended without having been asked to. */
  readonly onFailure: (cause: Error) => void;
  /** See FromHaThread. */
  readonly onDivergence: (cut: LogCut) => void;
}

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** The HA thread as the main thread sees it. */
export class HaThread {
  readonly #options: HaThreadOptions;
  readonly #runtimeInfos = new Map<number, Waiter<HaRuntimeInfo>>();
  #nextId = 1;
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  #exited: Promise<void> = Promise.resolve();
  #listening: Waiter<number> | undefined;
  #isStopping = false;
  #failure: Error | undefined;

  constructor(options: HaThreadOptions) {
    this.#options = options;
  }

  /** Starts the thread and resolves with the port on which it listens for slaves; rejects when it cannot. */
  start(): Promise<number> {
    const { settings, memory } = this.#options;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const worker = new Worker(HA_WORKER_URL, {
      workerData: { settings, memory, port: port2 },
      transferList: [port2],
      name: 'ha',
    });
    this.#worker = worker;
    worker.once('error', (error) => {
      this.#failure = error;
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#onExit(code);
        resolve();
      });
    });
    port1.on('message', (bytes: Uint8Array) => this.#onMessage(decodeFromHaThread(bytes)));
    return new Promise((resolve, reject) => {
      this.#listening = { resolve, reject };
    });
  }

  /** On a slave: where its master listens for slaves; holds from the next connection on. */
  updateHaMasterAddress(address: string | undefined): void {
    this.#send({ type: 'updateHaMasterAddress', address });
  }

  /** How replication stands; rejects when the thread is gone. */
  runtimeInfo(): Promise<HaRuntimeInfo> {
    if (this.#port === undefined) return Promise.reject(new Error('replication has not been started'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#runtimeInfos.set(id, { resolve, reject });
      this.#send({ type: 'runtimeInfo', id });
    });
  }

  /** Closes all connections and waits until the thread is gone; at once if it was never started. */
  async stop(): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#send({ type: 'stop' });
    }
    await this.#exited;
    this.#port?.close();
  }

  /** Ends the thread by force. */
  async terminate(): Promise<void> {
    this.#isStopping = true;
    await this.#worker?.terminate();
    await this.#exited;
    this.#port?.close();
  }

  #send(message: ToHaThread): void {
    this.#port?.postMessage(encodeHaMessage(message));
  }

  #onMessage(message: FromHaThread): void {
    switch (message.type) {
      case 'listening':
        this.#listening?.resolve(message.port);
        break;
      case 'cannotListen':
        this.#listening?.reject(new Error(`cannot listen for slaves (haListenPort): ${message.reason}`));
        break;
      case 'runtimeInfo':
        this.#runtimeInfos.get(message.id)?.resolve(message.info);
        this.#runtimeInfos.delete(message.id);
        break;
      case 'log':
        if (message.level !== 'silent') this.#options.logger[message.level](message.message, message.fields);
        break;
      case 'diverged':
        if (!this.#isStopping) this.#options.onDivergence(message.cut);
        break;
      case 'stopped':
        break;
    }
  }

  #onExit(code: number): void {
    const cause = this.#failure ?? new Error(`the HA thread ended with code ${code}`);
    this.#listening?.reject(cause);
    for (const waiter of this.#runtimeInfos.values()) waiter.reject(cause);
    this.#runtimeInfos.clear();
    if (!this.#isStopping || this.#failure !== undefined) this.#options.onFailure(cause);
  }
}
