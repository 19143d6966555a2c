/**
 * Wakes the commitlog worker: rung by the main thread after it has committed entries or sent a control message.
 *
 *     word 0  rings     counts rings, wraps; written by the main thread
 *     word 1  sleeping  1 while the worker waits or is about to; written by the worker
 *
 * Why no wake-up is lost: the worker sets `sleeping`, then looks for work once more, then waits for `rings` to differ from what it
 * read before looking. The main thread commits, then reads `sleeping`; if it reads 0 the worker's second look comes later and
 * finds the entry, else the worker is rung.
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

  /** Main thread: wakes the worker if it sleeps. Cheap when it does not: one load. */
  ring(): void {
    if (Atomics.load(this.#words, SLEEPING) === 0) return;
    Atomics.add(this.#words, RINGS, 1);
    Atomics.notify(this.#words, RINGS);
  }

  /** Worker: blocks the thread until rung or `timeoutMs` have passed, unless `hasWork` finds some first. */
  wait(hasWork: () => boolean, timeoutMs: number): void {
    const seen = Atomics.load(this.#words, RINGS);
    Atomics.store(this.#words, SLEEPING, 1);
    if (!hasWork()) Atomics.wait(this.#words, RINGS, seen, timeoutMs);
    Atomics.store(this.#words, SLEEPING, 0);
  }

  /** Worker: as `wait`, but the thread's event loop runs meanwhile, for file operations in progress. */
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
