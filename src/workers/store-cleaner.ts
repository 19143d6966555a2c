/**
 * Deletes the oldest segments of the log when it is asked to, then what consume queues and index have of them, a little in each turn. Commitlog worker.
 * Java: CleanCommitLogService, CleanConsumeQueueService, IndexService.deleteExpiredFile.
 * Invariant: a segment goes when its file is gone from the disk for good, and only then the next, so that a crash leaves a log without gap; it is not
 * the last one, and the checkpoint is past it. Queues and index follow the log, never the other way round.
 */
import type { Clock } from '../base/clock.js';
import type { SegmentFile } from '../commitlog/segment-file.js';
import type { SegmentSet } from '../commitlog/segment-set.js';
import type { ConsumeQueueSet } from '../consumequeue/consume-queue-set.js';
import type { ConsumeQueueWriter } from '../consumequeue/consume-queue-writer.js';
import type { IndexSet } from '../index/index-set.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';
import type { ExpiryLimits, FromWorker } from './control-message.js';

/** Queues looked at in one step: with a read each that is a fifth of a millisecond, with a search and a file to delete some two. */
const QUEUES_PER_STEP = 32;

/** What a cleaner works on. */
export interface StoreCleanerParts {
  readonly segments: SegmentSet;
  readonly queues: ConsumeQueueSet;
  readonly index: IndexSet;
  readonly status: StoreStatusPage;
  /** What lies below it is needed by no recovery; see `StoreFlusher`. */
  readonly checkpointedOffset: () => number;
  readonly clock: Clock;
  readonly post: (message: FromWorker) => void;
  /** Called when a file operation has ended, to wake the loop. */
  readonly onOperationEnd: () => void;
}

interface Task {
  readonly id: number;
  readonly limits: ExpiryLimits;
  segments: number;
  error: string | undefined;
}

/** Deletes what is expired; see the file's comment. */
export class StoreCleaner {
  readonly #parts: StoreCleanerParts;
  readonly #tasks: Task[] = [];
  #operation: Promise<void> | undefined;
  /** Key of the queue that is looked at next; undefined when queues and index are where the log is. */
  #nextKey: number | undefined;
  /** Queues that begin later than before this pass: a queue may have several keys. */
  readonly #changed = new Set<ConsumeQueueWriter>();
  /** True when queues have been looked at since the last segment went. */
  #isFollowed = true;
  #nextStepMs = 0;

  constructor(parts: StoreCleanerParts) {
    this.#parts = parts;
  }

  /** True while a file operation is under way, for which the event loop must run. */
  get isBusy(): boolean {
    return this.#operation !== undefined;
  }

  /** Takes a task; `expired` is posted when it is done. One after the other. With `segmentsMax` 0, queues and index are looked at all the same. */
  expire(id: number, limits: ExpiryLimits): void {
    if (limits.segmentsMax === 0) this.#isFollowed = false;
    this.#tasks.push({ id, limits, segments: 0, error: undefined });
  }

  /** Monotonic time of the next thing to do. */
  nextDueMs(): number {
    return this.isBusy || this.#tasks.length === 0 ? Number.POSITIVE_INFINITY : this.#nextStepMs;
  }

