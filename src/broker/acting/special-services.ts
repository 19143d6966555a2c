/**
 * The services that only one broker of a group runs: delivery of delayed messages, questions about transactions. Main thread.
 * Java: BrokerController.changeSpecialServiceStatus.
 * This is where a broker changes its role while it runs; whoever decides about roles calls `change`.
 * Invariant: changes are made one after the other, and the last one asked for holds.
 */
import type { Logger } from '../../base/log.js';

/** One that can be started again after it has been stopped. */
export interface SpecialService {
  start(): void;
  /** Settles when nothing of it is under way. */
  stop(): void | Promise<void>;
}

/** All of a broker's. */
export class SpecialServices {
  readonly #services: readonly SpecialService[];
  readonly #logger: Logger;
  #isRunning = false;
  #wanted = false;
  #changes: Promise<void> = Promise.resolve();

  constructor(services: readonly SpecialService[], logger: Logger) {
    this.#services = services;
    this.#logger = logger;
  }

  /** True from a start to the next stop. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Settles when it is so, or as a later call wanted it. Never rejects. */
  change(shouldRun: boolean): Promise<void> {
    this.#wanted = shouldRun;
    this.#changes = this.#changes.then(() => this.#change());
    return this.#changes;
  }

  async #change(): Promise<void> {
    if (this.#isRunning === this.#wanted) return;
    this.#isRunning = this.#wanted;
    this.#logger.info('delivery of delayed messages and questions about transactions', { isRunning: this.#isRunning });
    for (const service of this.#services) {
      if (this.#isRunning) service.start();
      else await service.stop();
    }
  }
}
