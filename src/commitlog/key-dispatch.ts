/**
 * Takes from checked records the keys that the index holds of them, when the log is read again at start. Commitlog worker and pool.
 * Java: CommitLogDispatcherBuildIndex, called from CommitLog's recovery.
 */
import { isIndexed, KeyHashes, topicHashOf } from '../message/index-keys.js';
import { RecordProperties } from '../message/record-properties.js';
import { RECORD, type RecordParts, storeTimestampOf } from '../message/stored-record.js';

/** Where a key belongs. */
export type KeySink = (keyHash: number, physicalOffset: number, storeTimestampMs: number) => void;

/** Visits the records of a scan and passes the keys of those from `fromOffset` on to a sink. */
export class KeyDispatch {
  readonly #fromOffset: number;
  readonly #sink: KeySink;
  readonly #properties = new RecordProperties();
  readonly #hashes = new KeyHashes();

  constructor(fromOffset: number, sink: KeySink) {
    this.#fromOffset = fromOffset;
    this.#sink = sink;
  }

  /** A `RecordVisitor`. */
  readonly visit = (source: Buffer, position: number, physicalOffset: number, parts: RecordParts): void => {
    if (physicalOffset < this.#fromOffset || !isIndexed(source.readInt32BE(position + RECORD.SYS_FLAG))) return;
    this.#properties.locate(source, parts.propertiesStart, parts.propertiesEnd);
    const topicHash = topicHashOf(source.toString('utf8', parts.topicStart, parts.topicEnd));
    this.#hashes.length = 0;
    this.#hashes.add(source, this.#properties, topicHash, physicalOffset);
    const storeTimestampMs = storeTimestampOf(source, position);
    for (let i = 0; i < this.#hashes.length; i++)
      this.#sink(this.#hashes.values[i] ?? 0, physicalOffset, storeTimestampMs);
  };
}

const NUMBERS_PER_KEY = 3;

/** Collects keys in a form that moves between threads without copying: for each key hash, physical offset, store time. */
export class KeyBatchBuilder {
  #numbers = new Float64Array(1024 * NUMBERS_PER_KEY);
  #length = 0;

  /** A `KeySink`. */
  readonly add: KeySink = (keyHash, physicalOffset, storeTimestampMs) => {
    if (this.#length === this.#numbers.length) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length] = keyHash;
    this.#numbers[this.#length + 1] = physicalOffset;
    this.#numbers[this.#length + 2] = storeTimestampMs;
    this.#length += NUMBERS_PER_KEY;
  };

  build(): Float64Array<ArrayBuffer> {
    return this.#numbers.slice(0, this.#length);
  }
}

/** Passes the keys of a batch whose records begin before `untilOffset` to a sink, in order. */
export function replayKeys(numbers: Float64Array, untilOffset: number, sink: KeySink): void {
  for (let i = 0; i < numbers.length; i += NUMBERS_PER_KEY) {
    const physicalOffset = numbers[i + 1] ?? 0;
    if (physicalOffset >= untilOffset) return;
    sink(numbers[i] ?? 0, physicalOffset, numbers[i + 2] ?? 0);
  }
}
