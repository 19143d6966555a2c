/**
 * Takes what the HA thread has received from the master, appends it at the master's offsets and dispatches it. Commitlog worker of a slave.
 * Java: DefaultMessageStore.appendToCommitLog, ReputMessageService.
 * Invariant: records are whole, checked and follow each other without a gap; `writtenOffset` (SYNC_FLUSH: `flushedOffset`), which the HA thread
 * acknowledges, moves only after the operating system (the disk) has them. An entry that could not be written stays in the ring.
 */
import { assert } from '../base/assert.js';
import { KeyDispatch } from '../commitlog/key-dispatch.js';
import type { LogAppender } from '../commitlog/log-appender.js';
import { type LastRecord, RecordDispatch } from '../commitlog/record-dispatch.js';
import type { SegmentSet } from '../commitlog/segment-set.js';
import type { ConsumeQueueSet } from '../consumequeue/consume-queue-set.js';
import type { IndexSet } from '../index/index-set.js';
import type { DelayLevelTable } from '../message/delay-level-table.js';
import { emptyRecordParts, locateParts, RECORD } from '../message/stored-record.js';
import { ENTRY, EntryKind, type RequestRingConsumer } from '../ring/request-ring.js';
import { emptyStoredResult, NO_REQUEST_ID, type ResultRingProducer } from '../ring/result-ring.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';
import { PutStatus } from './message-store.js';
import type { ReplicaQueues } from './replica-queues.js';
import { rollSegment } from './ring-drain.js';
import type { WriteRefusal } from './write-refusal.js';

/** Most bytes between two rounds of results, and with SYNC_FLUSH between two fdatasyncs. */
const BATCH_BYTES_MAX = 1024 * 1024;

/** What stands at the log's end. */
const RESTARTED_WORDS = [
  'minPhysicalOffset',
  'writtenOffset',
  'flushedOffset',
  'dispatchedOffset',
  'consumeQueueWrittenOffset',
] as const;

/** What a drain works on. */
export interface ReplicaDrainParts {
  readonly ring: RequestRingConsumer;
  readonly results: ResultRingProducer;
  readonly status: StoreStatusPage;
  readonly segments: SegmentSet;
  readonly appender: LogAppender;
  readonly queues: ConsumeQueueSet;
  readonly replicaQueues: ReplicaQueues;
  /** Undefined when no index is kept. */
  readonly index: IndexSet | undefined;
  readonly refusal: WriteRefusal;
  readonly isSyncFlush: boolean;
  readonly delayLevels: DelayLevelTable;
  /** The log, which has no records, begins here from now on. */
  readonly onRestart: (startOffset: number) => void;
  /** There is more to acknowledge, and room in the ring. */
  readonly onWritten: () => void;
  /** A write has failed that may have left so many bytes after the log's end. */
  readonly onWriteFailed: (sizeBytes: number) => void;
  /** The log's last record, kept up to date here. */
  readonly last: LastRecord;
}

/** The way from the HA thread's ring to the log. */
export class ReplicaDrain {
  readonly #parts: ReplicaDrainParts;
  readonly #recordParts = emptyRecordParts();
  readonly #dispatch: RecordDispatch;
  /** Undefined when no index is kept. */
  readonly #keys: KeyDispatch | undefined;
  readonly #result = emptyStoredResult();
  #hasResults = false;

