/**
 * The scans that wait for the pool or run in it: a bounded number at once, one a queue, the queues in turn. Main thread. Java: none (its pull
 * threads scan themselves).
 * Invariant: at most SCANS_IN_FLIGHT_MAX tasks are in the pool, so that what else needs it waits for one scan at the most.
 */
import { RequestError } from '../base/errors.js';
import type { FilterScanResult, FilterScanTask } from './filter-scan-task.js';
import type { TaskPool } from './task-pool.js';

const TASK_URL = new URL('./filter-scan-task.js', import.meta.url);
/** As many as the pool has threads. */
export const SCANS_IN_FLIGHT_MAX = 2;
/** Scans that wait; one more is answered SYSTEM_BUSY, and its client comes back after some seconds. */
export const SCANS_WAITING_MAX = 4_096;
/** Java: ResponseCode.SYSTEM_BUSY. */
const SYSTEM_BUSY = 2;

interface WaitingScan {
  readonly task: FilterScanTask;
  readonly resolve: (result: FilterScanResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  readonly waiting: WaitingScan[];
  isRunning: boolean;
}

/** See the file's comment. */
export class FilterScans {
  readonly #pool: Pick<TaskPool, 'run'>;
  /** By queue; a queue that has had its turn goes to the end. */
  readonly #lanes = new Map<number, Lane>();
  #inFlight = 0;
  #waitingCount = 0;
  #isStopped = false;

  constructor(pool: Pick<TaskPool, 'run'>) {
    this.#pool = pool;
  }

  /** Runs `task` when it is its turn among those of the queue with `queueKey`, and of the others. Rejects with RequestError when too many wait. */
  run(queueKey: number, task: FilterScanTask): Promise<FilterScanResult> {
    if (this.#isStopped) return Promise.reject(stopping());
    if (this.#waitingCount >= SCANS_WAITING_MAX) {
      const remark = `${SCANS_WAITING_MAX} scans with filter expressions wait already`;
      return Promise.reject(new RequestError(SYSTEM_BUSY, remark));
    }
    const lane = this.#lanes.get(queueKey) ?? { waiting: [], isRunning: false };
    this.#lanes.set(queueKey, lane);
    return new Promise((resolve, reject) => {
      lane.waiting.push({ task, resolve, reject });
      this.#waitingCount++;
      this.#startNext();
    });
  }

  /** Answers the scans that wait, and what becomes of those in the pool, with SYSTEM_BUSY. To be called before the pool is closed. */
  stop(): void {
    this.#isStopped = true;
    for (const { waiting } of this.#lanes.values()) for (const { reject } of waiting.splice(0)) reject(stopping());
    this.#waitingCount = 0;
  }

  #startNext(): void {
    if (this.#inFlight >= SCANS_IN_FLIGHT_MAX) return;
    for (const [queueKey, lane] of this.#lanes) {
      const scan = lane.isRunning ? undefined : lane.waiting.shift();
      if (scan === undefined) continue;
      this.#waitingCount--;
      this.#inFlight++;
      lane.isRunning = true;
      this.#start(queueKey, lane, scan);
      return;
    }
  }

  #start(queueKey: number, lane: Lane, { task, resolve, reject }: WaitingScan): void {
    this.#pool
      .run<FilterScanResult>(TASK_URL, 'scanQueue', task)
      .then(resolve, (error: unknown) => reject(this.#isStopped ? stopping() : error))
      .finally(() => {
        this.#inFlight--;
        lane.isRunning = false;
        this.#lanes.delete(queueKey);
        if (lane.waiting.length > 0) this.#lanes.set(queueKey, lane);
        this.#startNext();
      })
      .catch(reject);
  }
}

function stopping(): RequestError {
  return new RequestError(SYSTEM_BUSY, 'the broker is stopping');
}
