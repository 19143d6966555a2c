/**
 * What the commitlog worker does beside appending, a little in each turn: rounds of consume-queue writes, fdatasync of the log, the
 * checkpoint, the next segment's file, trying a full disk again. Commitlog worker. Java: FlushRealTimeService,
 * FlushConsumeQueueService, AllocateMappedFileService.
 * Invariant: at most one file operation is under way; the checkpoint is written after an fdatasync of all that it speaks of.
 */
import type { LogAppender } from '../commitlog/log-appender.js';
import type { LastRecord } from '../commitlog/record-dispatch.js';
import type { SegmentSet } from '../commitlog/segment-set.js';
import type { StoreCheckpoint } from '../commitlog/store-checkpoint.js';
import type { ConsumeQueueSet } from '../consumequeue/consume-queue-set.js';
import type { IndexSet } from '../index/index-set.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';
import type { StoreSettings } from './control-message.js';
import type { RingDrain } from './ring-drain.js';
import type { WriteRefusal } from './write-refusal.js';

/** After a crash, the log of about so long is checked and has its queue entries made again. Differs: Apache takes 60 s. */
const CHECKPOINT_INTERVAL_MS = 3000;
/** Under load, a checkpoint is due sooner: when so much has come. */
const CHECKPOINT_BYTES = 128 * 1024 * 1024;
/** How often a full disk is tried again. */
const RETRY_INTERVAL_MS = 1000;

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
  #checkpointedOffset: number;
  #nextRoundMs: number;
  #nextLogFlushMs: number;
  #nextCheckpointMs: number;
  #nextRetryMs = 0;

  constructor(parts: StoreFlusherParts, nowMs: number) {
    this.#parts = parts;
    this.#roundLast = { ...parts.drain.last };
    this.#queuedLast = { ...parts.drain.last };
    this.#checkpointedOffset = parts.appender.writtenOffset;
    this.#nextRoundMs = nowMs + parts.settings.flushIntervalConsumeQueueMs;
    this.#nextLogFlushMs = nowMs + parts.settings.flushIntervalCommitLogMs;
    this.#nextCheckpointMs = nowMs + CHECKPOINT_INTERVAL_MS;
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
    if (!segments.isSynced) due = Math.min(due, this.#nextLogFlushMs);
    if (this.#isCheckpointOwed) due = Math.min(due, this.#nextCheckpointMs);
    return due;
  }

  /** Does what is due. `nowMs` is monotonic. */
  tick(nowMs: number): void {
    this.#stepRound(nowMs);
    this.#stepIndex();
    if (this.#parts.refusal.mayPass && nowMs >= this.#nextRetryMs) this.#retry(nowMs);
    if (this.#operation === undefined) this.#begin(this.#nextOperation(nowMs));
  }

  /** Resolves when no file operation is under way. */
  async idle(): Promise<void> {
    while (this.#operation !== undefined) await this.#operation;
  }

  /** The end: everything written and on disk, the checkpoint too. False when something could not be. */
  async finish(): Promise<boolean> {
    const { queues, index, segments, status, appender, refusal, drain } = this.#parts;
    await this.idle();
    if (refusal.reason !== undefined) return false;
    queues.writeAll();
    index.writeAll();
    status.set(StatusWord.consumeQueueWrittenOffset, appender.writtenOffset);
    this.#queuedLast = { ...drain.last };
    segments.fdatasync();
    status.set(StatusWord.flushedOffset, appender.writtenOffset);
    await this.#saveCheckpoint(this.#queuedLast, appender.writtenOffset);
    return true;
  }

  /** A first checkpoint after recovery, so that a crash soon after does not look at the whole log. */
  async saveFirstCheckpoint(): Promise<void> {
    const { segments, appender } = this.#parts;
    await segments.fdatasyncLater();
    await this.#saveCheckpoint(this.#queuedLast, appender.writtenOffset);
  }

  get #hasUnwrittenEntries(): boolean {
    const { status, appender } = this.#parts;
    return status.get(StatusWord.consumeQueueWrittenOffset) < appender.writtenOffset;
  }

  get #uncheckpointedBytes(): number {
    return this.#parts.status.get(StatusWord.consumeQueueWrittenOffset) - this.#checkpointedOffset;
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
      this.#roundOffset = appender.writtenOffset;
      this.#roundLast = { ...drain.last };
      queues.beginRound();
    }
    try {
      if (!queues.stepRound()) return;
      index.write();
    } catch (error) {
      refusal.refuseAfterWrite('a consume queue or the index', error);
      this.#nextRoundMs = nowMs + RETRY_INTERVAL_MS;
      return;
    }
    this.#isRoundOpen = false;
    this.#nextRoundMs = nowMs + this.#parts.settings.flushIntervalConsumeQueueMs;
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

  /** Zeros take the room that messages need, and overwrite what the failed write may have left. */
  #retry(nowMs: number): void {
    const { appender, drain, refusal } = this.#parts;
    this.#nextRetryMs = nowMs + RETRY_INTERVAL_MS;
    try {
      appender.zeroAfterEnd(drain.failedBytes);
    } catch (error) {
      refusal.refuseAfterWrite('the commit log', error);
      return;
    }
    drain.failedBytes = 0;
    refusal.accept();
  }

  #nextOperation(nowMs: number): (() => Promise<void>) | undefined {
    const { segments, appender } = this.#parts;
    const { last } = segments;
    if (!segments.isNextPrepared && appender.endOffset > last.startOffset + last.sizeBytes / 2) {
      return () => this.#prepareSegment();
    }
    if (nowMs >= this.#nextLogFlushMs && !segments.isSynced) {
      this.#nextLogFlushMs = nowMs + this.#parts.settings.flushIntervalCommitLogMs;
      return () => this.#flushLog();
    }
    if (this.#isCheckpointOwed && (nowMs >= this.#nextCheckpointMs || this.#uncheckpointedBytes >= CHECKPOINT_BYTES)) {
      this.#nextCheckpointMs = nowMs + CHECKPOINT_INTERVAL_MS;
      return () => this.#flushAndSaveCheckpoint();
    }
    return undefined;
  }

  #begin(operation: (() => Promise<void>) | undefined): void {
    if (operation === undefined || this.#parts.refusal.reason !== undefined) return;
    this.#operation = operation()
      .catch((error: unknown) => this.#parts.refusal.refuseAfterSync('the store', error))
      .finally(() => {
        this.#operation = undefined;
        this.#parts.onOperationEnd();
      });
  }

  async #prepareSegment(): Promise<void> {
    try {
      await this.#parts.segments.prepareNext();
    } catch (error) {
      this.#parts.refusal.refuseAfterWrite('the next commit log file', error);
    }
  }

  async #flushLog(): Promise<void> {
    const { segments, appender, drain, status, checkpoint } = this.#parts;
    const flushedOffset = appender.writtenOffset;
    const { storeTimestampMs } = drain.last;
    await segments.fdatasyncLater();
    checkpoint.fields.physicMsgTimestamp = storeTimestampMs;
    // Under SYNC_FLUSH the drain has gone further meanwhile.
    status.set(StatusWord.flushedOffset, Math.max(flushedOffset, status.get(StatusWord.flushedOffset)));
  }

  /** Rounds go on meanwhile: the checkpoint speaks of what had its entries before the log was flushed, and not of what has come since. */
  async #flushAndSaveCheckpoint(): Promise<void> {
    const queued = this.#queuedLast;
    const queuedOffset = this.#parts.status.get(StatusWord.consumeQueueWrittenOffset);
    await this.#flushLog();
    await this.#saveCheckpoint(queued, queuedOffset);
  }

  async #saveCheckpoint(queued: LastRecord, queuedOffset: number): Promise<void> {
    const { queues, index, checkpoint } = this.#parts;
    await queues.fdatasyncLater();
    await index.fdatasyncLater();
    const { fields } = checkpoint;
    fields.indexMsgTimestamp = index.safeTimestampMs;
    fields.physicMsgTimestamp = Math.max(fields.physicMsgTimestamp, queued.storeTimestampMs);
    fields.logicsMsgTimestamp = queued.storeTimestampMs;
    fields.logicsPhysicalOffset = queued.physicalOffset;
    fields.syncedPhysicalOffset = queued.physicalOffset;
    await checkpoint.save();
    this.#checkpointedOffset = queuedOffset;
  }
}
