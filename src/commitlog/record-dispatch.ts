/**
 * Takes from checked records what their consume-queue entries are made of, when the log is read again at start. Commitlog worker and pool.
 * Java: DispatchRequest, CommitLogDispatcherBuildConsumeQueue.
 */
import { type DelayLevelTable, tagsCodeOfRecord } from '../message/delay-level-table.js';
import { SysFlag, transactionTypeOf } from '../message/message-sys-flag.js';
import { readInt64, RECORD, type RecordParts, storeTimestampOf } from '../message/stored-record.js';

/** Where a record belongs. */
export type DispatchSink = (
  topic: string,
  queueId: number,
  queueOffset: number,
  physicalOffset: number,
  sizeBytes: number,
  tagsCode: number,
) => void;

/** The last record that was seen; both 0 when there was none. */
export interface LastRecord {
  physicalOffset: number;
  storeTimestampMs: number;
}

/** Visits the records of a scan and passes those from `fromOffset` on to a sink. */
export class RecordDispatch {
  readonly last: LastRecord = { physicalOffset: 0, storeTimestampMs: 0 };
  readonly #fromOffset: number;
  readonly #delayLevels: DelayLevelTable;
  readonly #sink: DispatchSink;

  constructor(fromOffset: number, delayLevels: DelayLevelTable, sink: DispatchSink) {
    this.#fromOffset = fromOffset;
    this.#delayLevels = delayLevels;
    this.#sink = sink;
  }

  /** A `RecordVisitor`. */
  readonly visit = (source: Buffer, position: number, physicalOffset: number, parts: RecordParts): void => {
    this.last.physicalOffset = physicalOffset;
    this.last.storeTimestampMs = storeTimestampOf(source, position);
    if (physicalOffset < this.#fromOffset) return;
    const transactionType = transactionTypeOf(source.readInt32BE(position + RECORD.SYS_FLAG));
    if (transactionType !== 0 && transactionType !== SysFlag.TRANSACTION_COMMIT) return;
    this.#sink(
      source.toString('utf8', parts.topicStart, parts.topicEnd),
      source.readInt32BE(position + RECORD.QUEUE_ID),
      readInt64(source, position + RECORD.QUEUE_OFFSET),
      physicalOffset,
      source.readInt32BE(position + RECORD.TOTAL_SIZE),
      tagsCodeOfRecord(source, parts, this.last.storeTimestampMs, this.#delayLevels),
    );
  };
}

const NUMBERS_PER_RECORD = 5;

/** What a scan in another thread found, in a form that moves without copying. */
export interface DispatchBatch {
  readonly queues: readonly { readonly topic: string; readonly queueId: number }[];
  /** For each record: index in `queues`, queue offset, physical offset, size, tags code. */
  readonly numbers: Float64Array<ArrayBuffer>;
}

/** Collects a batch. */
export class DispatchBatchBuilder {
  readonly #queues: { topic: string; queueId: number }[] = [];
  readonly #indexes = new Map<string, number>();
  #numbers = new Float64Array(4096 * NUMBERS_PER_RECORD);
  #length = 0;

  /** A `DispatchSink`. */
  readonly add: DispatchSink = (topic, queueId, queueOffset, physicalOffset, sizeBytes, tagsCode) => {
    if (this.#length === this.#numbers.length) this.#grow();
    this.#numbers[this.#length] = this.#indexOf(topic, queueId);
    this.#numbers[this.#length + 1] = queueOffset;
    this.#numbers[this.#length + 2] = physicalOffset;
    this.#numbers[this.#length + 3] = sizeBytes;
    this.#numbers[this.#length + 4] = tagsCode;
    this.#length += NUMBERS_PER_RECORD;
  };

  build(): DispatchBatch {
    return { queues: this.#queues, numbers: this.#numbers.slice(0, this.#length) };
  }

  #grow(): void {
    const larger = new Float64Array(this.#numbers.length * 2);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }

  #indexOf(topic: string, queueId: number): number {
    const name = `${topic}/${queueId}`;
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = this.#queues.push({ topic, queueId }) - 1;
      this.#indexes.set(name, index);
    }
    return index;
  }
}

/** Passes the records of a batch that begin before `untilOffset` to a sink, in order. */
export function replayBatch(batch: DispatchBatch, untilOffset: number, sink: DispatchSink): void {
  const { queues, numbers } = batch;
  for (let i = 0; i < numbers.length; i += NUMBERS_PER_RECORD) {
    const queue = queues[numbers[i] ?? -1];
    const physicalOffset = numbers[i + 2] ?? 0;
    if (queue === undefined || physicalOffset >= untilOffset) return;
    sink(queue.topic, queue.queueId, numbers[i + 1] ?? 0, physicalOffset, numbers[i + 3] ?? 0, numbers[i + 4] ?? 0);
  }
}
