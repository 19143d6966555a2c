/**
 * The keys by which a message can be found, as the hashes that the index holds. Any thread.
 * Java: IndexService.buildIndex and buildKey, IndexFile.indexKeyHashMethod.
 *
 *     topic#uniqueKey      the id that the client gave the message (UNIQ_KEY)
 *     topic#key            for each word of KEYS, split by spaces
 *     topic#T#tags         all tags as one
 *
 * Invariant: the order is Apache's, so that the same messages make the same index.
 */
import { SysFlag, transactionTypeOf } from './message-sys-flag.js';
import { hashOfText, type RecordProperties } from './record-properties.js';
import { javaStringHash, javaStringHashAfter } from './tags-code.js';

const SPACE = 0x20;
const FIRST_CAPACITY = 1024;

/** What a query says it asks for. Java: MessageConst.INDEX_KEY_TYPE and the like. */
export const IndexType = { KEY: 'K', UNIQUE: 'U', TAG: 'T' } as const;

/** The hash of what stands before a key of this topic. */
export function topicHashOf(topic: string): number {
  return javaStringHashAfter(javaStringHash(topic), '#');
}

/** The hash that the index has for a key of a topic. */
export function indexKeyHash(topic: string, key: string, indexType: string | undefined): number {
  const prefix = topicHashOf(topic);
  return positive(javaStringHashAfter(indexType === IndexType.TAG ? tagsPrefix(prefix) : prefix, key));
}

/** False for a rolled-back message, which is not indexed. Half messages are, under their own topic. */
export function isIndexed(sysFlag: number): boolean {
  return transactionTypeOf(sysFlag) !== SysFlag.TRANSACTION_ROLLBACK;
}

/** Hashes of the keys of several records, one after the other, each with its record's offset; memory is used again. */
export class KeyHashes {
  values = new Int32Array(FIRST_CAPACITY);
  offsets = new Float64Array(FIRST_CAPACITY);
  length = 0;

  /** Adds those of a record whose properties were located in `source`. */
  add(source: Buffer, properties: RecordProperties, topicHash: number, physicalOffset: number): void {
    const { uniqueKeyStart, keysStart, tagsStart } = properties;
    if (uniqueKeyStart >= 0) {
      this.#push(hashOfText(source, uniqueKeyStart, properties.uniqueKeyEnd, topicHash), physicalOffset);
    }
    if (keysStart >= 0) this.#addWords(source, keysStart, properties.keysEnd, topicHash, physicalOffset);
    if (tagsStart >= 0) {
      this.#push(hashOfText(source, tagsStart, properties.tagsEnd, tagsPrefix(topicHash)), physicalOffset);
    }
  }

  #addWords(source: Buffer, start: number, end: number, topicHash: number, physicalOffset: number): void {
    let wordStart = start;
    for (let at = start; at <= end; at++) {
      if (at < end && source[at] !== SPACE) continue;
      if (at > wordStart) this.#push(hashOfText(source, wordStart, at, topicHash), physicalOffset);
      wordStart = at + 1;
    }
  }

  #push(hash: number, physicalOffset: number): void {
    if (this.length === this.values.length) this.#grow();
    this.offsets[this.length] = physicalOffset;
    this.values[this.length++] = positive(hash);
  }

  #grow(): void {
    const { values, offsets } = this;
    this.values = new Int32Array(values.length * 2);
    this.values.set(values);
    this.offsets = new Float64Array(values.length * 2);
    this.offsets.set(offsets);
  }
}

function tagsPrefix(topicHash: number): number {
  return javaStringHashAfter(topicHash, 'T#');
}

/** Compat: Java's Math.abs leaves the smallest int negative, which Apache makes 0. */
function positive(hash: number): number {
  return hash === -0x8000_0000 ? 0 : Math.abs(hash);
}
