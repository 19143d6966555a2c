/**
 * Tells those concerned that entries of a table have changed, and knows when all of them are done with it. Main thread.
 * Java: the persist() and registerBrokerData() calls behind every change of TopicConfigManager and SubscriptionGroupManager.
 * Invariant: a listener's failure is logged and keeps no other listener from being told.
 */
import type { Logger } from '../base/log.js';

/** Told which entries are new or different; a promise settles when the change is on disk, in the route, or wherever it has to be. */
export type ChangeListener<T> = (changed: readonly T[]) => void | Promise<unknown>;

/** The listeners of one table. */
export class ChangeAnnouncer<T> {
  readonly #listeners: ChangeListener<T>[] = [];
  readonly #logger: Logger;
  #pending = 0;
  #lastChange: Promise<void> = Promise.resolve();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Calls `listener` after every change. */
  onChange(listener: ChangeListener<T>): void {
    this.#listeners.push(listener);
  }

  /** Tells all listeners at once. */
  announce(changed: readonly T[]): void {
    const work = this.#listeners.map((listener) => this.#tell(listener, changed));
    this.#pending += 1;
    this.#lastChange = Promise.all([this.#lastChange, ...work]).then(() => {
      this.#pending -= 1;
    });
  }

  /** True when every listener is done with every change so far. */
  get isSettled(): boolean {
    return this.#pending === 0;
  }

  /** Settles, never rejects, when the changes made so far are where they have to be. */
  settled(): Promise<void> {
    return this.#lastChange;
  }

  async #tell(listener: ChangeListener<T>, changed: readonly T[]): Promise<void> {
    try {
      await listener(changed);
    } catch (error) {
      this.#logger.error('a change of a table could not be passed on', { error });
    }
  }
}
