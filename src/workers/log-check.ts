/**
 * Checks the log from a place to its end, a piece at a time and several of them at once, and replays what was found in the log's order. Commitlog
 * worker, at start. Java: CommitLog.recoverNormally and recoverAbnormally.
 * Invariant: records are replayed once each, in the log's order, and none from the log's end on; what is in memory of pieces that are ahead is bounded.
 */
import { assert } from '../base/assert.js';
import { isDamageInMiddle, type LogGap } from '../commitlog/damage-verdict.js';
import type { FileSystem } from '../commitlog/file-system.js';
import { type KeySink, replayKeys } from '../commitlog/key-dispatch.js';
import { isNeverWritten, kindOfEnd, type LogPiece, piecesOf, type RecordRun } from '../commitlog/log-piece.js';
import { type DispatchSink, type LastRecord, replayBatch } from '../commitlog/record-dispatch.js';
import type { SegmentFile } from '../commitlog/segment-file.js';
import type { SegmentSet } from '../commitlog/segment-set.js';
import type { CheckpointFields } from '../commitlog/store-checkpoint.js';
import { type CheckedPiece, checkRecoveryPiece, type RecoveryTask } from './recovery-task.js';
import { TaskPool } from './task-pool.js';

/** Less than this is checked in place sooner than a pool is started. */
const POOL_BYTES_MIN = 128 * 1024 * 1024;
/** How often progress is told. */
const PROGRESS_STEP_PERCENT = 5;
/** Pieces that are checked or wait for their turn, for each thread of the pool. */
const PIECES_AHEAD_PER_THREAD = 2;

/** What a check works with. */
export interface LogCheckOptions {
  readonly files: FileSystem;
  readonly segments: SegmentSet;
  readonly checkpoint: CheckpointFields;
  readonly wasCleanStop: boolean;
  readonly delayLevelsMs: readonly number[];
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  readonly warn: (message: string) => void;
  /** For tests: bytes from which on the pool does the checking, and bytes of a piece. */
  readonly poolBytesMin?: number | undefined;
  readonly pieceBytes?: number | undefined;
}

/** What of the records that are checked goes where. */
export interface Restore {
  readonly dispatchFrom: number;
  readonly sink: DispatchSink;
  readonly indexFrom: number;
  readonly keySink: KeySink;
}

/** What was found. */
export interface CheckedLog {
  readonly endOffset: number;
  /** True if nothing but zeros was seen at the end, as in a log that ended in order. */
  readonly isClean: boolean;
  readonly last: LastRecord;
  readonly recordCount: number;
  readonly checkedBytes: number;
  /** Damage that the log goes on after. */
  readonly damages: readonly LogGap[];
}

/** Checks from `checkFrom`, where a record begins or the log ends. */
export async function checkLog(options: LogCheckOptions, checkFrom: number, restore: Restore): Promise<CheckedLog> {
  const check = new LogCheck(options, checkFrom, restore);
  const usePool = check.totalBytes >= (options.poolBytesMin ?? POOL_BYTES_MIN);
  const pool = usePool ? new TaskPool() : undefined;
  try {
    return await check.run(pool);
  } finally {
    await pool?.close();
  }
}

type Checked = CheckedPiece | Promise<CheckedPiece>;

class LogCheck {
  totalBytes = 0;
  readonly #options: LogCheckOptions;
  readonly #restore: Restore;
  readonly #checkFrom: number;
  readonly #pieces: readonly LogPiece[];
  readonly #damages: LogGap[] = [];
  readonly #last: LastRecord = { physicalOffset: 0, storeTimestampMs: 0 };
  /** Where the next record should begin. */
  #end: number;
  #recordCount = 0;
  #toldBytes = 0;

