/**
 * Takes what the main thread has put into the request ring, gives it offsets, appends it to the log with one write, and answers.
 * Commitlog worker. Java: CommitLog.asyncPutMessages, GroupCommitService.
 * Invariant: a result with status OK is published after the operating system (ASYNC_FLUSH) or the disk (SYNC_FLUSH) has the record.
 */
import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { LogAppender } from '../commitlog/log-appender.js';
import type { LastRecord } from '../commitlog/record-dispatch.js';
import { RecordStamper } from '../commitlog/record-stamper.js';
import type { SegmentSet } from '../commitlog/segment-set.js';
import type { ConsumeQueueSet } from '../consumequeue/consume-queue-set.js';
import type { ConsumeQueueWriter } from '../consumequeue/consume-queue-writer.js';
import type { DelayLevelTable } from '../message/delay-level-table.js';
import { ENTRY, EntryKind, type RequestRingConsumer } from '../ring/request-ring.js';
import { emptyStoredResult, type ResultRingProducer, type StoredResult } from '../ring/result-ring.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';
import { PutStatus } from './message-store.js';
import type { IndexWriter } from './index-writer.js';
import type { WriteRefusal } from './write-refusal.js';

/** Most bytes between two writes. More would make the first of them wait: 512 KiB of 1 KiB messages are about a millisecond. */
const ASYNC_BATCH_BYTES_MAX = 512 * 1024;
/** With an fdatasync to each write, the more it covers the better. */
const SYNC_BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** What a drain works on. */
export interface RingDrainParts {
  readonly ring: RequestRingConsumer;
  readonly results: ResultRingProducer;
  readonly status: StoreStatusPage;
  readonly segments: SegmentSet;
  readonly appender: LogAppender;
  readonly queues: ConsumeQueueSet;
  /** Undefined when no index is kept. */
  readonly index: IndexWriter | undefined;
  readonly refusal: WriteRefusal;
  /** A DELETE_TOPIC entry is carried out, or has failed. */
  readonly onTopicDeleted: (id: number, error: string | undefined) => void;
  readonly isSyncFlush: boolean;
  /** `writtenOffset` has moved: slaves may be sent what is new. */
  readonly onWritten: () => void;
  readonly delayLevels: DelayLevelTable;
  readonly clock: Clock;
  /** The log's last record. */
  readonly last: LastRecord;
}

interface PendingRecord {
  readonly result: StoredResult;
  /** Undefined when the record is in no queue. */
  queue: ConsumeQueueWriter | undefined;
}

/** The way from the request ring to the log. */
export class RingDrain {
  /** The last record that was written. */
  readonly last: LastRecord;
  /** Bytes that a failed write may have left after the log's end. */
  failedBytes = 0;
  readonly #parts: RingDrainParts;
  readonly #bytesMax: number;
  readonly #stamper: RecordStamper;
  // Hot: objects are used again; a new one for each record cost 60 ns of garbage.
  readonly #pending: PendingRecord[] = [];
  #pendingCount = 0;
  #pendingBytes = 0;
  #refusedCount = 0;
  #storeTimestampMs = 0;

  constructor(parts: RingDrainParts) {
    this.#parts = parts;
    this.last = { ...parts.last };
    this.#stamper = new RecordStamper(parts.delayLevels);
    const wished = parts.isSyncFlush ? SYNC_BATCH_BYTES_MAX : ASYNC_BATCH_BYTES_MAX;
    this.#bytesMax = Math.min(wished, parts.appender.groupBytesMax);
  }

  /** Takes one batch; false when there was nothing. */
  run(): boolean {
    const { ring, clock } = this.#parts;
    let position = ring.peek();
    if (position < 0) return false;
    this.#storeTimestampMs = clock.nowMs();
    while (position >= 0 && this.#take(position)) {
      ring.advance();
      const isLater = ring.isAtKnownEnd;
      position = ring.peek();
      // What is put while the batch is made is not stored before it was put: a delayed message was due then, and not sooner.
      if (isLater && position >= 0) this.#storeTimestampMs = clock.nowMs();
    }
    this.#commit();
    return true;
  }

