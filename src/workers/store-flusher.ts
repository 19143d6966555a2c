/**
 * What the commitlog worker does beside appending, a little in each turn: rounds of consume-queue writes, fdatasync of the log, the
 * checkpoint, the next segment's file, trying a full disk again. Commitlog worker. Java: FlushRealTimeService,
 * FlushConsumeQueueService, AllocateMappedFileService.
 * Invariant: at most one file operation is under way; the checkpoint is written after an fdatasync of all that it speaks of.
 */
import type { LogAppender } from '../commitlog/log-appender.js';
import type { LastRecord } from '../commitlog/record-dispatch.js';
import type { SegmentFile } from '../commitlog/segment-file.js';
import type { SegmentSet } from '../commitlog/segment-set.js';
import type { StoreCheckpoint } from '../commitlog/store-checkpoint.js';
import type { ConsumeQueueSet } from '../consumequeue/consume-queue-set.js';
import type { IndexSet } from '../index/index-set.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';
import type { FromWorker, StoreSettings } from './control-message.js';
import { type CheckpointMark, CheckpointWriter, UnsyncedPartError } from './checkpoint-writer.js';
import type { RingDrain } from './ring-drain.js';
import type { StorePart, WriteRefusal } from './write-refusal.js';

/** After a crash, the log of about so long is checked and has its queue entries made again. Differs: Apache takes 60 s. */
const CHECKPOINT_INTERVAL_MS = 3000;
/** Under load, a checkpoint is due sooner: when so much has come. */
const CHECKPOINT_BYTES = 128 * 1024 * 1024;
/**
 * With very many queues a round takes long, and the next one begins only after some times as long, so that the worker has most of its time for
 * messages and a queue more to write at a time. What waits meanwhile is in memory, some 50 bytes a message, and is made again from the log after a crash.
 */
const ROUND_REST_FACTOR = 4;
const ROUND_REST_MS_MAX = 10_000;
/** How often what could not be written is tried again. */
const RETRY_INTERVAL_MS = 1000;
/** Messages are taken again when so much can be written: a few bytes that come free are not worth a change, and a log line, each second. */
const ROOM_BYTES_MIN = 256 * 1024;

/** What a flusher works on. */
export interface StoreFlusherParts {
  readonly settings: StoreSettings;
  readonly segments: SegmentSet;
  readonly appender: LogAppender;
  readonly queues: ConsumeQueueSet;
  readonly index: IndexSet;
  readonly checkpoint: StoreCheckpoint;
  readonly drain: RingDrain;
  readonly status: StoreStatusPage;
  readonly refusal: WriteRefusal;
  readonly post: (message: FromWorker) => void;
  /** Called when a file operation has ended, to wake the loop. */
  readonly onOperationEnd: () => void;
}

/** The worker's housekeeping. */
export class StoreFlusher {
  readonly #parts: StoreFlusherParts;
  #operation: Promise<void> | undefined;
  #isRoundOpen = false;
  /** End of the log, and its last record, when the open round began. */
  #roundOffset = 0;
  #roundLast: LastRecord;
  /** Last record whose entry, with all before it, is in its file. */
  #queuedLast: LastRecord;
  readonly #checkpoints: CheckpointWriter;
  /** No checkpoint before: one that took long has had the disk for as long as others may have it now. */
  #checkpointRestMs = 0;
  #checkpointBeganMs = 0;
  #roundBeganMs = 0;
  #nextRoundMs: number;
  #nextLogFlushMs: number;
  #nextCheckpointMs: number;
  #nextRetryMs = 0;
  #nextPrepareMs = 0;
  /** Undefined, or why no checkpoint could be written. */
  #checkpointFailure: string | undefined;
  /** Time of the last tick. */
  #nowMs = 0;