  constructor(parts: ReplicaDrainParts) {
    this.#parts = parts;
    this.#dispatch = new RecordDispatch(0, parts.delayLevels, this.#addEntry);
    const { index } = parts;
    if (index !== undefined) {
      this.#keys = new KeyDispatch(0, (keyHash, physicalOffset, storeTimestampMs) =>
        index.put(keyHash, physicalOffset, storeTimestampMs),
      );
    }
    this.#result.requestId = NO_REQUEST_ID;
  }

  /** True if `run` would find something that it can do now. */
  get hasWork(): boolean {
    const { ring, refusal } = this.#parts;
    if (refusal.reason !== undefined) return false;
    const position = ring.peek();
    return position >= 0 && this.#hasResultRoom(position);
  }

  /** Takes one batch; false when there was nothing that could be done. */
  run(): boolean {
    const { ring } = this.#parts;
    let bytes = 0;
    while (bytes < BATCH_BYTES_MAX && this.hasWork) {
      const position = ring.peek();
      if (!this.#take(position)) break;
      bytes += ENTRY.PAYLOAD + ring.bytes.readUInt32LE(position + ENTRY.PAYLOAD_SIZE);
      ring.advance();
    }
    if (bytes > 0) this.#commit();
    return bytes > 0;
  }

  #hasResultRoom(position: number): boolean {
    const { ring, results } = this.#parts;
    return ring.bytes.readUInt16LE(position + ENTRY.MESSAGE_COUNT) <= results.room;
  }

  /** Handles one entry; false when it could not be written. */
  #take(position: number): boolean {
    const { ring, appender } = this.#parts;
    const kind = ring.bytes.readUInt16LE(position + ENTRY.KIND);
    const physicalOffset = ring.bytes.readDoubleLE(position + ENTRY.PHYSICAL_OFFSET);
    if (physicalOffset !== appender.endOffset) this.#restart(physicalOffset);
    if (kind === EntryKind.REPLICA_BLANK) return rollSegment(this.#parts);
    assert(kind === EntryKind.REPLICA, 'an entry holds records or closes a segment');
    const start = position + ENTRY.PAYLOAD;
    const end = start + ring.bytes.readUInt32LE(position + ENTRY.PAYLOAD_SIZE);
    const isWritten = this.#write(() => {
      appender.append(ring.bytes, start, end);
      appender.write();
    });
    if (isWritten) this.#dispatchRecords(start, end, physicalOffset);
    return isWritten;
  }

  /** It may go back: to a master that has lost the end of its log, or to another one. */
  #restart(startOffset: number): void {
    const { appender, status, onRestart } = this.#parts;
    appender.restart(startOffset);
    for (const word of RESTARTED_WORDS) status.set(StatusWord[word], startOffset);
    onRestart(startOffset);
  }

  #write(write: () => void): boolean {
    const { appender, refusal, onWriteFailed } = this.#parts;
    try {
      write();
      return true;
    } catch (error) {
      onWriteFailed(appender.takeBack());
      refusal.refuseAfterWrite('the commit log', error);
      return false;
    }
  }

  #dispatchRecords(start: number, end: number, physicalOffset: number): void {
    const { bytes } = this.#parts.ring;
    for (let at = start; at < end;) {
      assert(locateParts(bytes, at, end, this.#recordParts), 'the HA thread passes whole records');
      this.#dispatch.visit(bytes, at, physicalOffset + (at - start), this.#recordParts);
      this.#index(at, physicalOffset + (at - start));
      at += bytes.readInt32BE(at + RECORD.TOTAL_SIZE);
    }
  }

  /** Puts the keys of the record that `#recordParts` speaks of. */
  #index(position: number, physicalOffset: number): void {
    const { ring, refusal } = this.#parts;
    try {
      this.#keys?.visit(ring.bytes, position, physicalOffset, this.#recordParts);
    } catch (error) {
      refusal.refuseForGood(
        'the index',
        `cannot read the index: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  readonly #addEntry = (
    topic: string,
    queueId: number,
    queueOffset: number,
    physicalOffset: number,
    sizeBytes: number,
    tagsCode: number,
  ): void => {
    const { queues, results, replicaQueues } = this.#parts;
    const { key, queue } = replicaQueues.take(topic, queueId, queueOffset);
    queues.append(queue, physicalOffset, sizeBytes, tagsCode);
    const result = this.#result;
    result.queueKey = key;
    result.sizeBytes = sizeBytes;
    result.status = PutStatus.OK;
    result.queueOffset = queueOffset;
    result.physicalOffset = physicalOffset;
    result.tagsCode = tagsCode;
    result.storeTimestampMs = this.#dispatch.last.storeTimestampMs;
    results.add(result);
    this.#hasResults = true;
  };

  /** Makes the batch durable if asked to, and shows it to acknowledgements, readers and consumers. */
  #commit(): void {
    const { ring, results, status, appender, queues, index, refusal, last, onWritten } = this.#parts;
    status.set(StatusWord.minPhysicalOffset, this.#parts.segments.minOffset);
    status.set(StatusWord.writtenOffset, appender.writtenOffset);
    this.#flush();
    if (this.#dispatch.last.storeTimestampMs > 0) {
      status.set(StatusWord.lastRecordOffset, this.#dispatch.last.physicalOffset);
    }
    // Last: with the ring empty, the HA thread says where this log ends.
    ring.release();
    appender.publish();
    if (this.#dispatch.last.storeTimestampMs > 0) Object.assign(last, this.#dispatch.last);
    status.set(StatusWord.dispatchedOffset, appender.writtenOffset);
    if (this.#hasResults) results.publish();
    this.#hasResults = false;
    onWritten();
    try {
      queues.writeFull();
    } catch (error) {
      refusal.refuseAfterWrite('a consume queue', error);
    }
    try {
      index?.writeFull();
    } catch (error) {
      refusal.refuseAfterWrite('the index', error);
    }
  }

  #flush(): void {
    const { isSyncFlush, segments, status, appender, refusal } = this.#parts;
    if (!isSyncFlush) return;
    try {
      segments.fdatasync();
      status.set(StatusWord.flushedOffset, appender.writtenOffset);
    } catch (error) {
      refusal.refuseAfterSync('the commit log', error);
    }
  }
}
