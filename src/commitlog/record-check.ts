/**
 * Decides whether bytes are a whole, undamaged record at its place in the log. Commitlog worker and pool.
 * Java: CommitLog.checkMessageAndReturnSize.
 */
import { crc32 } from 'node:zlib';

import {
  BLANK_MAGIC,
  locateParts,
  MESSAGE_MAGIC_V1,
  MESSAGE_MAGIC_V2,
  readInt64,
  RECORD,
  type RecordParts,
} from '../message/stored-record.js';

/** Fewest bytes of a record: fixed fields, two IPv4 hosts, empty body, topic and properties. */
const RECORD_BYTES_MIN = 91;

/** Java's `UtilAll.crc32`: without the sign bit. */
export function bodyCrcOf(source: Buffer, start: number, end: number): number {
  return start === end ? 0 : crc32(source.subarray(start, end)) & 0x7fff_ffff;
}

/** What a size and a magic say, before the rest is looked at. */
export type HeadKind = 'record' | 'blank' | 'end';

/** Reads size and magic at `position` of a place with `roomBytes` to the segment's end. */
export function headKindAt(source: Buffer, position: number, roomBytes: number): HeadKind {
  const sizeBytes = source.readInt32BE(position + RECORD.TOTAL_SIZE);
  const magic = source.readInt32BE(position + RECORD.MAGIC);
  // Both makers write the whole rest of the segment as the size.
  if (magic === BLANK_MAGIC) return sizeBytes === roomBytes ? 'blank' : 'end';
  if (magic !== MESSAGE_MAGIC_V1 && magic !== MESSAGE_MAGIC_V2) return 'end';
  return sizeBytes >= RECORD_BYTES_MIN && sizeBytes <= roomBytes ? 'record' : 'end';
}

/**
 * True if `source[position, limit)` begins with a whole record that says it is at `physicalOffset` and whose body has the CRC it says;
 * `parts` is then filled in. Apache does not look at the offset unless told to; a record that came from elsewhere is not part of the log.
 */
export function isWholeRecord(
  source: Buffer,
  position: number,
  limit: number,
  physicalOffset: number,
  parts: RecordParts,
): boolean {
  if (!locateParts(source, position, limit, parts)) return false;
  if (readInt64(source, position + RECORD.PHYSICAL_OFFSET) !== physicalOffset) return false;
  if (parts.bodyStart === parts.bodyEnd) return true;
  return bodyCrcOf(source, parts.bodyStart, parts.bodyEnd) === source.readInt32BE(position + RECORD.BODY_CRC);
}

/** Disks write so many bytes as one: what a power cut takes of a record is whole sectors. A segment begins with one. */
export const SECTOR_BYTES = 512;

/**
 * True if a sector that begins in the topic or the properties of a whole record is zero up to its end, or up to `loadedEnd`: it was never written, which
 * no CRC says. A message would need 512 zeros in its properties to look like that. `source[position, loadedEnd)` has the record and, unless the
 * file ends before, a sector more.
 */
export function lacksSector(
  source: Buffer,
  position: number,
  loadedEnd: number,
  physicalOffset: number,
  { topicStart, propertiesEnd }: RecordParts,
): boolean {
  const intoSector = (physicalOffset + topicStart - position) % SECTOR_BYTES;
  for (let at = topicStart + ((SECTOR_BYTES - intoSector) % SECTOR_BYTES); at < propertiesEnd; at += SECTOR_BYTES) {
    if (source[at] === 0 && isZeroBetween(source, at, Math.min(loadedEnd, at + SECTOR_BYTES))) return true;
  }
  return false;
}

function isZeroBetween(source: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (source[at] !== 0) return false;
  return true;
}