  constructor(options: LogCheckOptions, checkFrom: number, restore: Restore) {
    this.#options = options;
    this.#restore = restore;
    this.#checkFrom = checkFrom;
    this.#end = checkFrom;
    const segments = options.segments.segments.filter((segment) => segment.endOffset > checkFrom);
    this.#pieces = segments.flatMap((segment) => {
      const writtenBytes = writtenBytesMax(options.files, segment);
      const from = Math.max(checkFrom, segment.startOffset);
      // In a segment that was not filled yet, nothing is read that was never written.
      this.totalBytes += Math.max(0, writtenBytes - (from - segment.startOffset));
      return piecesOf(segment, writtenBytes, from, options.pieceBytes);
    });
  }

  async run(pool: TaskPool | undefined): Promise<CheckedLog> {
    const ahead = new Map<LogPiece, Checked>();
    const piecesAhead = pool === undefined ? 0 : pool.threadsMax * PIECES_AHEAD_PER_THREAD;
    let isAtEnd = false;
    for (const [i, piece] of this.#pieces.entries()) {
      if (isAtEnd) break;
      for (const next of this.#pieces.slice(i, i + piecesAhead)) {
        if (!ahead.has(next) && !this.#isBehind(next)) ahead.set(next, guarded(this.#check(pool, next)));
      }
      const early = ahead.get(piece);
      ahead.delete(piece);
      if (this.#isBehind(piece)) continue;
      isAtEnd = !this.#take(piece, await this.#settle(pool, piece, early));
      if (!isAtEnd) this.#closeSegment(piece);
      if (this.#isKnownEnd(piece)) break;
      this.#tellProgress(Math.min(this.totalBytes, piece.untilOffset - this.#checkFrom));
    }
    if (this.#toldBytes > 0) this.#tellProgress(this.totalBytes);
    return {
      endOffset: this.#end,
      isClean: !isAtEnd && this.#isZeroAtEnd(),
      last: this.#last,
      recordCount: this.#recordCount,
      checkedBytes: this.#end - this.#checkFrom,
      damages: this.#damages,
    };
  }

  /** Nothing of the piece is left to be looked at: a long record reaches over it, or nothing was ever written there. */
  #isBehind(piece: LogPiece): boolean {
    return this.#end >= piece.untilOffset || isNeverWritten(piece, this.#end, piece.fromOffset);
  }

  /** After a stop in order the checkpoint's record, if it is the last one, is known to be: nothing is searched for behind it. */
  #isKnownEnd(piece: LogPiece): boolean {
    const { wasCleanStop, checkpoint } = this.#options;
    const isLast = this.#last.physicalOffset > 0 && this.#last.physicalOffset === checkpoint.logicsPhysicalOffset;
    return wasCleanStop && isLast && this.#end < piece.untilOffset;
  }

  #check(pool: TaskPool | undefined, piece: LogPiece): Checked {
    const { dispatchFrom, indexFrom } = this.#restore;
    const task: RecoveryTask = { piece, dispatchFrom, indexFrom, delayLevelsMs: this.#options.delayLevelsMs };
    if (pool === undefined) return checkRecoveryPiece(this.#options.files, task);
    return pool.run<CheckedPiece>(new URL('./recovery-task.js', import.meta.url), 'checkPieceTask', task);
  }

  /** What was found in the piece, checked again from the log's end so far if it was taken up at something that only looked like a record. */
  async #settle(pool: TaskPool | undefined, piece: LogPiece, early: Checked | undefined): Promise<CheckedPiece> {
    const exact = { ...piece, fromOffset: Math.max(piece.fromOffset, this.#end) };
    if (early === undefined) return this.#check(pool, exact);
    const checked = await early;
    const first = checked.runs[0];
    return first !== undefined && first.startOffset < this.#end ? this.#check(pool, exact) : checked;
  }

  /** Goes on along the runs; false when the log has come to its end. */
  #take(piece: LogPiece, checked: CheckedPiece): boolean {
    for (const run of checked.runs) {
      if (run.startOffset > this.#end && this.#closeSegment(piece)) break;
      if (run.startOffset > this.#end && !this.#stepOver(run)) {
        this.#replay(checked);
        return false;
      }
      assert(run.startOffset === this.#end, 'runs follow each other');
      this.#end = run.endOffset;
      this.#recordCount += run.recordCount;
      this.#last.physicalOffset = run.lastOffset;
      this.#last.storeTimestampMs = run.lastTimestampMs;
    }
    this.#replay(checked);
    return true;
  }

  #stepOver(run: RecordRun): boolean {
    const gap: LogGap = {
      fromOffset: this.#end,
      toOffset: run.startOffset,
      timestampBeforeMs: this.#last.storeTimestampMs,
      timestampAfterMs: run.firstTimestampMs,
    };
    const { files, segments, warn } = this.#options;
    if (!isDamageInMiddle(files, segments, gap, this.#options)) {
      warn(
        `the log is cut ${this.#placeOf(gap.fromOffset)}: the record there did not reach the disk, nor did it all that follows; whole records from ${gap.toOffset} on go too`,
      );
      return false;
    }
    this.#damages.push(gap);
    warn(
      `the log is damaged ${this.#placeOf(gap.fromOffset)}: ${gap.toOffset - gap.fromOffset} bytes are no records; what follows from ${gap.toOffset} on is served`,
    );
    this.#end = gap.toOffset;
    return true;
  }

  /** In steps; what is done at once is not worth a word. */
  #tellProgress(doneBytes: number): void {
    const isEnd = doneBytes >= this.totalBytes;
    if (isEnd ? this.#toldBytes === 0 || this.#toldBytes === doneBytes : !this.#isStep(doneBytes)) return;
    this.#toldBytes = doneBytes;
    this.#options.onProgress(doneBytes, this.totalBytes);
  }

  #isStep(doneBytes: number): boolean {
    return (doneBytes - this.#toldBytes) * 100 >= this.totalBytes * PROGRESS_STEP_PERCENT;
  }

  #replay({ batch, keys }: CheckedPiece): void {
    replayBatch(batch, this.#end, this.#restore.sink);
    replayKeys(keys, this.#end, this.#restore.keySink);
  }

  /** True if the records end within the piece at the blank that fills the segment up: the log goes on in the next one. */
  #closeSegment(piece: LogPiece): boolean {
    if (this.#end < piece.startOffset || this.#end >= piece.untilOffset) return false;
    if (kindOfEnd(this.#options.files, piece, this.#end) !== 'full') return false;
    this.#end = piece.startOffset + piece.sizeBytes;
    return true;
  }

  #isZeroAtEnd(): boolean {
    const segment = this.#options.segments.find(this.#end);
    if (segment === undefined) return true;
    const kind = kindOfEnd(this.#options.files, segment, this.#end);
    if (kind === 'damage') {
      this.#options.warn(`the log is cut ${this.#placeOf(this.#end)}: what stands there is not a whole record`);
    }
    return kind === 'zeros';
  }

  #placeOf(physicalOffset: number): string {
    const segment = this.#options.segments.find(physicalOffset);
    const place = segment === undefined ? '' : ` (${segment.path} at ${physicalOffset - segment.startOffset})`;
    return `at ${physicalOffset}${place}`;
  }
}

/** Most bytes of a segment that can ever have been written: all of them, if the disk cannot say. */
function writtenBytesMax(files: FileSystem, { path, sizeBytes }: SegmentFile): number {
  if (files.allocatedBytes === undefined) return sizeBytes;
  const file = files.open(path, 'read');
  try {
    return Math.min(sizeBytes, files.allocatedBytes(file));
  } finally {
    files.close(file);
  }
}

/** A check that is not waited for any more, since the log ended before it, fails unheard. */
function guarded(check: Checked): Checked {
  if (check instanceof Promise) check.catch(() => undefined);
  return check;
}
