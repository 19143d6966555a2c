/**
 * Who reads a queue from front to back: a pull that begins where another one ended goes on with its run, and the entries that its next pulls will
 * need are read with its own. Main thread. Java: none (it maps the queue's files).
 * Invariant: entries of a run are in the queue's files, and so are final; the number of runs is bounded.
 */
import type { ConsumeQueueEntry } from './consume-queue-entry.js';

/** Entries that a run reads at once: 10 KiB of a queue's file, and 16 pulls of the usual 32. */
export const ENTRIES_AHEAD = 512;
/** Queues whose runs are kept, some 4 MiB with their entries; past it the one that was not read for longest is forgotten. */
export const RUN_QUEUES_MAX = 128;
/** Groups that read one queue at different places. */
export const RUNS_A_QUEUE_MAX = 2;

/** One reader's way through a queue. */
export interface ReadRun {
  /** Where its next pull is expected to begin. */
  nextOffset: number;
  /** Queue offset of the first of `entries`. */
  firstOffset: number;
  entries: readonly ConsumeQueueEntry[];
}

/** The runs of all queues, each known by an object of its own. */
export class ReadRuns<Queue extends object> {
  /** The least recently read first. */
  readonly #byQueue = new Map<Queue, ReadRun[]>();

  /** Queues with a run. */
  get queueCount(): number {
    return this.#byQueue.size;
  }

  /** The run whose next pull begins at `offset`. */
  expected(queue: Queue, offset: number): ReadRun | undefined {
    const runs = this.#byQueue.get(queue);
    if (runs === undefined) return undefined;
    for (const run of runs) if (run.nextOffset === offset) return run;
    return undefined;
  }

  /** A pull from `offset` on ended before `nextOffset`; true if it went on with a run. */
  passed(queue: Queue, offset: number, nextOffset: number): boolean {
    const run = this.expected(queue, offset);
    if (run === undefined) this.#begin(queue, nextOffset);
    else run.nextOffset = nextOffset;
    return run !== undefined;
  }

  #begin(queue: Queue, nextOffset: number): void {
    const runs = this.#byQueue.get(queue) ?? [];
    this.#byQueue.delete(queue);
    this.#byQueue.set(queue, runs);
    runs.push({ nextOffset, firstOffset: 0, entries: [] });
    if (runs.length > RUNS_A_QUEUE_MAX) runs.shift();
    if (this.#byQueue.size <= RUN_QUEUES_MAX) return;
    for (const oldest of this.#byQueue.keys()) {
      this.#byQueue.delete(oldest);
      return;
    }
  }
}

/** Index in the run's entries of `offset`, when at least `count` of them stand from there on; else -1. */
export function indexInRun({ entries, firstOffset }: ReadRun, offset: number, count: number): number {
  const index = offset - firstOffset;
  return index >= 0 && index + count <= entries.length ? index : -1;
}
