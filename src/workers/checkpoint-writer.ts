/**
 * Makes a checkpoint in steps: first all files of consume queues that owe an fdatasync, some a step, then the index, then the checkpoint's own file.
 * With ten thousands of queues that takes long, and the log's own fdatasync and the next segment come between two steps. Commitlog worker.
 * Java: none (FlushConsumeQueueService forces every queue's files in one go).
 * Invariant: what the checkpoint says was in the log's and the queues' files when it began, and the log was on disk.
 */
import { assert } from '../base/assert.js';
import { FdatasyncError } from '../commitlog/file-system.js';
import type { LastRecord } from '../commitlog/record-dispatch.js';
import type { StoreCheckpoint } from '../commitlog/store-checkpoint.js';
import type { ConsumeQueueSet } from '../consumequeue/consume-queue-set.js';
import type { IndexSet } from '../index/index-set.js';
import type { StorePart } from './write-refusal.js';

/** What a checkpoint speaks of. */
export interface CheckpointMark {
  /** Last record whose queue entry, with all before it, is in its file. */
  readonly queued: LastRecord;
  /** End of the log up to which that holds. */
  readonly queuedOffset: number;
  /** Store time of the log's last record. */
  readonly storeTimestampMs: number;
}

/** The fdatasync of a part has failed. */
export class UnsyncedPartError extends Error {
  readonly part: StorePart;

  constructor(part: StorePart, cause: FdatasyncError) {
    super(cause.message, { cause });
    this.part = part;
  }
}

/** One checkpoint after the other. */
export class CheckpointWriter {
  /** `queuedOffset` of the last one that was written. */
  writtenOffset: number;
  readonly #queues: ConsumeQueueSet;
  readonly #index: IndexSet;
  readonly #checkpoint: StoreCheckpoint;
  #open: CheckpointMark | undefined;

  constructor(queues: ConsumeQueueSet, index: IndexSet, checkpoint: StoreCheckpoint, writtenOffset: number) {
    this.#queues = queues;
    this.#index = index;
    this.#checkpoint = checkpoint;
    this.writtenOffset = writtenOffset;
  }

  /** True from `begin` until a step has ended it or has failed. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Begins one, in place of one that is open. The log is on disk up to the mark. */
  begin(mark: CheckpointMark): void {
    this.#queues.beginSync();
    this.#open = mark;
  }

  /** Goes on; true when it is written. When it throws, the checkpoint is given up, and the next one does again what is not done. */
  async step(): Promise<boolean> {
    const mark = this.#open;
    assert(mark !== undefined, 'a checkpoint has begun');
    try {
      if (!(await tellingPart('a consume queue', this.#queues.syncSome()))) return false;
      await this.#write(mark);
    } catch (error) {
      this.#open = undefined;
      throw error;
    }
    this.#open = undefined;
    return true;
  }

  async #write({ queued, queuedOffset, storeTimestampMs }: CheckpointMark): Promise<void> {
    await tellingPart('the index', this.#index.fdatasyncLater());
    const { fields } = this.#checkpoint;
    fields.indexMsgTimestamp = this.#index.safeTimestampMs;
    fields.physicMsgTimestamp = Math.max(
      fields.physicMsgTimestamp,
      Math.min(storeTimestampMs, queued.storeTimestampMs),
    );
    fields.logicsMsgTimestamp = queued.storeTimestampMs;
    fields.logicsPhysicalOffset = queued.physicalOffset;
    fields.syncedPhysicalOffset = queued.physicalOffset;
    await this.#checkpoint.save();
    this.writtenOffset = queuedOffset;
  }
}

async function tellingPart<T>(part: StorePart, synced: Promise<T>): Promise<T> {
  try {
    return await synced;
  } catch (error) {
    throw error instanceof FdatasyncError ? new UnsyncedPartError(part, error) : error;
  }
}
