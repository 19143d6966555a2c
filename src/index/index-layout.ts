/**
 * One file of the index, declared once. Commitlog worker and pool. Java: IndexFile, IndexHeader.
 *
 *     0   i64  beginTimestampMs      store time of the first entry's record; in a file without entries, of the last of the file before
 *     8   i64  endTimestampMs        the same of the last entry's
 *     16  i64  beginPhysicalOffset   where those records begin
 *     24  i64  endPhysicalOffset
 *     32  i32  hashSlotCount         slots in use
 *     36  i32  indexCount            places in use; place 0 never is, and counts
 *     40  i32  for each of hashSlotNum slots (keyHash mod hashSlotNum): place of its newest entry, 0 for none
 *     …        for each of indexNum places an entry:
 *
 *         0   i32  keyHash           see `index-keys.ts`
 *         4   i64  physicalOffset    of the record
 *         12  i32  timeSeconds       store time after beginTimestampMs, rounded down
 *         16  i32  previous          place of the slot's entry before, 0 for none
 *
 * Invariant: all integers are big endian; entries are in the order of the log, so that `previous` is smaller than the entry's own place.
 */
import { readInt64, writeInt64 } from '../message/stored-record.js';

/** Bytes of the header. Java: INDEX_HEADER_SIZE. */
export const HEADER_BYTES = 40;
/** Bytes of a slot. Java: hashSlotSize. */
export const SLOT_BYTES = 4;
/** Bytes of an entry. Java: indexSize. */
export const ENTRY_BYTES = 20;
/** The first place that holds an entry: 0 stands for none. Java: invalidIndex. */
export const FIRST_PLACE = 1;
const SECONDS_MAX = 0x7fff_ffff;

/** How many slots and places a file has. Java: maxHashSlotNum, maxIndexNum. */
export interface IndexShape {
  readonly hashSlotNum: number;
  readonly indexNum: number;
}

/** Size of a file of this shape. */
export function fileSizeOf({ hashSlotNum, indexNum }: IndexShape): number {
  return HEADER_BYTES + hashSlotNum * SLOT_BYTES + indexNum * ENTRY_BYTES;
}

/** Where the slot of a key stands in a file. */
export function slotPosition({ hashSlotNum }: IndexShape, keyHash: number): number {
  return HEADER_BYTES + (keyHash % hashSlotNum) * SLOT_BYTES;
}

/** Where the entry at `place` stands in a file. */
export function entryPosition({ hashSlotNum }: IndexShape, place: number): number {
  return HEADER_BYTES + hashSlotNum * SLOT_BYTES + place * ENTRY_BYTES;
}

/** A header, decoded. */
export interface IndexHeader {
  beginTimestampMs: number;
  endTimestampMs: number;
  beginPhysicalOffset: number;
  endPhysicalOffset: number;
  hashSlotCount: number;
  indexCount: number;
}

/** The header of a file that follows one with the header `before`, or of the first. */
export function firstHeader(before: IndexHeader | undefined): IndexHeader {
  return {
    beginTimestampMs: before?.endTimestampMs ?? 0,
    endTimestampMs: before?.endTimestampMs ?? 0,
    beginPhysicalOffset: before?.endPhysicalOffset ?? 0,
    endPhysicalOffset: before?.endPhysicalOffset ?? 0,
    hashSlotCount: 0,
    indexCount: FIRST_PLACE,
  };
}

/** Reads the header at the start of `source`. */
export function readHeader(source: Buffer): IndexHeader {
  return {
    beginTimestampMs: readInt64(source, 0),
    endTimestampMs: readInt64(source, 8),
    beginPhysicalOffset: readInt64(source, 16),
    endPhysicalOffset: readInt64(source, 24),
    hashSlotCount: source.readInt32BE(32),
    // A file that was only made has a 0 here.
    indexCount: Math.max(FIRST_PLACE, source.readInt32BE(36)),
  };
}

/** Writes a header to the start of `target`. */
export function writeHeader(target: Buffer, header: IndexHeader): void {
  writeInt64(target, header.beginTimestampMs, 0);
  writeInt64(target, header.endTimestampMs, 8);
  writeInt64(target, header.beginPhysicalOffset, 16);
  writeInt64(target, header.endPhysicalOffset, 24);
  target.writeInt32BE(header.hashSlotCount, 32);
  target.writeInt32BE(header.indexCount, 36);
}

/** An entry, decoded. */
export interface IndexEntry {
  readonly keyHash: number;
  readonly physicalOffset: number;
  readonly timeSeconds: number;
  readonly previous: number;
}

/** Writes an entry at `position`. */
export function writeEntry(
  target: DataView,
  position: number,
  keyHash: number,
  physicalOffset: number,
  timeSeconds: number,
  previous: number,
): void {
  target.setInt32(position, keyHash);
  target.setInt32(position + 4, Math.floor(physicalOffset / 0x1_0000_0000));
  target.setUint32(position + 8, physicalOffset >>> 0);
  target.setInt32(position + 12, timeSeconds);
  target.setInt32(position + 16, previous);
}

/** Reads the entry at `position`. */
export function readEntry(source: Buffer, position: number): IndexEntry {
  return {
    keyHash: source.readInt32BE(position),
    physicalOffset: readInt64(source, position + 4),
    timeSeconds: source.readInt32BE(position + 12),
    previous: source.readInt32BE(position + 16),
  };
}

/** What an entry says of its record's store time. */
export function timeSecondsOf(header: IndexHeader, storeTimestampMs: number): number {
  if (header.beginTimestampMs <= 0) return 0;
  const seconds = Math.trunc((storeTimestampMs - header.beginTimestampMs) / 1000);
  return Math.min(Math.max(seconds, 0), SECONDS_MAX);
}