  /** Handles one entry; false when the batch has no room for it. */
  #take(position: number): boolean {
    const { bytes } = this.#parts.ring;
    const kind = bytes.readUInt16LE(position + ENTRY.KIND);
    if (kind === EntryKind.OPEN_QUEUE) {
      this.#openQueue(position);
      return true;
    }
    if (kind === EntryKind.DELETE_TOPIC) {
      this.#deleteTopic(position);
      return true;
    }
    assert(kind === EntryKind.PUT, 'an entry is a put, opens a queue or deletes a topic');
    const payloadBytes = bytes.readUInt32LE(position + ENTRY.PAYLOAD_SIZE);
    if (payloadBytes > this.#parts.appender.groupBytesMax) {
      this.#refuse(position, PutStatus.MESSAGE_ILLEGAL);
      return true;
    }
    if (this.#pendingBytes > 0 && this.#pendingBytes + payloadBytes > this.#bytesMax) return false;
    if (!this.#parts.appender.fitsSegment(payloadBytes)) this.#roll();
    if (this.#parts.refusal.reason === undefined) this.#append(position, payloadBytes);
    else this.#refuse(position, PutStatus.SERVICE_NOT_AVAILABLE);
    return true;
  }

  #topicOf(position: number): string {
    const { bytes } = this.#parts.ring;
    const payload = position + ENTRY.PAYLOAD;
    return bytes.toString('utf8', payload, payload + bytes.readUInt32LE(position + ENTRY.PAYLOAD_SIZE));
  }

  /** Puts before it go to the queues that it removes, puts after it to new ones. */
  #deleteTopic(position: number): void {
    const { ring, queues, onTopicDeleted } = this.#parts;
    const id = ring.bytes.readUInt32LE(position + ENTRY.REQUEST_ID);
    const topic = this.#topicOf(position);
    this.#commit();
    try {
      queues.deleteTopic(topic);
      onTopicDeleted(id, undefined);
    } catch (error) {
      onTopicDeleted(id, error instanceof Error ? error.message : String(error));
    }
  }

