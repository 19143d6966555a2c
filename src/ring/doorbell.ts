/**
 * Wakes one thread that sleeps: the commitlog worker, rung by the main thread (and, on a slave, by the HA thread) after it has committed
 * entries or sent a control message; the HA thread, rung by the commitlog worker after it has written.
 *
 *     word 0  rings     counts rings, wraps; raised by those who ring
 *     word 1  sleeping  1 while the sleeper waits or is about to; written by the sleeper
 *
 * Why no wake-up is lost: the sleeper sets `sleeping`, then looks for work once more, then waits for `rings` to differ from what it
 * read before looking. Who rings commits first, then reads `sleeping`; if that is 0 the sleeper's second look comes later and
 * finds the entry, else the sleeper is rung.
 */

const RINGS = 0;
const SLEEPING = 1;

/** Makes the memory of a doorbell. */
export function allocateDoorbell(): SharedArrayBuffer {
  return new SharedArrayBuffer(64);
}

/** One doorbell; both ends use the same class. */
export class Doorbell {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** Wakes the sleeper if it sleeps. Cheap when it does not: one load. */
  ring(): void {
    if (Atomics.load(this.#words, SLEEPING) === 0) return;
    Atomics.add(this.#words, RINGS, 1);
    Atomics.notify(this.#words, RINGS);
  }

  /** Sleeper: blocks the thread until rung or `timeoutMs` have passed, unless `hasWork` finds some first. */
  wait(hasWork: () => boolean, timeoutMs: number): void {
    const seen = Atomics.load(this.#words, RINGS);
    Atomics.store(this.#words, SLEEPING, 1);
    if (!hasWork()) Atomics.wait(this.#words, RINGS, seen, timeoutMs);
    Atomics.store(this.#words, SLEEPING, 0);
  }

  /** Sleeper: as `wait`, but the thread's event loop runs meanwhile, for file operations in progress. */
  async waitAsync(hasWork: () => boolean, timeoutMs: number): Promise<void> {
    const seen = Atomics.load(this.#words, RINGS);
    Atomics.store(this.#words, SLEEPING, 1);
    if (!hasWork()) {
      const wait = Atomics.waitAsync(this.#words, RINGS, seen, timeoutMs);
      if (wait.async) await wait.value;
    }
    Atomics.store(this.#words, SLEEPING, 0);
  }

  /** Rings even if nobody seems to sleep: for another waiter of the same thread, such as a finished file operation. */
  ringAlways(): void {
    Atomics.add(this.#words, RINGS, 1);
    Atomics.notify(this.#words, RINGS);
  }
}