  /** Does one step if it is due. `nowMs` is monotonic. */
  tick(nowMs: number): void {
    const task = this.#tasks[0];
    if (task === undefined || this.isBusy || nowMs < this.#nextStepMs) return;
    const segment = this.#nextKey === undefined ? this.#nextSegment(task) : undefined;
    if (segment !== undefined) {
      this.#nextStepMs = nowMs + task.limits.segmentPauseMs;
      this.#begin(() => this.#deleteSegment(segment, task));
    } else if (this.#nextKey === undefined && !this.#isFollowed) {
      this.#nextKey = 0;
    } else if (this.#nextKey !== undefined) {
      this.#stepQueues(task, this.#nextKey, nowMs);
    } else if (!this.#stepIndex(task)) {
      this.#end(task);
    }
  }

  /** Resolves when no file operation is under way. */
  async idle(): Promise<void> {
    while (this.#operation !== undefined) await this.#operation;
  }

  /** The segment to delete next for this task. Java: MappedFileQueue.deleteExpiredFileByTime. */
  #nextSegment({ limits, segments: deleted, error }: Task): SegmentFile | undefined {
    const { segments, status, clock, checkpointedOffset } = this.#parts;
    const oldest = segments.oldestDeletable;
    if (oldest === undefined || error !== undefined || deleted >= limits.segmentsMax) return undefined;
    if (oldest.endOffset > checkpointedOffset()) return undefined;
    const isWanted =
      limits.isAtOnce ||
      deleted * segments.segmentSizeBytes < limits.bytesToFree ||
      (limits.logBytesMax > 0 && status.get(StatusWord.writtenOffset) - segments.minOffset > limits.logBytesMax) ||
      (limits.reservedMs >= 0 && clock.nowMs() >= oldest.lastModifiedMs() + limits.reservedMs);
    return isWanted ? oldest : undefined;
  }

  /** Readers that come between find no file, which they take for a deleted one; those after are told where the log begins. */
  async #deleteSegment(segment: SegmentFile, task: Task): Promise<void> {
    const { segments, status, post } = this.#parts;
    await segment.deleteLater();
    await segments.fsyncFolderLater();
    segments.forgetOldest();
    status.set(StatusWord.minPhysicalOffset, segments.minOffset);
    task.segments++;
    this.#isFollowed = false;
    post({ type: 'log', level: 'info', message: `deleted ${segment.path}: the log begins at ${segments.minOffset}` });
  }

  #stepQueues(task: Task, fromKey: number, nowMs: number): void {
    const { queues, post } = this.#parts;
    const keys: number[] = [];
    const minOffsets: number[] = [];
    const end = Math.min(queues.keyCount, fromKey + QUEUES_PER_STEP);
    let files = 0;
    for (let key = fromKey; key < end; key++) {
      const queue = queues.livingByKey(key);
      if (queue === undefined) continue;
      const before = queue.minOffset;
      files += this.#expireQueue(queue, task);
      if (queue.minOffset > before) this.#changed.add(queue);
      if (!this.#changed.has(queue)) continue;
      keys.push(key);
      minOffsets.push(queue.minOffset);
    }
    if (keys.length > 0) post({ type: 'queuesExpired', keys, minOffsets });
    if (files > 0) this.#nextStepMs = nowMs + task.limits.queuePauseMs;
    this.#nextKey = end < queues.keyCount ? end : undefined;
    if (this.#nextKey !== undefined) return;
    this.#changed.clear();
    this.#isFollowed = true;
  }

  #expireQueue(queue: ConsumeQueueWriter, task: Task): number {
    const { queues, segments, checkpointedOffset } = this.#parts;
    try {
      return queues.expire(queue, segments.minOffset, checkpointedOffset());
    } catch (error) {
      // What was not done is done with the next segment that goes; meanwhile reads of what is gone find that it is.
      task.error ??= `cannot correct ${queue.folder}: ${messageOf(error)}`;
      return 0;
    }
  }

  /** False when no file of the index has to go. */
  #stepIndex(task: Task): boolean {
    const { index, segments } = this.#parts;
    const file = task.error === undefined ? index.oldestExpired(segments.minOffset) : undefined;
    if (file === undefined) return false;
    this.#begin(() => index.deleteLater(file));
    return true;
  }

  #end(task: Task): void {
    this.#tasks.shift();
    this.#parts.post({ type: 'expired', id: task.id, segments: task.segments, error: task.error });
  }

  #begin(operation: () => Promise<void>): void {
    const task = this.#tasks[0];
    this.#operation = operation()
      .catch((error: unknown) => {
        // It is tried again with the next task. Java: reDeleteHangedFile.
        if (task !== undefined) task.error = messageOf(error);
      })
      .finally(() => {
        this.#operation = undefined;
        this.#parts.onOperationEnd();
      });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
