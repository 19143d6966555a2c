/**
 * Reads records out of a store, from the log or along one queue. Main thread, read-only; blocks it. Java: none.
 * Invariant: one record is in memory at a time; what is not whole is stepped over.
 */
import { join } from 'node:path';

import { segmentName } from '../base/segment-name.js';
import { nodeFileSystem, readFully } from '../commitlog/file-system.js';
import { checkPiece, piecesOf } from '../commitlog/log-piece.js';
import { visitRecord } from '../commitlog/segment-scan.js';
import { ENTRY_BYTES, isBlankEntry, readEntry } from '../consumequeue/consume-queue-entry.js';
import { bodySizePosition, readInt64, RECORD, type RecordParts, storeTimestampOf } from '../message/stored-record.js';
import type { StoreLayout } from './store-layout.js';

/** A record, taken apart. */
export interface DumpedRecord {
  readonly physicalOffset: number;
  readonly sizeBytes: number;
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly flag: number;
  readonly sysFlag: number;
  readonly bornTimestampMs: number;
  readonly storeTimestampMs: number;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Which records. */
export interface DumpSelection {
  readonly topic: string | undefined;
  /** With a topic only: the records of its consume queue, in its order. */
  readonly queueId: number | undefined;
  /** The first queue offset with a queue, else the first physical offset. */
  readonly from: number;
  readonly count: number;
  /** A key, as in KEYS, or a unique key. */
  readonly key: string | undefined;
}

/** Calls `take` with each record of the selection, in order. */
export function dumpRecords(layout: StoreLayout, selection: DumpSelection, take: (record: DumpedRecord) => void): void {
  const dump = new Dump(selection, take);
  if (selection.topic !== undefined && selection.queueId !== undefined) {
    dumpQueue(layout, selection.topic, selection.queueId, selection.from, dump);
  } else {
    dumpLog(layout, selection.from, dump);
  }
}

class Dump {
  readonly #selection: DumpSelection;
  readonly #take: (record: DumpedRecord) => void;
  #count = 0;

  constructor(selection: DumpSelection, take: (record: DumpedRecord) => void) {
    this.#selection = selection;
    this.#take = take;
  }

  get isDone(): boolean {
    return this.#count >= this.#selection.count;
  }

  /** A `RecordVisitor`. */
  readonly visit = (source: Buffer, position: number, physicalOffset: number, parts: RecordParts): void => {
    if (this.isDone) return;
    const { topic, key } = this.#selection;
    if (topic !== undefined && source.toString('utf8', parts.topicStart, parts.topicEnd) !== topic) return;
    const record = takeApart(source, position, physicalOffset, parts);
    if (key !== undefined && !hasKey(record, key)) return;
    this.#count++;
    this.#take(record);
  };
}

function dumpLog({ segments }: StoreLayout, fromOffset: number, dump: Dump): void {
  for (const segment of segments) {
    const from = Math.max(fromOffset, segment.startOffset);
    if (from >= segment.startOffset + segment.sizeBytes) continue;
    for (const piece of piecesOf(segment, segment.writtenBytesMax, from)) {
      if (dump.isDone) return;
      checkPiece(nodeFileSystem, piece, dump.visit);
    }
  }
}

function dumpQueue(layout: StoreLayout, topic: string, queueId: number, fromOffset: number, dump: Dump): void {
  const { consumeQueueFolder, queueFileSizeBytes } = layout;
  const folder = join(consumeQueueFolder, topic, String(queueId));
  const bytes = Buffer.alloc(ENTRY_BYTES);
  for (let offset = fromOffset; !dump.isDone; offset++) {
    const inFile = (offset * ENTRY_BYTES) % queueFileSizeBytes;
    const path = join(folder, segmentName(offset * ENTRY_BYTES - inFile));
    if (!nodeFileSystem.exists(path)) return;
    const file = nodeFileSystem.open(path, 'read');
    const read = readFully(nodeFileSystem, file, bytes, 0, ENTRY_BYTES, inFile);
    nodeFileSystem.close(file);
    const entry = readEntry(bytes, 0);
    if (read < ENTRY_BYTES || entry.sizeBytes === 0) return;
    const { physicalOffset } = entry;
    const segment = layout.segments.find(
      ({ startOffset, sizeBytes }) => physicalOffset >= startOffset && physicalOffset < startOffset + sizeBytes,
    );
    if (segment === undefined || isBlankEntry(entry)) continue;
    visitRecord(nodeFileSystem, { ...segment, fromOffset: physicalOffset }, dump.visit);
  }
}

function takeApart(source: Buffer, position: number, physicalOffset: number, parts: RecordParts): DumpedRecord {
  const bodyAt = bodySizePosition(source, position);
  return {
    physicalOffset,
    sizeBytes: source.readInt32BE(position + RECORD.TOTAL_SIZE),
    topic: source.toString('utf8', parts.topicStart, parts.topicEnd),
    queueId: source.readInt32BE(position + RECORD.QUEUE_ID),
    queueOffset: readInt64(source, position + RECORD.QUEUE_OFFSET),
    flag: source.readInt32BE(position + RECORD.FLAG),
    sysFlag: source.readInt32BE(position + RECORD.SYS_FLAG),
    bornTimestampMs: readInt64(source, position + RECORD.BORN_TIMESTAMP),
    storeTimestampMs: storeTimestampOf(source, position),
    reconsumeTimes: source.readInt32BE(bodyAt - 12),
    preparedTransactionOffset: readInt64(source, bodyAt - 8),
    properties: propertiesOf(source.toString('utf8', parts.propertiesStart, parts.propertiesEnd)),
    body: source.subarray(parts.bodyStart, parts.bodyEnd),
  };
}

function propertiesOf(text: string): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const pair of text.split('\u0002')) {
    const separator = pair.indexOf('\u0001');
    if (separator > 0) properties[pair.slice(0, separator)] = pair.slice(separator + 1);
  }
  return properties;
}

function hasKey({ properties }: DumpedRecord, key: string): boolean {
  const { KEYS, UNIQ_KEY } = properties;
  return UNIQ_KEY === key || (KEYS?.split(' ').includes(key) ?? false);
}
