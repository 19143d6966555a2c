/**
 * The pool for work that is heavy and can run apart, started when first needed. Any thread. Java: none.
 * Invariant: a task keeps no state; ending the pool ends its threads.
 */
import { fileURLToPath } from 'node:url';

import type { Piscina } from 'piscina';

/** Threads of a pool whose owner does not say; they end when idle for {@link IDLE_MS}. */
const THREADS_MAX = 2;
const IDLE_MS = 10_000;

/** A lazily started piscina; loading it takes longer than the broker's start, so nothing loads it before the first task. */
export class TaskPool {
  readonly threadsMax: number;
  #pool: Promise<Piscina> | undefined;

  constructor(threadsMax: number = THREADS_MAX) {
    this.threadsMax = threadsMax;
  }

  /** Runs the function that the module at `url` exports as `name` with `task`, on a thread of the pool. */
  async run<Result>(url: URL, name: string, task: unknown): Promise<Result> {
    this.#pool ??= startPool(this.threadsMax);
    const pool = await this.#pool;
    return (await pool.run(task, { filename: fileURLToPath(url), name })) as Result;
  }

  /** Ends the threads; tasks that wait are rejected. */
  async close(): Promise<void> {
    const pool = await this.#pool;
    // A thread that ends its task meanwhile is unexpected to piscina, which would throw on its own.
    pool?.on('error', ignoreLateResult);
    await pool?.destroy();
  }
}

function ignoreLateResult(): void {
  return;
}

async function startPool(threadsMax: number): Promise<Piscina> {
  const { Piscina: PiscinaClass } = await import('piscina');
  return new PiscinaClass({ minThreads: 0, maxThreads: threadsMax, idleTimeout: IDLE_MS });
}