  #openQueue(position: number): void {
    const { ring, queues } = this.#parts;
    const topic = this.#topicOf(position);
    const key = ring.bytes.readUInt32LE(position + ENTRY.QUEUE_KEY);
    const firstOffset = ring.bytes.readDoubleLE(position + ENTRY.FIRST_QUEUE_OFFSET);
    queues.open(key, topic, ring.bytes.readUInt32LE(position + ENTRY.QUEUE_ID), firstOffset);
  }

  /** Stamps the entry's records where they stand and copies them to the log's end. */
  #append(position: number, payloadBytes: number): void {
    const { ring, appender, queues, index } = this.#parts;
    const stamper = this.#stamper;
    const requestId = ring.bytes.readUInt32LE(position + ENTRY.REQUEST_ID);
    const queueKey = ring.bytes.readUInt32LE(position + ENTRY.QUEUE_KEY);
    const count = ring.bytes.readUInt16LE(position + ENTRY.MESSAGE_COUNT);
    const queue = queues.byKey(queueKey);
    const start = position + ENTRY.PAYLOAD;
    const end = start + payloadBytes;
    let at = start;
    for (let i = 1; i <= count; i++) {
      stamper.inspect(ring.bytes, at, end, this.#storeTimestampMs);
      const physicalOffset = appender.endOffset + (at - start);
      const queueOffset = stamper.isQueued ? queue.nextOffset++ : 0;
      stamper.stamp(ring.bytes, at, queueOffset, physicalOffset, this.#storeTimestampMs);
      const pending = this.#nextPending();
      pending.queue = stamper.isQueued ? queue : undefined;
      index?.collect(ring.bytes, at, stamper.properties, physicalOffset, queueKey, queue.topic);
      const { result } = pending;
      result.requestId = requestId;
      result.queueKey = queueKey;
      result.sizeBytes = stamper.sizeBytes;
      result.isLast = i === count;
      result.isQueued = stamper.isQueued;
      result.queueOffset = queueOffset;
      result.physicalOffset = physicalOffset;
      result.tagsCode = stamper.tagsCode;
      result.storeTimestampMs = this.#storeTimestampMs;
      at += stamper.sizeBytes;
    }
    assert(at === end && count > 0, 'an entry holds the records it says');
    appender.append(ring.bytes, start, end);
    this.#pendingBytes += payloadBytes;
  }

  /** Answers an entry that is not stored. It takes its place among the results, nothing else. */
  #refuse(position: number, status: PutStatus): void {
    const { ring, results } = this.#parts;
    const result = emptyStoredResult();
    result.requestId = ring.bytes.readUInt32LE(position + ENTRY.REQUEST_ID);
    result.queueKey = ring.bytes.readUInt32LE(position + ENTRY.QUEUE_KEY);
    result.status = status;
    results.add(result);
    this.#refusedCount++;
  }

  #roll(): void {
    this.#commit();
    if (this.#parts.refusal.reason !== undefined) return;
    rollSegment(this.#parts);
  }

  /** Writes the batch, makes it durable if asked to, and answers. */
  #commit(): void {
    const { ring, results, queues, refusal } = this.#parts;
    if (this.#pendingCount > 0) this.#settle(this.#write());
    // Bytes of the ring were copied to the window: the main thread may have them back.
    ring.release();
    if (this.#pendingCount > 0 || this.#refusedCount > 0) results.publish();
    this.#index();
    this.#pendingCount = 0;
    this.#pendingBytes = 0;
    this.#refusedCount = 0;
    try {
      queues.writeFull();
    } catch (error) {
      refusal.refuseAfterWrite('a consume queue', error);
    }
  }

  #write(): PutStatus {
    const { appender, segments, status, refusal, ring, isSyncFlush, onWritten } = this.#parts;
    try {
      appender.write();
    } catch (error) {
      this.failedBytes = Math.max(this.failedBytes, appender.takeBack());
      this.#takeBackOffsets();
      refusal.refuseAfterWrite('the commit log', error);
      return PutStatus.SERVICE_NOT_AVAILABLE;
    }
    status.set(StatusWord.writtenOffset, appender.writtenOffset);
    onWritten();
    if (!isSyncFlush) return PutStatus.OK;
    ring.release();
    try {
      segments.fdatasync();
    } catch (error) {
      refusal.refuseAfterSync('the commit log', error);
      return PutStatus.FLUSH_DISK_TIMEOUT;
    }
    status.set(StatusWord.flushedOffset, appender.writtenOffset);
    return PutStatus.OK;
  }

  #takeBackOffsets(): void {
    for (let i = 0; i < this.#pendingCount; i++) {
      const queue = this.#pending[i]?.queue;
      if (queue !== undefined) queue.nextOffset--;
    }
  }

  /** Adds consume-queue entries of what is in the log, and results. */
  #settle(outcome: PutStatus): void {
    const { appender, queues, results, status } = this.#parts;
    const isStored = outcome !== PutStatus.SERVICE_NOT_AVAILABLE;
    if (isStored) appender.publish();
    else this.#parts.index?.dropBatch();
    for (let i = 0; i < this.#pendingCount; i++) {
      const pending = this.#pending[i];
      assert(pending !== undefined, 'a pending record has its place');
      const { queue, result } = pending;
      if (isStored && queue !== undefined)
        queues.append(queue, result.physicalOffset, result.sizeBytes, result.tagsCode);
      result.status = outcome;
      results.add(result);
    }
    if (!isStored) return;
    const newest = this.#pending[this.#pendingCount - 1]?.result;
    assert(newest !== undefined, 'a batch has records');
    this.last.physicalOffset = newest.physicalOffset;
    this.last.storeTimestampMs = newest.storeTimestampMs;
    status.set(StatusWord.dispatchedOffset, appender.writtenOffset);
  }

  /** Keys of what is in the log go to the index, after the answers. */
  #index(): void {
    const { index, refusal } = this.#parts;
    if (index === undefined) return;
    try {
      index.putBatch(this.#storeTimestampMs);
    } catch (error) {
      // Keys of answered messages are not in memory either: the next start makes them again.
      refusal.refuseForGood(
        'the index',
        `cannot read the index: ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
    try {
      index.writeFull();
    } catch (error) {
      refusal.refuseAfterWrite('the index', error);
    }
  }

  #nextPending(): PendingRecord {
    const index = this.#pendingCount++;
    return (this.#pending[index] ??= { result: emptyStoredResult(), queue: undefined });
  }
}

/** Goes on to the next segment, whose file is made first; when either fails, messages are refused. */
export function rollSegment(parts: {
  readonly segments: SegmentSet;
  readonly appender: LogAppender;
  readonly refusal: WriteRefusal;
}): boolean {
  const { segments, appender, refusal } = parts;
  try {
    segments.createNext();
  } catch (error) {
    refusal.refuseAfterWrite('the next commit log file', error);
    return false;
  }
  try {
    appender.roll();
    return true;
  } catch (error) {
    refusal.refuseAfterWrite('the commit log', error);
    return false;
  }
}