  constructor(parts: StoreFlusherParts, nowMs: number) {
    this.#parts = parts;
    this.#roundLast = { ...parts.drain.last };
    this.#queuedLast = { ...parts.drain.last };
    const { queues, index, checkpoint, appender } = parts;
    this.#nowMs = nowMs;
    this.#checkpointBeganMs = nowMs;
    this.#checkpoints = new CheckpointWriter(queues, index, checkpoint, appender.writtenOffset);
    this.#nextRoundMs = nowMs + parts.settings.flushIntervalConsumeQueueMs;
    this.#nextLogFlushMs = nowMs + parts.settings.flushIntervalCommitLogMs;
    this.#nextCheckpointMs = nowMs + CHECKPOINT_INTERVAL_MS;
  }

  /** A crash needs nothing of the log before this offset to make queues and index again: what lies below may be deleted. */
  get checkpointedOffset(): number {
    return this.#checkpoints.writtenOffset;
  }

  /** True while a file operation is under way, for which the event loop must run. */
  get isBusy(): boolean {
    return this.#operation !== undefined;
  }

  /** Time of the next thing to do; file operations that wait for another one are due at its end. */
  nextDueMs(): number {
    const { segments, refusal, index } = this.#parts;
    if (index.isUnfinished && refusal.reason === undefined) return 0;
    let due = Number.POSITIVE_INFINITY;
    if (this.#hasUnwrittenEntries) due = Math.min(due, this.#nextRoundMs);
    if (refusal.mayPass) due = Math.min(due, this.#nextRetryMs);
    if (this.isBusy || refusal.reason !== undefined) return due;
    if (this.#checkpoints.isOpen) return 0;
    if (!segments.isSynced) due = Math.min(due, this.#nextLogFlushMs);
    if (this.#isCheckpointOwed) due = Math.min(due, Math.max(this.#nextCheckpointMs, this.#checkpointRestMs));
    return due;
  }

  /** Does what is due. `nowMs` is monotonic. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#stepRound(nowMs);
    this.#stepIndex();
    if (this.#parts.refusal.mayPass && nowMs >= this.#nextRetryMs) this.#retry(nowMs);
    if (this.#operation === undefined) this.#begin(this.#nextOperation(nowMs));
  }

  /** The log, which has no records, begins somewhere else: a checkpoint is owed for what comes there. */
  restart(startOffset: number): void {
    this.#checkpoints.writtenOffset = startOffset;
  }

  /** Resolves when no file operation is under way. */
  async idle(): Promise<void> {
    while (this.#operation !== undefined) await this.#operation;
  }

  /** The end: everything written and on disk, the checkpoint too. False when something could not be. */
  async finish(): Promise<boolean> {
    const { refusal } = this.#parts;
    await this.idle();
    if (refusal.reason !== undefined) return false;
    try {
      await this.#finish();
      return true;
    } catch (error) {
      this.#log(
        'error',
        `the store could not be closed in order, and is recovered at the next start: ${messageOf(error)}`,
      );
      return false;
    }
  }

  async #finish(): Promise<void> {
    const { queues, index, segments, status, appender, drain } = this.#parts;
    queues.writeAll();
    index.writeAll();
    status.set(StatusWord.consumeQueueWrittenOffset, appender.writtenOffset);
    this.#queuedLast = { ...drain.last };
    segments.fdatasync();
    status.set(StatusWord.flushedOffset, appender.writtenOffset);
    this.#checkpoints.begin(this.#mark());
    while (!(await this.#checkpoints.step())) this.#countStep();
  }

  /**
   * A first checkpoint after recovery, so that a crash soon after does not look at the whole log. What the log has is on disk when this resolves; the
   * checkpoint is too if `isNeededNow`, and else is made while messages are taken: with very many queues that is longer than all else of a start.
   */
  async saveFirstCheckpoint(isNeededNow: boolean): Promise<void> {
    await this.#parts.segments.fdatasyncLater();
    // The one before the crash speaks of less than what recovery has made, and nothing is deleted on its word.
    this.#checkpoints.writtenOffset = 0;
    this.#checkpoints.begin(this.#mark());
    if (!isNeededNow) return;
    while (this.#checkpoints.isOpen) await this.#stepCheckpoint();
  }

  /** With very many queues closing takes longer than a stop waits for a worker that does nothing. */
  #countStep(): void {
    const { status } = this.#parts;
    status.set(StatusWord.closeSteps, status.get(StatusWord.closeSteps) + 1);
  }

  #log(level: 'warn' | 'error', message: string): void {
    this.#parts.post({ type: 'log', level, message });
  }

  get #hasUnwrittenEntries(): boolean {
    const { status, appender } = this.#parts;
    return status.get(StatusWord.consumeQueueWrittenOffset) < appender.writtenOffset;
  }

  get #uncheckpointedBytes(): number {
    return this.#parts.status.get(StatusWord.consumeQueueWrittenOffset) - this.#checkpoints.writtenOffset;
  }

  get #isCheckpointOwed(): boolean {
    return this.#uncheckpointedBytes > 0;
  }

  #stepRound(nowMs: number): void {
    const { queues, index, appender, drain, status, refusal } = this.#parts;
    if (nowMs < this.#nextRoundMs) return;
    if (!this.#isRoundOpen) {
      if (!this.#hasUnwrittenEntries) return;
      this.#isRoundOpen = true;
      this.#roundBeganMs = nowMs;
      this.#roundOffset = appender.writtenOffset;
      this.#roundLast = { ...drain.last };
      queues.beginRound();
    }
    try {
      if (!queues.stepRound()) return;
      refusal.passed('a consume queue');
    } catch (error) {
      refusal.refuseAfterWrite('a consume queue', error);
      this.#nextRoundMs = nowMs + RETRY_INTERVAL_MS;
      return;
    }
    if (!this.#tryPart('the index', () => index.write())) {
      this.#nextRoundMs = nowMs + RETRY_INTERVAL_MS;
      return;
    }
    this.#isRoundOpen = false;
    const restMs = Math.min(ROUND_REST_MS_MAX, (nowMs - this.#roundBeganMs) * ROUND_REST_FACTOR);
    this.#nextRoundMs = nowMs + Math.max(this.#parts.settings.flushIntervalConsumeQueueMs, restMs);
    this.#queuedLast = this.#roundLast;
    status.set(StatusWord.consumeQueueWrittenOffset, this.#roundOffset);
  }

  /** A full index file gets its slots a part at a time, for which no message waits. */
  #stepIndex(): void {
    const { index, refusal } = this.#parts;
    if (!index.isUnfinished || refusal.reason !== undefined) return;
    try {
      index.step();
    } catch (error) {
      refusal.refuseAfterWrite('the index', error);
    }
  }

  /** Tries again what has failed; consume queues are tried by the round. */
  #retry(nowMs: number): void {
    const { appender, drain, segments, index, refusal } = this.#parts;
    this.#nextRetryMs = nowMs + RETRY_INTERVAL_MS;
    if (refusal.hasFailed('the commit log')) {
      this.#tryPart('the commit log', () => {
        // Zeros take the room that messages need, and overwrite what the failed write may have left.
        appender.zeroAfterEnd(Math.max(drain.failedBytes, ROOM_BYTES_MIN));
        drain.failedBytes = 0;
      });
    }
    if (refusal.hasFailed('the next commit log file')) {
      this.#tryPart('the next commit log file', () => segments.createNext());
    }
    if (refusal.hasFailed('the index')) {
      this.#tryPart('the index', () => {
        index.write();
        index.step();
      });
    }
  }

