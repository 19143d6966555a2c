/**
 * Deletion of old messages as the main thread sees it: asks the commitlog worker, and takes over from it where log and queues begin. Main thread.
 * Java: the cleaning part of DefaultMessageStore's face, RunningFlags.
 * Invariant: a queue's minimum offset only grows, and is never past its maximum; each task is settled once, by the worker's answer or by its end.
 */
import type { LogReader } from '../commitlog/log-reader.js';
import type { ConsumeQueueReader } from '../consumequeue/consume-queue-reader.js';
import type { ExpiryLimits, RetentionMessage } from './control-message.js';
import type { QueueTable } from './queue-table.js';

/** What it works with. */
export interface StoreRetentionParts {
  readonly queues: QueueTable;
  readonly log: LogReader;
  readonly consumeQueues: ConsumeQueueReader;
  readonly ask: (id: number, limits: ExpiryLimits) => void;
  /** Takes the results that are there: those before an answer are to be seen before it. */
  readonly takeResults: () => void;
  /** First offset of the log. */
  readonly logMinOffset: () => number;
}

/** No segment goes: what is left over of queues and index does. */
const NO_SEGMENTS: ExpiryLimits = {
  reservedMs: -1,
  isAtOnce: false,
  bytesToFree: 0,
  logBytesMax: 0,
  segmentsMax: 0,
  segmentPauseMs: 0,
  queuePauseMs: 0,
};

interface WaitingTask {
  resolve(segments: number): void;
  reject(error: Error): void;
}

/** See the file's comment. */
export class StoreRetention {
  /** Why no messages are taken until there is room again; undefined while they are. Java: RunningFlags, DISK_FULL_BIT. */
  diskFull: string | undefined;
  readonly #parts: StoreRetentionParts;
  readonly #waiting = new Map<number, WaitingTask>();
  #nextId = 1;
  #failure: string | undefined;

  constructor(parts: StoreRetentionParts) {
    this.#parts = parts;
  }

  /** Deletes segments as the limits allow; resolves with their number when queues and index have followed. Rejects when one could not be deleted. */
  deleteExpired(limits: ExpiryLimits): Promise<number> {
    if (this.#failure !== undefined) return Promise.reject(new Error(this.#failure));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#parts.ask(id, limits);
    });
  }

  /** Deletes consume-queue and index files that nothing of the log stands behind any more. Java: cleanExpiredConsumerQueue. */
  async cleanExpiredConsumeQueues(): Promise<void> {
    await this.deleteExpired(NO_SEGMENTS);
  }

  /** Topics that have a consume queue. */
  topics(): string[] {
    return [...this.#parts.queues.topics()];
  }

  /** The worker's messages. They may be found while a result is being taken, which is to be seen first. */
  receive(message: RetentionMessage): void {
    queueMicrotask(() => {
      if (message.type === 'queuesExpired') this.#raise(message.keys, message.minOffsets);
      else this.#settle(message);
    });
  }

  /** The worker is gone: nothing is answered any more. */
  failAll(reason: string): void {
    this.#failure = reason;
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(reason));
    this.#waiting.clear();
  }

  #raise(keys: readonly number[], minOffsets: readonly number[]): void {
    const { queues, takeResults } = this.#parts;
    takeResults();
    keys.forEach((key, i) => {
      const queue = queues.byKey(key);
      if (queue !== undefined) queue.minOffset = Math.max(queue.minOffset, minOffsets[i] ?? 0);
    });
  }

  /** Deleted files that are kept open for reading would still take their room on the disk. */
  #settle({ id, segments, error }: Extract<RetentionMessage, { type: 'expired' }>): void {
    const { log, consumeQueues, logMinOffset } = this.#parts;
    if (segments > 0) {
      void log.closeBefore(logMinOffset());
      void consumeQueues.close();
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(segments);
    else waiting?.reject(new Error(error));
  }
}
