/**
 * A log and a consume queue as files, laid out record by record, for tests of scans. Java: none.
 * Invariant: records lie one after the other as Apache lays them, none over a segment's end.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { segmentName } from '#src/base/segment-name.js';
import { ENTRY_BYTES, writeEntry } from '#src/consumequeue/consume-queue-entry.js';
import { encodeRecord, RECORD, recordSize, writeInt64 } from '#src/message/stored-record.js';

const HOST = Buffer.from('7f0000010000c350', 'hex');
const TOPIC = 'Scanned';

/** A whole record. */
export function storedRecord(queueOffset: number, physicalOffset: number, properties: string, bodyBytes = 20): Buffer {
  const topic = Buffer.from(TOPIC);
  const propertiesBytes = Buffer.byteLength(properties);
  const record = Buffer.alloc(recordSize(8, 8, bodyBytes, topic.length, propertiesBytes));
  const message = {
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestampMs: 1,
    bornHost: HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.alloc(bodyBytes, 'b'),
  };
  encodeRecord(record, 0, message, HOST, topic, properties, propertiesBytes);
  writeInt64(record, queueOffset, RECORD.QUEUE_OFFSET);
  writeInt64(record, physicalOffset, RECORD.PHYSICAL_OFFSET);
  return record;
}

/** Queue offsets of records that lie one after the other. */
export function queueOffsetsOf(records: Uint8Array): number[] {
  const bytes = Buffer.from(records.buffer, records.byteOffset, records.length);
  const offsets: number[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32BE(at)) {
    offsets.push(Number(bytes.readBigInt64BE(at + RECORD.QUEUE_OFFSET)));
  }
  return offsets;
}

interface Entry {
  readonly physicalOffset: number;
  readonly sizeBytes: number;
}

/** See the file's comment. */
export class ScannedStore {
  readonly topic = TOPIC;
  readonly commitLogFolder: string;
  readonly consumeQueueFolder: string;
  readonly segmentSizeBytes: number;
  readonly consumeQueueFileSizeBytes: number;
  readonly entries: Entry[] = [];
  readonly #segments = new Map<number, Buffer>();
  #end = 0;

  constructor(folder: string, segmentSizeBytes = 64 * 1024, entriesAFile = 30) {
    this.commitLogFolder = join(folder, 'commitlog');
    this.consumeQueueFolder = join(folder, 'consumequeue');
    this.segmentSizeBytes = segmentSizeBytes;
    this.consumeQueueFileSizeBytes = entriesAFile * ENTRY_BYTES;
  }

  /** Adds a message to the queue. */
  add(properties: string, bodyBytes?: number): void {
    const record = storedRecord(this.entries.length, this.#end, properties, bodyBytes);
    const physicalOffset = this.skip(record.length);
    writeInt64(record, physicalOffset, RECORD.PHYSICAL_OFFSET);
    const start = physicalOffset - (physicalOffset % this.segmentSizeBytes);
    const segment = this.#segments.get(start) ?? Buffer.alloc(this.segmentSizeBytes);
    this.#segments.set(start, segment);
    record.copy(segment, physicalOffset - start);
    this.entries.push({ physicalOffset, sizeBytes: record.length });
  }

  /** Leaves room in the log, as messages of other queues would take it; gives where it begins. */
  skip(sizeBytes: number): number {
    const left = this.segmentSizeBytes - (this.#end % this.segmentSizeBytes);
    if (sizeBytes > left) this.#end += left;
    const start = this.#end;
    this.#end += sizeBytes;
    return start;
  }

  /** Writes the files, but for the segments that begin before `fromOffset`. */
  write(fromOffset = 0): void {
    mkdirSync(this.commitLogFolder, { recursive: true });
    for (const [start, segment] of this.#segments) {
      if (start >= fromOffset) writeFileSync(join(this.commitLogFolder, segmentName(start)), segment);
    }
    const queueFolder = join(this.consumeQueueFolder, this.topic, '0');
    mkdirSync(queueFolder, { recursive: true });
    const fileSizeBytes = this.consumeQueueFileSizeBytes;
    for (let file = 0; file * fileSizeBytes < this.entries.length * ENTRY_BYTES; file++) {
      const bytes = Buffer.alloc(fileSizeBytes);
      const first = (file * fileSizeBytes) / ENTRY_BYTES;
      this.entries.slice(first, first + fileSizeBytes / ENTRY_BYTES).forEach(({ physicalOffset, sizeBytes }, i) => {
        writeEntry(bytes, i * ENTRY_BYTES, physicalOffset, sizeBytes, 0);
      });
      writeFileSync(join(queueFolder, segmentName(file * fileSizeBytes)), bytes);
    }
  }
}
