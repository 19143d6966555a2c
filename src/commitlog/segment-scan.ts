/**
 * Goes through the records of one segment, checking each. Commitlog worker and pool: it blocks its thread. Java: the loops of
 * CommitLog.recoverNormally and recoverAbnormally.
 */
import { assert } from '../base/assert.js';
import { emptyRecordParts, RECORD, type RecordParts } from '../message/stored-record.js';
import type { FileSystem } from './file-system.js';
import { headKindAt, isWholeRecord, lacksSector, SECTOR_BYTES } from './record-check.js';
import { SlidingFile } from './sliding-file.js';

const CHUNK_BYTES = 4 * 1024 * 1024;
const SINGLE_RECORD_CHUNK_BYTES = 64 * 1024;
const HEAD_BYTES = 8;

/** Which bytes of which segment. */
export interface SegmentScanRange {
  readonly path: string;
  readonly startOffset: number;
  readonly sizeBytes: number;
  /** Physical offset of the record to begin with. */
  readonly fromOffset: number;
}

/** Called for each whole record; `source` is overwritten afterwards. */
export type RecordVisitor = (source: Buffer, position: number, physicalOffset: number, parts: RecordParts) => void;

/** Where the whole records end; for a segment that ends with a blank, the segment's end. */
export interface SegmentScanEnd {
  readonly endOffset: number;
  readonly isFull: boolean;
  /** True if nothing but zeros was seen there, as in a log that ended in order. */
  readonly isClean: boolean;
}

/** Scans from `range.fromOffset` to the first thing that is not a whole record. */
export function scanSegment(files: FileSystem, range: SegmentScanRange, visit: RecordVisitor): SegmentScanEnd {
  assert(range.fromOffset >= range.startOffset, 'a scan begins in its segment');
  const file = files.open(range.path, 'read');
  try {
    return scanFile(new SlidingFile(files, file, CHUNK_BYTES), range, visit, Number.POSITIVE_INFINITY);
  } finally {
    files.close(file);
  }
}

/** Visits the one record at `range.fromOffset`; false when there is no whole one. */
export function visitRecord(files: FileSystem, range: SegmentScanRange, visit: RecordVisitor): boolean {
  const file = files.open(range.path, 'read');
  try {
    const end = scanFile(new SlidingFile(files, file, SINGLE_RECORD_CHUNK_BYTES), range, visit, 1);
    return !end.isFull && end.endOffset > range.fromOffset;
  } finally {
    files.close(file);
  }
}

function scanFile(
  bytes: SlidingFile,
  range: SegmentScanRange,
  visit: RecordVisitor,
  recordsMax: number,
): SegmentScanEnd {
  const parts = emptyRecordParts();
  const segmentEnd = range.startOffset + range.sizeBytes;
  let offset = range.fromOffset;
  for (let count = 0; count < recordsMax; count++) {
    const inFile = offset - range.startOffset;
    if (!bytes.load(inFile, HEAD_BYTES)) return endAt(offset, true);
    const head = headKindAt(bytes.buffer, bytes.positionOf(inFile), segmentEnd - offset);
    if (head === 'blank') return { endOffset: segmentEnd, isFull: true, isClean: true };
    if (head === 'end') return endAt(offset, isZero(bytes.buffer, bytes.positionOf(inFile)));
    const sizeBytes = bytes.buffer.readInt32BE(bytes.positionOf(inFile) + RECORD.TOTAL_SIZE);
    if (!bytes.load(inFile, sizeBytes + SECTOR_BYTES) && !bytes.load(inFile, sizeBytes)) return endAt(offset, false);
    const position = bytes.positionOf(inFile);
    if (!isWholeRecord(bytes.buffer, position, position + sizeBytes, offset, parts)) return endAt(offset, false);
    if (lacksSector(bytes.buffer, position, bytes.positionOf(bytes.loadedEnd), offset, parts))
      return endAt(offset, false);
    visit(bytes.buffer, position, offset, parts);
    offset += sizeBytes;
  }
  return endAt(offset, false);
}

function endAt(endOffset: number, isClean: boolean): SegmentScanEnd {
  return { endOffset, isFull: false, isClean };
}

function isZero(source: Buffer, position: number): boolean {
  return source.readInt32BE(position) === 0 && source.readInt32BE(position + 4) === 0;
}
