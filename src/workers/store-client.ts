/**
 * The store's front on the main thread: puts go through the request ring, results come back through the result ring, reads are
 * served from memory or files. Main thread. Java: DefaultMessageStore, as its callers see it.
 * Invariant: a queue's maximum offset moves when the worker's result says so, never before the message is as safe as its flush asks.
 */
import { join } from 'node:path';

import type { TimerHandle } from '../base/clock.js';
import { nodeFileSystem } from '../commitlog/file-system.js';
import { LogReader } from '../commitlog/log-reader.js';
import { StoreLock } from '../commitlog/store-lock.js';
import { ConsumeQueueReader } from '../consumequeue/consume-queue-reader.js';
import type { PropertyFilter } from '../filter/property-filter.js';
import { MESSAGE_MAGIC_V1, MESSAGE_MAGIC_V2, RECORD } from '../message/stored-record.js';
import { allocateDoorbell, Doorbell } from '../ring/doorbell.js';
import { allocateLogTailWindow, LogTailWindowReader } from '../ring/log-tail-window.js';
import { allocateRequestRing, RequestRingProducer } from '../ring/request-ring.js';
import { allocateResultRing, emptyStoredResult, NO_REQUEST_ID, ResultRingConsumer } from '../ring/result-ring.js';
import { allocateStoreStatusPage, StatusWord, StoreStatusPage } from '../ring/store-status-page.js';
import type { StoreMemory } from './control-message.js';
import { FilteredReader } from './filtered-reader.js';
import { IndexSearches } from './index-searches.js';
import { MessageReader } from './message-reader.js';
import {
  type ArrivalListener,
  type BoundaryType,
  type GetResult,
  type MessageFilter,
  type MessageQuery,
  type MessageStore,
  type MessageToStore,
  type PutResult,
  PutStatus,
  type QueueEntries,
  type QueryResult,
  type StoreStats,
} from './message-store.js';
import { allocateHaMemory, Replication } from './replication.js';
import { OffsetByTime } from './offset-by-time.js';
import { PendingPuts, refusedPut } from './pending-puts.js';
import { PutPipeline } from './put-pipeline.js';
import { type Queue, QueueTable } from './queue-table.js';
import { StoreRetention } from './store-retention.js';
import type { StoreClientOptions } from './store-client-options.js';
import { COMMITLOG_WORKER_URL, StoreThread } from './store-thread.js';
import { TaskPool } from './task-pool.js';
import { TopicDeletions } from './topic-deletions.js';

/** How long `stop` waits for the worker, from its last sign that it gets on with closing the store, before it ends it by force. */
export const STOP_TIMEOUT_MS = 10_000;

/** How often puts without an answer are looked at. */
const EXPIRY_INTERVAL_MS = 500;

/** Opens stores; see {@link MessageStore}. */
export class StoreClient implements MessageStore {
  readonly replication: Replication;
  readonly retention: StoreRetention;
  readonly #queues = new QueueTable();
  readonly #pending: PendingPuts;
  readonly #pipeline: PutPipeline;
  readonly #results: ResultRingConsumer;
  readonly #status: StoreStatusPage;
  readonly #window: LogTailWindowReader;
  readonly #thread: StoreThread;
  readonly #log: LogReader;
  readonly #consumeQueues: ConsumeQueueReader;
  readonly #reader: MessageReader;
  readonly #filteredReader: FilteredReader;
  readonly #offsetByTime: OffsetByTime;
  readonly #pool = new TaskPool();
  readonly #deletions = new TopicDeletions();
  readonly #searches: IndexSearches;
  readonly #options: StoreClientOptions;
  readonly #lock: StoreLock;
  readonly #expiry: TimerHandle;
  readonly #doorbell: Doorbell;
  #arrivalListener: ArrivalListener = () => undefined;
  #refusal: string | undefined;
  /** Java: RunningFlags. */
  #flagBits = 0;
  #stopped: Promise<void> | undefined;
  #isPumping = true;
  #stopDeadline: TimerHandle | undefined;

