/**
 * The commitlog worker's store from its first file to its clean end: opens, recovers, takes batches, closes. Commitlog worker.
 * Java: DefaultMessageStore.load, start, shutdown.
 * Invariant: `abort` is there while messages are taken. The folder's lock is held by the main thread all the while (see StoreLock).
 */
import { join } from 'node:path';

import { AbortFile } from '../commitlog/abort-file.js';
import { LogAppender } from '../commitlog/log-appender.js';
import { type FileSystem, makeFolder } from '../commitlog/file-system.js';
import { cutLog } from '../commitlog/log-cut.js';
import { rewriteLog } from '../commitlog/log-rewrite.js';
import { StoreCheckpoint } from '../commitlog/store-checkpoint.js';
import type { Clock } from '../base/clock.js';
import type { ConsumeQueueSet } from '../consumequeue/consume-queue-set.js';
import type { IndexFileState, IndexSet } from '../index/index-set.js';
import { Doorbell } from '../ring/doorbell.js';
import { DelayLevelTable } from '../message/delay-level-table.js';
import { LogTailWindowWriter } from '../ring/log-tail-window.js';
import { RequestRingConsumer } from '../ring/request-ring.js';
import { ResultRingProducer } from '../ring/result-ring.js';
import { StatusWord, StoreStatusPage } from '../ring/store-status-page.js';
import type { FromWorker, QueueState, StoreMemory, StoreSettings } from './control-message.js';
import { IndexWriter } from './index-writer.js';
import { ReplicaDrain } from './replica-drain.js';
import { ReplicaQueues } from './replica-queues.js';
import { RingDrain } from './ring-drain.js';
import { StoreCleaner } from './store-cleaner.js';
import { StoreFlusher } from './store-flusher.js';
import { recoverStore, type RecoveredStore } from './store-recovery.js';
import { type Refusal, WriteRefusal } from './write-refusal.js';

/** What a store is opened with. */
export interface CommitlogStoreOptions {
  readonly files: FileSystem;
  readonly settings: StoreSettings;
  readonly memory: StoreMemory;
  readonly clock: Clock;
  readonly post: (message: FromWorker) => void;
  /** Called when a file operation has ended. */
  readonly onOperationEnd: () => void;
  /** For tests: see LogCheckOptions. */
  readonly poolBytesMin?: number | undefined;
  readonly pieceBytes?: number | undefined;
}

function beginStatus(status: StoreStatusPage, { segments, endOffset, last }: RecoveredStore): void {
  status.set(StatusWord.minPhysicalOffset, segments.minOffset);
  for (const word of ['writtenOffset', 'flushedOffset', 'dispatchedOffset', 'consumeQueueWrittenOffset'] as const) {
    status.set(StatusWord[word], endOffset);
  }
  status.set(StatusWord.lastRecordOffset, last.storeTimestampMs > 0 ? last.physicalOffset : -1);
}

function cleanerOf(
  { clock, post, onOperationEnd }: CommitlogStoreOptions,
  { segments, queues, index }: RecoveredStore,
  status: StoreStatusPage,
  flusher: StoreFlusher,
): StoreCleaner {
  return new StoreCleaner({
    segments,
    queues,
    index,
    status,
    checkpointedOffset: () => flusher.checkpointedOffset,
    clock,
    post,
    onOperationEnd,
  });
}

/** An open store. */
export class CommitlogStore {
  readonly ring: RequestRingConsumer;
  readonly status: StoreStatusPage;
  readonly drain: RingDrain;
  /** On a slave only. */
  readonly replica: ReplicaDrain | undefined;
  readonly flusher: StoreFlusher;
  readonly cleaner: StoreCleaner;
  readonly queueStates: readonly QueueState[];
  readonly #queues: ConsumeQueueSet;
  readonly #recovered: RecoveredStore;
  readonly #abort: AbortFile;
  readonly #index: IndexSet;
  readonly #post: (message: FromWorker) => void;

