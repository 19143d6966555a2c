/**
 * Takes out clients that have sent no heartbeat for two minutes. Those whose connection closes leave at once, without this.
 * Main thread. Java: ClientHousekeepingService.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import type { ConsumerManager } from './consumer-manager.js';
import type { ProducerManager } from './producer-manager.js';

/** Time between two scans. Java: the same, as constants. */
const SCAN_INTERVAL_MS = 10_000;

/** Scans from `start` to `stop`. */
export class ClientHousekeepingService {
  readonly #clock: Clock;
  readonly #consumers: ConsumerManager;
  readonly #producers: ProducerManager;
  #timer: TimerHandle | undefined;

  constructor(clock: Clock, consumers: ConsumerManager, producers: ProducerManager) {
    this.#clock = clock;
    this.#consumers = consumers;
    this.#producers = producers;
  }

  /** First scan after one interval. */
  start(): void {
    this.#timer = this.#clock.every(SCAN_INTERVAL_MS, () => {
      this.#producers.scanNotActive();
      this.#consumers.scanNotActive();
    });
  }

  /** No scan from now on. */
  stop(): void {
    this.#timer?.cancel();
  }
}