  private constructor(options: StoreClientOptions, lock: StoreLock, memory: StoreMemory) {
    this.#lock = lock;
    const { settings, clock } = options;
    this.#options = options;
    this.#pending = new PendingPuts(options.putsInFlightMax);
    this.#results = new ResultRingConsumer(memory.resultRing);
    this.#status = new StoreStatusPage(memory.statusPage);
    this.#window = new LogTailWindowReader(memory.window);
    const doorbell = new Doorbell(memory.doorbell);
    this.#doorbell = doorbell;
    this.#pipeline = new PutPipeline({
      ring: new RequestRingProducer(memory.requestRing),
      doorbell,
      queues: this.#queues,
      pending: this.#pending,
      limits: { maxMessageSizeBytes: settings.maxMessageSizeBytes, waitingBytesMax: options.waitingBytesMax },
      clock,
      storeHost: options.storeHost,
      onPressure: options.onPressure,
    });
    this.#log = new LogReader(settings.storePathCommitLog, settings.mappedFileSizeCommitLog);
    const consumeQueueFolder = join(settings.storePathRootDir, 'consumequeue');
    this.#consumeQueues = new ConsumeQueueReader(consumeQueueFolder, settings.mappedFileSizeConsumeQueue);
    this.#reader = new MessageReader(this.#window, this.#log, this.#consumeQueues);
    this.#filteredReader = new FilteredReader(this.#pool, this.#window, settings, consumeQueueFolder);
    this.#offsetByTime = new OffsetByTime(this.#pool, this.#reader, settings, consumeQueueFolder);
    this.#searches = new IndexSearches({
      settings,
      pool: this.#pool,
      askIndex: (id, keyHash) => this.#thread.askIndex(id, keyHash),
      recordAt: (physicalOffset) => this.recordAt(physicalOffset),
    });
    this.retention = new StoreRetention({
      queues: this.#queues,
      log: this.#log,
      consumeQueues: this.#consumeQueues,
      ask: (id, limits) => this.#thread.expire(id, limits),
      takeResults: () => this.#takeResults(),
      logMinOffset: () => this.#status.get(StatusWord.minPhysicalOffset),
    });
    const workerUrl = options.workerUrl ?? COMMITLOG_WORKER_URL;
    this.#thread = new StoreThread(workerUrl, { settings, memory }, doorbell, options.logger, {
      onRefusal: (refusal) => {
        this.#refusal = refusal?.reason;
        this.#flagBits = refusal?.flagBits ?? 0;
      },
      onTopicDeleted: (id, error) => this.#deletions.settle(id, error),
      onQueueOpened: (queue) => this.#queues.openAs(queue),
      onIndexStates: (id, states) => this.#searches.settle(id, states),
      onRetention: (message) => this.retention.receive(message),
      onFailure: (cause) => this.#onFailure(cause),
    });
    this.replication = new Replication(options.replication, memory, {
      clock,
      logger: options.logger,
      onFailure: options.onFailure,
    });
    this.#expiry = clock.every(EXPIRY_INTERVAL_MS, () => this.#expire());
  }

  /** Starts the worker and resolves when the store is recovered and takes messages. Rejects, with nothing left behind, when it cannot be opened. */
  static async open(options: StoreClientOptions): Promise<StoreClient> {
    const lock = await StoreLock.take(nodeFileSystem, options.settings.storePathRootDir);
    return StoreClient.#open(options, lock).catch((error: unknown) => {
      lock.release();
      throw error;
    });
  }

  static async #open(options: StoreClientOptions, lock: StoreLock): Promise<StoreClient> {
    const client = new StoreClient(options, lock, {
      requestRing: allocateRequestRing(options.requestRingSizeBytes),
      resultRing: allocateResultRing(options.putsInFlightMax),
      doorbell: allocateDoorbell(),
      window: allocateLogTailWindow(options.logTailWindowSizeBytes),
      statusPage: allocateStoreStatusPage(),
      ha: allocateHaMemory(options.replication, options.requestRingSizeBytes),
    });
    try {
      client.#queues.load(await client.#thread.ready());
    } catch (error) {
      client.#expiry.cancel();
      await client.#thread.terminate();
      throw error;
    }
    void client.#pump();
    return client;
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  putMessage(message: MessageToStore, done: (result: PutResult) => void): void {
    this.putMessages([message], done);
  }

  putMessages(messages: readonly MessageToStore[], done: (result: PutResult) => void): void {
    const refusal = this.#refusal ?? this.retention.diskFull ?? this.replication.putRefusal;
    if (refusal !== undefined) done(refusedPut(PutStatus.SERVICE_NOT_AVAILABLE, refusal));
    else this.#pipeline.put(messages, this.replication.waiting(messages, done));
  }

  getMessages(
    topic: string,
    queueId: number,
    offset: number,
    maxCount: number,
    maxBytes: number,
    filter: MessageFilter | undefined,
  ): GetResult | Promise<GetResult> {
    const queue = this.#queues.find(topic, queueId);
    if (typeof filter === 'object') return this.#filteredReader.get(queue, offset, { maxCount, maxBytes, filter });
    return this.#reader.get(queue, offset, { maxCount, maxBytes, filter });
  }

  matchInMemory(topic: string, queueId: number, offset: number, filter: PropertyFilter): boolean | undefined {
    return this.#filteredReader.matchInMemory(this.#queues.find(topic, queueId), offset, filter);
  }

  queueEntries(topic: string, queueId: number, offset: number, maxCount: number): QueueEntries | Promise<QueueEntries> {
    return this.#reader.entries(this.#queues.find(topic, queueId), offset, maxCount);
  }

  minOffset(topic: string, queueId: number): number {
    return this.#queues.find(topic, queueId)?.minOffset ?? 0;
  }

  maxOffset(topic: string, queueId: number): number {
    return this.#queues.find(topic, queueId)?.tail.nextOffset ?? 0;
  }

  isInMemory(topic: string, queueId: number, offset: number): boolean {
    const queue = this.#queues.find(topic, queueId);
    if (queue === undefined || offset < queue.tail.baseOffset || offset >= queue.tail.nextOffset) return false;
    return queue.tail.physicalOffsetAt(offset) >= this.#window.oldestOffset;
  }

  storeTimestampAt(topic: string, queueId: number, offset: number): Promise<number> {
    return this.#reader.storeTimestampAt(this.#queues.find(topic, queueId), offset);
  }

  earliestStoreTimestamp(topic: string, queueId: number): Promise<number> {
    return this.storeTimestampAt(topic, queueId, this.minOffset(topic, queueId));
  }

  async earliestLogTimestamp(): Promise<number> {
    const oldest = this.#status.get(StatusWord.minPhysicalOffset);
    return oldest < this.#status.get(StatusWord.writtenOffset) ? this.#log.storeTimestampAt(oldest) : -1;
  }

  offsetByTimestamp(topic: string, queueId: number, timestampMs: number, boundary: BoundaryType): Promise<number> {
    return this.#offsetByTime.search(this.#queues.find(topic, queueId), timestampMs, boundary);
  }

  async recordAt(physicalOffset: number): Promise<Buffer | undefined> {
    const end = this.#status.get(StatusWord.writtenOffset);
    if (physicalOffset < this.#status.get(StatusWord.minPhysicalOffset) || physicalOffset + 8 > end) return undefined;
    const head = Buffer.allocUnsafe(8);
    if (!(await this.#log.read(physicalOffset, head, 0, head.length))) return undefined;
    const sizeBytes = head.readInt32BE(RECORD.TOTAL_SIZE);
    const magic = head.readInt32BE(RECORD.MAGIC);
    const isRecord = magic === MESSAGE_MAGIC_V1 || magic === MESSAGE_MAGIC_V2;
    if (!isRecord || sizeBytes <= head.length || physicalOffset + sizeBytes > end) return undefined;
    return this.#log.recordAt(physicalOffset, sizeBytes);
  }

  queryMessage(query: MessageQuery): Promise<QueryResult> {
    return this.#searches.query(query);
  }

  queueIds(topic: string): number[] {
    return this.#queues.queueIds(topic);
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      await this.#consumeQueues.closeTopic(topic);
    }
    await Promise.all(topics.map((topic) => this.#deletions.begin((id) => this.#pipeline.deleteTopic(topic, id))));
  }

  setArrivalListener(listener: ArrivalListener): void {
    this.#arrivalListener = listener;
  }

  stats(): StoreStats {
    const written = this.#status.get(StatusWord.writtenOffset);
    const oldest = this.#status.get(StatusWord.minPhysicalOffset);
    return {
      minPhysicalOffset: oldest,
      maxPhysicalOffset: written,
      flushedOffset: this.#status.get(StatusWord.flushedOffset),
      dispatchBehindBytes: written - this.#status.get(StatusWord.dispatchedOffset),
      putsInFlight: this.#pending.size + this.#pipeline.waitingCount,
      commitLogSizeBytes: written - oldest,
      runningFlagBits: this.#flagBits,
    };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#refusal ??= 'the broker is stopping';
    await this.#endWorker();
    this.retention.failAll(this.#refusal);
    this.#searches.failAll(this.#refusal);
    this.#takeResults();
    this.#isPumping = false;
    this.#results.wake();
    this.#expiry.cancel();
    this.#filteredReader.stop();
    await Promise.all([this.#pool.close(), this.#log.close(), this.#consumeQueues.close()]);
    this.#lock.release();
  }

  /** Lets the worker answer what was accepted and end; one that does neither in time is ended by force, and its puts are answered. */
  async #endWorker(): Promise<void> {
    const { clock, logger } = this.#options;
    const end = async (): Promise<void> => {
      while (this.#pending.size + this.#pipeline.waitingCount > 0) {
        await this.#results.arrival();
        // Not left to the pump: while results are there, `arrival` is no wait, and the pump would never be woken.
        this.#takeResults();
      }
      await this.replication.stop();
      await this.#thread.stop();
    };
    const deadline = new Promise<'late'>((resolve) => {
      const awaitSteps = (stepsBefore: number): void => {
        this.#stopDeadline = clock.after(STOP_TIMEOUT_MS, () => {
          const steps = this.#status.get(StatusWord.closeSteps);
          if (steps === stepsBefore) resolve('late');
          else awaitSteps(steps);
        });
      };
      awaitSteps(0);
    });
    if ((await Promise.race([end(), deadline])) === 'late') {
      logger.error('the commitlog worker does not answer; it is ended by force', { puts: this.#pending.size });
      await this.replication.terminate();
      await this.#thread.terminate();
      this.#pipeline.refuseWaiting('the commitlog worker did not answer');
      this.#pending.failAll('the commitlog worker did not answer');
    }
    this.#stopDeadline?.cancel();
  }

  /** Takes results as they come, until the store is stopped. */
  async #pump(): Promise<void> {
    while (this.#isPumping) {
      this.#takeResults();
      await this.#results.arrival();
    }
  }

  #takeResults(): void {
    const result = emptyStoredResult();
    let taken = 0;
    while (this.#results.take(result)) {
      taken++;
      if (result.status === PutStatus.OK || result.status === PutStatus.FLUSH_DISK_TIMEOUT) {
        const queue = this.#queues.byKey(result.queueKey) ?? this.#newQueue(result.queueKey);
        if (queue !== undefined && result.isQueued) {
          queue.tail.push(result.queueOffset, result.physicalOffset, result.sizeBytes, result.tagsCode, this.#fileEnd);
          this.#arrivalListener(queue.topic, queue.queueId, result.queueOffset, result.tagsCode);
        }
      }
      if (result.requestId === NO_REQUEST_ID) continue;
      this.replication.resultEndOffset = result.physicalOffset + result.sizeBytes;
      // The worker tells the cause on another way, before the results that it has refused for it.
      if (result.status !== PutStatus.OK) this.#thread.takeMessages();
      this.#pending.settle(result, this.#refusal);
    }
    if (taken === 0) return;
    this.#results.release();
    this.#pipeline.drain();
    // A slave's worker stops at a full result ring, and has no puts to be woken for.
    if (this.replication.isSlave) this.#doorbell.ring();
  }

  /** The worker of a slave tells of a queue before its first result, on another way. */
  #newQueue(key: number): Queue | undefined {
    if (this.replication.isSlave) this.#thread.takeMessages();
    return this.#queues.byKey(key);
  }

  readonly #fileEnd = (): number => this.#status.get(StatusWord.consumeQueueWrittenOffset);

  #expire(): void {
    const { clock, putTimeoutMs } = this.#options;
    const deadlineMs = clock.monotonicMs() - putTimeoutMs;
    this.#pending.expire(deadlineMs, `not on disk within ${putTimeoutMs} ms`);
    this.#pipeline.expire(deadlineMs, `the disk takes nothing: no room to store it within ${putTimeoutMs} ms`);
  }

  #onFailure(cause: Error): void {
    this.#refusal = `the commitlog worker has ended: ${cause.message}`;
    this.#takeResults();
    this.#pipeline.refuseWaiting(this.#refusal);
    this.#pending.failAll(this.#refusal);
    this.#deletions.failAll(this.#refusal);
    this.replication.transfer?.stop();
    this.#searches.failAll(this.#refusal);
    this.retention.failAll(this.#refusal);
    this.#results.wake();
    this.#options.onFailure(cause);
  }
}
