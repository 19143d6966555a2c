/**
 * The turns of the commitlog worker: messages from the main thread, a batch from the ring, housekeeping, sleep. Commitlog worker.
 * Java: ServiceThread.
 * Invariant: it never sleeps longer than a second, so that `workerTurns` tells a live worker from a stuck one.
 */
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';

import type { Clock } from '../base/clock.js';
import type { Doorbell } from '../ring/doorbell.js';
import { StatusWord } from '../ring/store-status-page.js';
import type { CommitlogStore } from './commitlog-store.js';
import type { ToWorker } from './control-message.js';

const SLEEP_MS_MAX = 1000;
/** Under load the event loop runs after so many batches, for file operations under way. */
const BATCHES_PER_YIELD = 16;

/** What a loop works with. */
export interface CommitlogLoopParts {
  readonly store: CommitlogStore;
  readonly doorbell: Doorbell;
  readonly clock: Clock;
  /** The next control message, if there is one. */
  readonly receive: () => ToWorker | undefined;
}

/** Turns until it is told to stop. */
export class CommitlogLoop {
  readonly #parts: CommitlogLoopParts;
  /** A message that was found while looking whether to sleep. */
  #received: ToWorker | undefined;
  #isStopping = false;
  #turns = 0;

  constructor(parts: CommitlogLoopParts) {
    this.#parts = parts;
  }

  /** Ends after `stop`, when the ring is empty. */
  async run(): Promise<void> {
    const { store, clock } = this.#parts;
    for (;;) {
      store.status.set(StatusWord.workerTurns, ++this.#turns);
      this.#handleControlMessages();
      const hadPuts = store.drain.run();
      const hadWork = (store.replica?.run() ?? false) || hadPuts;
      store.flusher.tick(clock.monotonicMs());
      store.cleaner.tick(clock.monotonicMs());
      if (hadWork) {
        if (this.#isStoreBusy && this.#turns % BATCHES_PER_YIELD === 0) await nextTurnOfEventLoop();
      } else if (this.#isStopping) {
        return;
      } else {
        await this.#sleep();
      }
    }
  }

  get #isStoreBusy(): boolean {
    const { flusher, cleaner } = this.#parts.store;
    return flusher.isBusy || cleaner.isBusy;
  }

  async #sleep(): Promise<void> {
    const { store, doorbell, clock } = this.#parts;
    const dueMs = Math.min(store.flusher.nextDueMs(), store.cleaner.nextDueMs());
    const timeoutMs = Math.min(SLEEP_MS_MAX, Math.max(0, dueMs - clock.monotonicMs()));
    // Waiting blocks the thread, which is quickest to wake; callbacks of file operations need the event loop.
    if (this.#isStoreBusy) await doorbell.waitAsync(this.#hasWork, timeoutMs);
    else doorbell.wait(this.#hasWork, timeoutMs);
  }

  readonly #hasWork = (): boolean => {
    const { store } = this.#parts;
    if (store.ring.peek() >= 0 || store.replica?.hasWork === true) return true;
    this.#received ??= this.#parts.receive();
    return this.#received !== undefined;
  };

  #handleControlMessages(): void {
    this.#received ??= this.#parts.receive();
    const message = this.#received;
    this.#received = undefined;
    if (message === undefined) return;
    if (message.type === 'stop') this.#isStopping = true;
    else if (message.type === 'expire') this.#parts.store.cleaner.expire(message.id, message.limits);
    else this.#parts.store.answerIndex(message.id, message.keyHash);
  }
}
