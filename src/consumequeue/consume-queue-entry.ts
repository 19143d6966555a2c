/**
 * One entry of a consume queue, declared once. Any thread. Java: ConsumeQueue.
 *
 *     0   i64  physicalOffset   of the record in the log
 *     8   i32  sizeBytes        of the record
 *     12  i64  tagsCode         Java's hash of the tags, the delivery time of a delayed message, or the place of an extension unit
 */
import { readInt64, writeInt64 } from '../message/stored-record.js';

/** Bytes of an entry. Java: CQ_STORE_UNIT_SIZE. */
export const ENTRY_BYTES = 20;

/** Where in an entry its tagsCode is. */
export const TAGS_CODE_AT = 12;

/** Size of the entries that stand before the first one of a queue that does not begin at 0. Java: ConsumeQueue.fillPreBlank. */
export const PRE_BLANK_SIZE_BYTES = 0x7fff_ffff;

/** An entry, decoded. */
export interface ConsumeQueueEntry {
  readonly physicalOffset: number;
  readonly sizeBytes: number;
  readonly tagsCode: number;
}

/** Writes an entry at `position`. */
export function writeEntry(
  target: Buffer,
  position: number,
  physicalOffset: number,
  sizeBytes: number,
  tagsCode: number,
): void {
  writeInt64(target, physicalOffset, position);
  target.writeInt32BE(sizeBytes, position + 8);
  writeInt64(target, tagsCode, position + TAGS_CODE_AT);
}

/** Reads the entry at `position`. */
export function readEntry(source: Buffer, position: number): ConsumeQueueEntry {
  return {
    physicalOffset: readInt64(source, position),
    sizeBytes: source.readInt32BE(position + 8),
    tagsCode: readInt64(source, position + TAGS_CODE_AT),
  };
}

/** True for an entry that only keeps its place: there is no message of that queue offset. */
export function isBlankEntry(entry: ConsumeQueueEntry): boolean {
  return entry.sizeBytes === PRE_BLANK_SIZE_BYTES;
}
