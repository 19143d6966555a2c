/**
 * Between the ring drain and the index: hashes the keys of a batch's records while they are at hand, and puts them when the batch is answered.
 * Commitlog worker. Java: CommitLogDispatcherBuildIndex.
 * Invariant: keys are put in the order of the log, and only of records that are in it.
 */
import { assert } from '../base/assert.js';
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
  #putCount = 0;

  constructor(index: IndexSet) {
    this.#index = index;
  }

  /** Keeps the keys of the record at `position`, whose properties were located; returns how many they are. */
  collect(source: Buffer, position: number, properties: RecordProperties, queueKey: number, topic: string): number {
    if (!isIndexed(source.readInt32BE(position + RECORD.SYS_FLAG))) return 0;
    const topicHash = (this.#topicHashes[queueKey] ??= topicHashOf(topic));
    return this.#hashes.add(source, properties, topicHash);
  }

  /** Puts the next `keyCount` keys that were kept. */
  put(keyCount: number, physicalOffset: number, storeTimestampMs: number): void {
    const { values, length } = this.#hashes;
    const end = this.#putCount + keyCount;
    assert(end <= length, 'keys are kept before they are put');
    for (let i = this.#putCount; i < end; i++) this.#index.put(values[i] ?? 0, physicalOffset, storeTimestampMs);
    this.#putCount = end;
  }

  /** Ends a batch; what was kept and not put is forgotten. Throws when the disk takes no entries, which stay in memory. */
  endBatch(): void {
    this.#hashes.length = 0;
    this.#putCount = 0;
    this.#index.writeFull();
  }
}
