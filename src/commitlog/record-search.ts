/**
 * Finds the next whole record in bytes of which nothing is known: past damage, or in the middle of a segment. Commitlog worker and pool.
 * Java: none (Apache's recovery ends at the first record that is not whole).
 * Invariant: what is found has a record's form and its body's CRC, and says of itself that it is where it was found: neither a body that looks like
 * a record nor a record that came from elsewhere does.
 */
import { MESSAGE_MAGIC_V1, readInt64, RECORD, type RecordParts } from '../message/stored-record.js';
import { headKindAt, isWholeRecord, lacksSector, SECTOR_BYTES } from './record-check.js';
import type { SlidingFile } from './sliding-file.js';

/** The three bytes that both magics begin with. */
const MAGIC_PREFIX = Buffer.alloc(4);
MAGIC_PREFIX.writeInt32BE(MESSAGE_MAGIC_V1);
const PREFIX = MAGIC_PREFIX.subarray(0, 3);
/** Size to physical offset: what is looked at before a record is read as a whole. */
const HEAD_BYTES = RECORD.PHYSICAL_OFFSET + 8;
const STEP_BYTES = 1024 * 1024;

/** Where in a segment to search. */
export interface RecordSearchRange {
  readonly startOffset: number;
  readonly sizeBytes: number;
  readonly fromOffset: number;
  /** Records that begin here or later are not searched for. */
  readonly untilOffset: number;
}

/** The first place in the range at which a whole record begins; `bytes` then has it loaded. */
export function findRecord(bytes: SlidingFile, range: RecordSearchRange, parts: RecordParts): number | undefined {
  const { startOffset, untilOffset } = range;
  const untilInFile = untilOffset - startOffset;
  for (let inFile = range.fromOffset - startOffset; inFile < untilInFile;) {
    bytes.load(inFile, STEP_BYTES);
    const loadedEnd = Math.min(bytes.loadedEnd, untilInFile + HEAD_BYTES);
    if (loadedEnd - inFile < HEAD_BYTES) return undefined;
    const found = bytes.buffer.indexOf(PREFIX, bytes.positionOf(inFile) + RECORD.MAGIC);
    const candidate = found < 0 ? loadedEnd : inFile + (found - bytes.positionOf(inFile)) - RECORD.MAGIC;
    if (candidate + HEAD_BYTES > loadedEnd) {
      // What begins in the last bytes is looked at with those that follow.
      inFile = Math.max(inFile + 1, loadedEnd - HEAD_BYTES + 1);
    } else if (candidate >= untilInFile) {
      return undefined;
    } else if (isRecordAt(bytes, range, candidate, parts)) {
      return startOffset + candidate;
    } else {
      inFile = candidate + 1;
    }
  }
  return undefined;
}

function isRecordAt(bytes: SlidingFile, range: RecordSearchRange, inFile: number, parts: RecordParts): boolean {
  const position = bytes.positionOf(inFile);
  const physicalOffset = range.startOffset + inFile;
  if (readInt64(bytes.buffer, position + RECORD.PHYSICAL_OFFSET) !== physicalOffset) return false;
  if (headKindAt(bytes.buffer, position, range.sizeBytes - inFile) !== 'record') return false;
  const sizeBytes = bytes.buffer.readInt32BE(position + RECORD.TOTAL_SIZE);
  if (!bytes.load(inFile, sizeBytes + SECTOR_BYTES) && !bytes.load(inFile, sizeBytes)) return false;
  const loaded = bytes.positionOf(inFile);
  return (
    isWholeRecord(bytes.buffer, loaded, loaded + sizeBytes, physicalOffset, parts) &&
    !lacksSector(bytes.buffer, loaded, bytes.positionOf(bytes.loadedEnd), physicalOffset, parts)
  );
}
