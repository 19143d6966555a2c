/**
 * Between the ring drain and the index: hashes the keys of a batch's records while they are at hand, and puts them when the batch is answered.
 * Commitlog worker. Java: CommitLogDispatcherBuildIndex.
 * Invariant: keys are put in the order of the log, and only of records that are in it.
 */
import type { IndexSet } from '../index/index-set.js';
import { isIndexed, KeyHashes, topicHashOf } from '../message/index-keys.js';
import type { RecordProperties } from '../message/record-properties.js';
import { RECORD } from '../message/stored-record.js';

/** The writer of one index. */
export class IndexWriter {
  readonly #index: IndexSet;
  readonly #hashes = new KeyHashes();
  /** By queue key. */
  readonly #topicHashes: (number | undefined)[] = [];

  constructor(index: IndexSet) {
    this.#index = index;
  }

  /** Keeps the keys of the record at `position`, whose properties were located, which goes to `physicalOffset`. */
  collect(
    source: Buffer,
    position: number,
    properties: RecordProperties,
    physicalOffset: number,
    queueKey: number,
    topic: string,
  ): void {
    if (!isIndexed(source.readInt32BE(position + RECORD.SYS_FLAG))) return;
    const topicHash = (this.#topicHashes[queueKey] ??= topicHashOf(topic));
    this.#hashes.add(source, properties, topicHash, physicalOffset);
  }

  /** Puts what was kept. Throws when slots of the index cannot be read: what was kept is lost then. */
  putBatch(storeTimestampMs: number): void {
    const { values, offsets, length } = this.#hashes;
    if (length === 0) return;
    this.#hashes.length = 0;
    this.#index.putAll(values, offsets, length, storeTimestampMs);
  }

  /** Writes if much is pending. Throws when the disk takes no entries, which stay in memory. */
  writeFull(): void {
    this.#index.writeFull();
  }

  /** Forgets what was kept: its records are not in the log. */
  dropBatch(): void {
    this.#hashes.length = 0;
  }
}
