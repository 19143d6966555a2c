/**
 * Checks a piece of one segment and goes on past what is not a whole record. Commitlog worker and pool: it blocks its thread.
 * Java: none (the loops of CommitLog.recoverNormally and recoverAbnormally end there).
 * Invariant: a run is whole records one after the other; between two runs, and between one piece's last and the next one's first, lie bytes
 * that no whole record begins in.
 */
import { assert } from '../base/assert.js';
import { emptyRecordParts, RECORD, type RecordParts, storeTimestampOf } from '../message/stored-record.js';
import type { FileSystem } from './file-system.js';
import { headKindAt, isWholeRecord, lacksSector, SECTOR_BYTES } from './record-check.js';
import { findRecord, type RecordSearchRange } from './record-search.js';
import type { RecordVisitor } from './segment-scan.js';
import { SlidingFile } from './sliding-file.js';

/** Bytes that one piece has, the segment's last one less: what is found in it is in memory at once, at most some 50 MB for the smallest records. */
export const PIECE_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 4 * 1024 * 1024;
const HEAD_BYTES = 8;

/** Which records to check: those that begin in [fromOffset, untilOffset). */
export interface LogPiece {
  readonly path: string;
  /** Of the segment. */
  readonly startOffset: number;
  readonly sizeBytes: number;
  readonly fromOffset: number;
  readonly untilOffset: number;
  /** Most bytes of the segment that can ever have been written. */
  readonly writtenBytesMax: number;
}

/** What a file system may allocate beyond what was written. */
const BLOCK_BYTES = 4096;

/** True if records that end at `endOffset` fill all that the file takes on the disk from `fromOffset` on. */
export function isNeverWritten(piece: LogPiece, endOffset: number, fromOffset: number): boolean {
  const recordBytes = Math.max(0, endOffset - piece.startOffset);
  const blockEnd = Math.ceil(recordBytes / BLOCK_BYTES) * BLOCK_BYTES;
  return piece.writtenBytesMax <= blockEnd && fromOffset >= piece.startOffset + blockEnd;
}

/** Whole records that follow each other. */
export interface RecordRun {
  readonly startOffset: number;
  /** Where the next record should begin: in the next piece, or where none does; the segment's end if a blank fills it up. */
  endOffset: number;
  recordCount: number;
  readonly firstTimestampMs: number;
  lastTimestampMs: number;
  lastOffset: number;
}

/** The pieces of a segment, from one at which a record begins to its end. */
export function piecesOf(
  segment: Pick<LogPiece, 'path' | 'startOffset' | 'sizeBytes'>,
  writtenBytesMax: number,
  fromOffset: number,
  pieceBytes: number = PIECE_BYTES,
): LogPiece[] {
  const { path, startOffset, sizeBytes } = segment;
  const pieces: LogPiece[] = [];
  for (let from = fromOffset; from < startOffset + sizeBytes;) {
    const untilOffset = Math.min(startOffset + sizeBytes, from + pieceBytes);
    pieces.push({ path, startOffset, sizeBytes, fromOffset: from, untilOffset, writtenBytesMax });
    from = untilOffset;
  }
  return pieces;
}

/** Calls `visit` for each whole record of the piece, in order. */
export function checkPiece(files: FileSystem, piece: LogPiece, visit: RecordVisitor): RecordRun[] {
  assert(
    piece.fromOffset >= piece.startOffset && piece.untilOffset <= piece.startOffset + piece.sizeBytes,
    'a piece is of one segment',
  );
  const file = files.open(piece.path, 'read');
  try {
    return new PieceCheck(new SlidingFile(files, file, CHUNK_BYTES), piece, visit).run();
  } finally {
    files.close(file);
  }
}

/** What stands at `offset`, where no whole record begins: nothing at all, a blank that fills the segment up, or something else. */
export function kindOfEnd(
  files: FileSystem,
  { path, startOffset, sizeBytes }: Pick<LogPiece, 'path' | 'startOffset' | 'sizeBytes'>,
  offset: number,
): 'zeros' | 'full' | 'damage' {
  const roomBytes = startOffset + sizeBytes - offset;
  if (roomBytes < HEAD_BYTES) return 'full';
  const file = files.open(path, 'read');
  try {
    const bytes = new SlidingFile(files, file, HEAD_BYTES);
    // A file that ends early, since its making was interrupted, ends in order.
    if (!bytes.load(offset - startOffset, HEAD_BYTES)) return 'zeros';
    if (headKindAt(bytes.buffer, 0, roomBytes) === 'blank') return 'full';
    return bytes.buffer.readBigInt64BE(0) === 0n ? 'zeros' : 'damage';
  } finally {
    files.close(file);
  }
}

