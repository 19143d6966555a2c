/**
 * Fills in what only the log's writer knows of a record (offsets, store time, body CRC), in place, and says what its consume-queue
 * entry needs. Commitlog worker. Java: CommitLog.DefaultAppendMessageCallback.doAppend.
 */
import { assert } from '../base/assert.js';
import { type DelayLevelTable, dueTimestampOf } from '../message/delay-level-table.js';
import { SysFlag, transactionTypeOf } from '../message/message-sys-flag.js';
import { RecordProperties } from '../message/record-properties.js';
import { emptyRecordParts, locateParts, RECORD, storeTimestampPosition, writeInt64 } from '../message/stored-record.js';
import { bodyCrcOf } from './record-check.js';

/** Stamps one record after the other; its fields speak of the last one looked at. */
export class RecordStamper {
  sizeBytes = 0;
  /** Prepared and rolled-back messages are in no consume queue, and their queueOffset is 0. */
  isQueued = true;
  /** Or when the message is due, if it is a delayed one. */
  tagsCode = 0;
  /** Where tags and keys are in what was looked at. */
  readonly properties = new RecordProperties();
  readonly #parts = emptyRecordParts();
  readonly #delayLevels: DelayLevelTable;

  constructor(delayLevels: DelayLevelTable) {
    this.#delayLevels = delayLevels;
  }

  /** Looks at the record at `position`, which ends before `limit` and is stored at `storeTimestampMs`. */
  inspect(source: Buffer, position: number, limit: number, storeTimestampMs: number): void {
    assert(locateParts(source, position, limit, this.#parts), 'the main thread writes whole records');
    this.sizeBytes = source.readInt32BE(position + RECORD.TOTAL_SIZE);
    const transactionType = transactionTypeOf(source.readInt32BE(position + RECORD.SYS_FLAG));
    this.isQueued = transactionType === 0 || transactionType === SysFlag.TRANSACTION_COMMIT;
    this.properties.locate(source, this.#parts.propertiesStart, this.#parts.propertiesEnd);
    this.tagsCode =
      dueTimestampOf(source, this.#parts, storeTimestampMs, this.#delayLevels) ?? this.properties.tagsCode(source);
  }

  /** Stamps the record that was looked at. */
  stamp(target: Buffer, position: number, queueOffset: number, physicalOffset: number, storeTimestampMs: number): void {
    target.writeInt32BE(bodyCrcOf(target, this.#parts.bodyStart, this.#parts.bodyEnd), position + RECORD.BODY_CRC);
    writeInt64(target, queueOffset, position + RECORD.QUEUE_OFFSET);
    writeInt64(target, physicalOffset, position + RECORD.PHYSICAL_OFFSET);
    writeInt64(target, storeTimestampMs, storeTimestampPosition(target, position));
  }
}