  private constructor(
    options: CommitlogStoreOptions,
    recovered: RecoveredStore,
    checkpoint: StoreCheckpoint,
    abort: AbortFile,
  ) {
    const { memory, settings, clock, post } = options;
    const { segments, queues, index, endOffset, last } = recovered;
    this.#index = index;
    this.#post = post;
    this.#recovered = recovered;
    this.#queues = queues;
    this.#abort = abort;
    this.queueStates = queues.assignKeys();
    this.ring = new RequestRingConsumer(memory.requestRing);
    this.status = new StoreStatusPage(memory.statusPage);
    const refusal = new WriteRefusal(this.#onRefusal);
    const appender = new LogAppender(segments, new LogTailWindowWriter(memory.window), endOffset);
    beginStatus(this.status, recovered);
    const results = new ResultRingProducer(memory.resultRing);
    const isSyncFlush = settings.flushDiskType === 'SYNC_FLUSH';
    const delayLevels = new DelayLevelTable(settings.delayLevelsMs);
    const haDoorbell = new Doorbell(memory.ha.doorbell);
    this.drain = new RingDrain({
      ring: this.ring,
      results,
      status: this.status,
      segments,
      appender,
      queues,
      index: settings.messageIndexEnable ? new IndexWriter(index) : undefined,
      refusal,
      onTopicDeleted: (id, error) => post({ type: 'topicDeleted', id, error }),
      isSyncFlush,
      onWritten: () => haDoorbell.ring(),
      delayLevels,
      clock,
      last,
    });
    const { drain, status } = this;
    const { replicaRing } = memory.ha;
    this.replica =
      replicaRing === undefined
        ? undefined
        : new ReplicaDrain({
            ring: new RequestRingConsumer(replicaRing),
            results,
            status,
            segments,
            appender,
            queues,
            replicaQueues: new ReplicaQueues(queues, this.queueStates, (queue) => post({ type: 'queueOpened', queue })),
            index: settings.messageIndexEnable ? index : undefined,
            refusal,
            isSyncFlush,
            delayLevels,
            onRestart: (startOffset) => this.flusher.restart(startOffset),
            onWritten: () => haDoorbell.ring(),
            onWriteFailed: (sizeBytes) => void (drain.failedBytes = Math.max(drain.failedBytes, sizeBytes)),
            last: drain.last,
          });
    const { onOperationEnd } = options;
    this.flusher = new StoreFlusher(
      { settings, segments, appender, queues, index, checkpoint, drain, status, refusal, post, onOperationEnd },
      clock.monotonicMs(),
    );
    this.cleaner = cleanerOf(options, recovered, this.status, this.flusher);
  }

  /** Recovers, and is ready for messages. Rejects when the store cannot be opened. */
  static async open(options: CommitlogStoreOptions): Promise<CommitlogStore> {
    const { files, settings, post } = options;
    makeFolder(files, settings.storePathRootDir);
    makeFolder(files, settings.storePathCommitLog);
    const abort = new AbortFile(files, settings.storePathRootDir);
    const checkpoint = new StoreCheckpoint(files, join(settings.storePathRootDir, 'checkpoint'));
    checkpoint.load();
    const wasCleanStop = !abort.isThere;
    // A power cut on the way leaves a part of what is cut off, which is not to be taken for what follows damage.
    if (settings.cut !== undefined && wasCleanStop) abort.write();
    await CommitlogStore.#cut(options, checkpoint);
    const recovered = await recoverStore({
      files,
      settings,
      checkpoint: checkpoint.fields,
      wasCleanStop,
      clock: options.clock,
      onProgress: (doneBytes, totalBytes) => post({ type: 'recovering', doneBytes, totalBytes }),
      warn: (message) => post({ type: 'log', level: 'warn', message }),
      inform: (message) => post({ type: 'log', level: 'info', message }),
      poolBytesMin: options.poolBytesMin,
      pieceBytes: options.pieceBytes,
    });
    const { unsyncedFrom } = abort;
    if (unsyncedFrom !== undefined) {
      const message = `an fdatasync had failed: the log from ${unsyncedFrom} on is written again`;
      post({ type: 'log', level: 'warn', message });
      rewriteLog(files, recovered.segments.segments, unsyncedFrom, recovered.endOffset);
    }
    abort.write();
    const syncedOffset = wasCleanStop ? recovered.endOffset : checkpoint.fields.syncedPhysicalOffset;
    const store = new CommitlogStore(options, recovered, checkpoint, abort);
    if (wasCleanStop && recovered.segments.isSynced) return store;
    // A checkpoint that speaks of more than there is must be gone before something else takes that place in the log.
    const isAhead = checkpoint.fields.logicsPhysicalOffset >= recovered.endOffset;
    try {
      await files.fsyncFolderLater(settings.storePathCommitLog);
      await store.flusher.saveFirstCheckpoint(isAhead);
    } catch (error) {
      store.#noteUnsynced(syncedOffset);
      throw error;
    }
    return store;
  }

  readonly #onRefusal = (refusal: Refusal | undefined): void => {
    this.#post({ type: 'refuseWrites', refusal });
    if (refusal?.isForGood === true) this.#noteUnsynced(this.status.get(StatusWord.flushedOffset));
  };

  /** What the system has taken and the disk may lack is there to read after a restart of the broker: it is not to be taken for safe. */
  #noteUnsynced(fromOffset: number): void {
    try {
      this.#abort.noteUnsynced(fromOffset);
    } catch (error) {
      const message = `cannot note in the file abort that an fdatasync failed: ${error instanceof Error ? error.message : String(error)}`;
      this.#post({ type: 'log', level: 'error', message });
    }
  }

  /** Carries out `settings.cut`; where it cannot be, the log stays whole and the slave stays apart from its master. */
  static async #cut(
    { files, settings, clock, post }: CommitlogStoreOptions,
    checkpoint: StoreCheckpoint,
  ): Promise<void> {
    const { cut, storePathRootDir, storePathCommitLog, mappedFileSizeCommitLog: segmentSizeBytes } = settings;
    if (cut === undefined) return;
    const nowMs = clock.nowMs();
    const log = { files, storePathRootDir, storePathCommitLog, segmentSizeBytes, checkpoint, nowMs };
    const path = await cutLog(log, cut);
    const { fromOffset, endOffset, reason } = cut;
    const message = `the log was cut at ${fromOffset}: ${reason}. The ${endOffset - fromOffset} bytes that went are kept in ${path}`;
    post({ type: 'log', level: 'warn', message });
  }

  /** Answers `askIndex`. */
  answerIndex(id: number, keyHash: number): void {
    let states: readonly IndexFileState[] | string;
    try {
      states = this.#index.states(keyHash);
    } catch (error) {
      states = `cannot write the index: ${error instanceof Error ? error.message : String(error)}`;
    }
    this.#post({ type: 'indexStates', id, states });
  }

  /** Ends in order: what was accepted is on disk, and `abort` goes. It stays when something could not be written. */
  async close(): Promise<void> {
    await this.cleaner.idle();
    const isOnDisk = await this.flusher.finish();
    this.#recovered.segments.close();
    this.#queues.close();
    this.#index.close();
    if (isOnDisk) this.#abort.remove();
  }

  /** For tests: closes files as the end of a killed process does. */
  async abandon(): Promise<void> {
    await this.cleaner.idle();
    await this.flusher.idle();
    this.#recovered.segments.close();
    this.#queues.close();
    this.#index.close();
  }
}