  #tryPart(part: StorePart, write: () => void): boolean {
    const { refusal } = this.#parts;
    try {
      write();
      refusal.passed(part);
      return true;
    } catch (error) {
      refusal.refuseAfterWrite(part, error);
      return false;
    }
  }

  #nextOperation(nowMs: number): (() => Promise<void>) | undefined {
    const { segments, appender } = this.#parts;
    const { last } = segments;
    if (
      nowMs >= this.#nextPrepareMs &&
      !segments.isNextPrepared &&
      appender.endOffset > last.startOffset + last.sizeBytes / 2
    ) {
      this.#nextPrepareMs = nowMs + RETRY_INTERVAL_MS;
      return () => this.#prepareSegment();
    }
    if (nowMs >= this.#nextLogFlushMs && !segments.isSynced) {
      this.#nextLogFlushMs = nowMs + this.#parts.settings.flushIntervalCommitLogMs;
      return async () => void (await this.#flushLog());
    }
    if (this.#checkpoints.isOpen) return () => this.#stepCheckpoint();
    if (!this.#isCheckpointOwed || nowMs < this.#checkpointRestMs) return undefined;
    if (nowMs < this.#nextCheckpointMs && this.#uncheckpointedBytes < CHECKPOINT_BYTES) return undefined;
    this.#nextCheckpointMs = nowMs + CHECKPOINT_INTERVAL_MS;
    this.#checkpointBeganMs = nowMs;
    return async () => {
      const mark = this.#mark();
      if (await this.#flushLog()) this.#checkpoints.begin(mark);
    };
  }

  #begin(operation: (() => Promise<void>) | undefined): void {
    if (operation === undefined || this.#parts.refusal.reason !== undefined) return;
    this.#operation = operation()
      .catch((error: unknown) => this.#parts.refusal.refuseForGood('the commit log', messageOf(error)))
      .finally(() => {
        this.#operation = undefined;
        this.#parts.onOperationEnd();
      });
  }

  async #prepareSegment(): Promise<void> {
    const { segments, refusal } = this.#parts;
    let next: SegmentFile;
    try {
      next = segments.beginNext();
    } catch {
      // The last segment is not full yet: whoever needs the next one tries again, and says what is wrong.
      return;
    }
    try {
      await segments.finishNext(next);
    } catch (error) {
      refusal.refuseAfterSync('the next commit log file', error);
    }
  }

  async #flushLog(): Promise<boolean> {
    const { segments, appender, drain, status, checkpoint } = this.#parts;
    const flushedOffset = appender.writtenOffset;
    const { storeTimestampMs } = drain.last;
    try {
      await segments.fdatasyncLater();
    } catch (error) {
      this.#parts.refusal.refuseAfterSync('the commit log', error);
      return false;
    }
    checkpoint.fields.physicMsgTimestamp = storeTimestampMs;
    // Under SYNC_FLUSH the drain has gone further meanwhile.
    status.set(StatusWord.flushedOffset, Math.max(flushedOffset, status.get(StatusWord.flushedOffset)));
    return true;
  }

  /** The log is on disk up to it when an fdatasync that began later has ended. */
  #mark(): CheckpointMark {
    const { drain, status } = this.#parts;
    return {
      queued: this.#queuedLast,
      queuedOffset: status.get(StatusWord.consumeQueueWrittenOffset),
      storeTimestampMs: drain.last.storeTimestampMs,
    };
  }

  /** A checkpoint that could not be written costs time at the next start, and no message: it is tried again at its interval. */
  async #stepCheckpoint(): Promise<void> {
    const { refusal } = this.#parts;
    try {
      if (!(await this.#checkpoints.step())) return;
      this.#checkpointRestMs = this.#nowMs + (this.#nowMs - this.#checkpointBeganMs);
      if (this.#checkpointFailure !== undefined) this.#log('warn', 'the checkpoint can be written again');
      this.#checkpointFailure = undefined;
    } catch (error) {
      if (error instanceof UnsyncedPartError) {
        refusal.refuseAfterSync(error.part, error);
        return;
      }
      const failure = messageOf(error);
      if (failure !== this.#checkpointFailure) this.#log('error', `cannot write a checkpoint: ${failure}`);
      this.#checkpointFailure = failure;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