class PieceCheck {
  readonly #bytes: SlidingFile;
  readonly #piece: LogPiece;
  readonly #visit: RecordVisitor;
  readonly #runs: RecordRun[] = [];
  readonly #parts: RecordParts = emptyRecordParts();
  readonly #segmentEnd: number;
  #run: RecordRun | undefined;

  constructor(bytes: SlidingFile, piece: LogPiece, visit: RecordVisitor) {
    this.#bytes = bytes;
    this.#piece = piece;
    this.#visit = visit;
    this.#segmentEnd = piece.startOffset + piece.sizeBytes;
  }

  run(): RecordRun[] {
    const { fromOffset, untilOffset } = this.#piece;
    for (let offset: number | undefined = fromOffset; offset !== undefined && offset < untilOffset;) {
      const sizeBytes = this.#wholeRecordAt(offset);
      if (sizeBytes > 0) {
        this.#take(offset, sizeBytes);
        offset += sizeBytes;
      } else {
        if (this.#isFullAt(offset)) return this.#runs;
        this.#run = undefined;
        offset = findRecord(this.#bytes, this.#searchRange(offset), this.#parts);
      }
    }
    return this.#runs;
  }

  /** Past the end of what was ever written, only the rest of the last block is searched. */
  #searchRange(fromOffset: number): RecordSearchRange {
    const { startOffset, untilOffset } = this.#piece;
    const blockEnd = startOffset + Math.ceil((fromOffset - startOffset) / BLOCK_BYTES) * BLOCK_BYTES;
    const isEnd = isNeverWritten(this.#piece, fromOffset, blockEnd);
    return { ...this.#piece, fromOffset, untilOffset: isEnd ? Math.min(untilOffset, blockEnd) : untilOffset };
  }

  /** Size of the record that is loaded then, or 0. */
  #wholeRecordAt(offset: number): number {
    const bytes = this.#bytes;
    const inFile = offset - this.#piece.startOffset;
    if (!bytes.load(inFile, HEAD_BYTES)) return 0;
    const at = bytes.positionOf(inFile);
    if (headKindAt(bytes.buffer, at, this.#segmentEnd - offset) !== 'record') return 0;
    const sizeBytes = bytes.buffer.readInt32BE(at + RECORD.TOTAL_SIZE);
    if (!bytes.load(inFile, sizeBytes + SECTOR_BYTES) && !bytes.load(inFile, sizeBytes)) return 0;
    const position = bytes.positionOf(inFile);
    const isWhole =
      isWholeRecord(bytes.buffer, position, position + sizeBytes, offset, this.#parts) &&
      !lacksSector(bytes.buffer, position, bytes.positionOf(bytes.loadedEnd), offset, this.#parts);
    return isWhole ? sizeBytes : 0;
  }

  #take(offset: number, sizeBytes: number): void {
    const { buffer } = this.#bytes;
    const position = this.#bytes.positionOf(offset - this.#piece.startOffset);
    const timestampMs = storeTimestampOf(buffer, position);
    if (this.#run === undefined) {
      this.#run = {
        startOffset: offset,
        endOffset: offset,
        recordCount: 0,
        firstTimestampMs: timestampMs,
        lastTimestampMs: 0,
        lastOffset: 0,
      };
      this.#runs.push(this.#run);
    }
    this.#run.endOffset = offset + sizeBytes;
    this.#run.recordCount++;
    this.#run.lastTimestampMs = timestampMs;
    this.#run.lastOffset = offset;
    this.#visit(buffer, position, offset, this.#parts);
  }

  /** True where the run has come to the blank that fills the segment, or to less room than a blank takes. */
  #isFullAt(offset: number): boolean {
    const run = this.#run;
    const roomBytes = this.#segmentEnd - offset;
    if (run === undefined || run.endOffset !== offset) return false;
    const isBlank =
      roomBytes >= HEAD_BYTES &&
      this.#bytes.load(offset - this.#piece.startOffset, HEAD_BYTES) &&
      headKindAt(this.#bytes.buffer, this.#bytes.positionOf(offset - this.#piece.startOffset), roomBytes) === 'blank';
    if (isBlank || roomBytes < HEAD_BYTES) run.endOffset = this.#segmentEnd;
    return run.endOffset === this.#segmentEnd;
  }
}
