/**
 * Entry of the HA thread. Started with `{ settings, memory, port }`; says `listening` or `cannotListen`, and at the end `stopped`. Every bug
 * ends the thread with an error. Java: DefaultHAService's threads.
 */
import { type MessagePort, workerData } from 'node:worker_threads';

import { systemClock } from '../base/clock.js';
import type { LogFields, Logger, LogLevel } from '../base/log.js';
import { DefaultHaService, type HaServiceMemory } from '../ha/default-ha-service.js';
import type { HaSettings } from '../ha/ha-settings.js';
import { decodeToHaThread, encodeHaMessage, type FromHaThread, type ToHaThread } from './ha-control-message.js';

/** `workerData` of the thread; `port` is transferred. */
export interface HaWorkerData {
  readonly settings: HaSettings;
  readonly memory: HaServiceMemory;
  readonly port: MessagePort;
}

class HaWorker {
  readonly #port: MessagePort;
  readonly #service: DefaultHaService;

  constructor({ settings, memory, port }: HaWorkerData) {
    this.#port = port;
    this.#service = new DefaultHaService({
      settings,
      memory,
      clock: systemClock,
      logger: this.#createLogger(),
      onDivergence: (cut) => this.#post({ type: 'diverged', cut }),
    });
    port.on('message', (bytes: Uint8Array) => this.#onMessage(decodeToHaThread(bytes)));
  }

  async start(): Promise<void> {
    try {
      this.#post({ type: 'listening', port: await this.#service.start() });
    } catch (error) {
      this.#post({ type: 'cannotListen', reason: textOf(error) });
    }
  }

  #onMessage(message: ToHaThread): void {
    switch (message.type) {
      case 'updateHaMasterAddress':
        this.#service.updateHaMasterAddress(message.address);
        break;
      case 'runtimeInfo':
        this.#post({ type: 'runtimeInfo', id: message.id, info: this.#service.runtimeInfo() });
        break;
      case 'stop':
        void this.#stop();
        break;
    }
  }

  async #stop(): Promise<void> {
    await this.#service.stop();
    this.#post({ type: 'stopped' });
    this.#port.close();
  }

  #post(message: FromHaThread): void {
    this.#port.postMessage(encodeHaMessage(message));
  }

  /** Lines go to the main thread's logger, which knows the level and the sink. */
  #createLogger(): Logger {
    const write =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void =>
        this.#post({ type: 'log', level, message, fields: fields === undefined ? undefined : plainFields(fields) });
    const logger: Logger = {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: () => logger,
    };
    return logger;
  }
}

/** Errors do not travel; their texts do. */
function plainFields(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? textOf(value) : value]),
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

await new HaWorker(workerData as HaWorkerData).start();
