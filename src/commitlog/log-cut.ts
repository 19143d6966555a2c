/**
 * Cuts the end off the log of a slave that has other records than its master, before the store is recovered. Commitlog worker.
 * Java: none; DefaultHAService leaves such a slave as it is (AutoSwitchHAClient truncates, without a copy).
 * Invariant: what is cut off is on disk in a file of its own before the first byte goes; a crash on the way leaves a log that recovery takes,
 * and that is compared with the master's again.
 */
import { join } from 'node:path';

import { assert } from '../base/assert.js';
import { segmentName } from '../base/segment-name.js';
import { storeTimestampOf } from '../message/stored-record.js';
import { type FileDescriptor, type FileSystem, readFully, writeFully } from './file-system.js';
import { visitRecord } from './segment-scan.js';
import type { SegmentFile } from './segment-file.js';
import { SegmentSet } from './segment-set.js';
import type { StoreCheckpoint } from './store-checkpoint.js';

/** The folder in `storePathRootDir` that keeps what was cut off: files of log bytes, named by the offset of their first byte and the time. */
const CUT_FOLDER = 'cut';
const COPY_CHUNK_BYTES = 1024 * 1024;

/** Where to cut, and why. */
export interface LogCut {
  /** The log ends here afterwards: behind the last record that the master has too. */
  readonly fromOffset: number;
  /** Where that record begins. */
  readonly lastRecordOffset: number;
  /** The log's end before. */
  readonly endOffset: number;
  readonly reason: string;
}

/** The log to cut. */
export interface LogToCut {
  readonly files: FileSystem;
  readonly storePathRootDir: string;
  readonly storePathCommitLog: string;
  readonly segmentSizeBytes: number;
  /** As it was loaded; it speaks of what is left afterwards. */
  readonly checkpoint: StoreCheckpoint;
  readonly nowMs: number;
}

/** Cuts, and returns the path of the copy. Throws with the log as it was when the copy cannot be made, or the log is not the one compared. */
export async function cutLog(log: LogToCut, cut: LogCut): Promise<string> {
  const { files, checkpoint, storePathCommitLog, segmentSizeBytes } = log;
  assert(cut.lastRecordOffset < cut.fromOffset && cut.fromOffset < cut.endOffset, 'something is kept, something goes');
  const segments = new SegmentSet(files, storePathCommitLog, segmentSizeBytes);
  segments.load();
  try {
    const storeTimestampMs = timestampOfLast(files, segments, cut);
    const path = await copyEnd(log, segments, cut);
    Object.assign(checkpoint.fields, {
      physicMsgTimestamp: storeTimestampMs,
      logicsMsgTimestamp: storeTimestampMs,
      indexMsgTimestamp: Math.min(checkpoint.fields.indexMsgTimestamp, storeTimestampMs),
      logicsPhysicalOffset: cut.lastRecordOffset,
      syncedPhysicalOffset: cut.lastRecordOffset,
    });
    await checkpoint.save();
    segments.cut(cut.fromOffset, false);
    await segments.fdatasyncLater();
    await files.fsyncFolderLater(storePathCommitLog);
    return path;
  } finally {
    segments.close();
  }
}

function timestampOfLast(files: FileSystem, segments: SegmentSet, { lastRecordOffset, fromOffset }: LogCut): number {
  const segment = segments.find(lastRecordOffset);
  let timestampMs = 0;
  const isThere =
    segment !== undefined &&
    visitRecord(files, { ...rangeOf(segment), fromOffset: lastRecordOffset }, (source, position) => {
      timestampMs = storeTimestampOf(source, position);
    });
  if (isThere && timestampMs > 0) return timestampMs;
  throw new Error(`the log is not to be cut at ${fromOffset}: there is no record at ${lastRecordOffset}`);
}

function rangeOf({ path, startOffset, sizeBytes }: SegmentFile): {
  path: string;
  startOffset: number;
  sizeBytes: number;
} {
  return { path, startOffset, sizeBytes };
}

async function copyEnd(
  { files, storePathRootDir, nowMs }: LogToCut,
  segments: SegmentSet,
  { fromOffset, endOffset }: LogCut,
): Promise<string> {
  const folder = join(storePathRootDir, CUT_FOLDER);
  files.mkdir(folder);
  const path = join(folder, `${segmentName(fromOffset)}-${nowMs}`);
  const copy = files.open(path, 'create');
  try {
    for (const segment of segments.segments) {
      const from = Math.max(fromOffset, segment.startOffset);
      const to = Math.min(endOffset, segment.endOffset);
      if (from < to) copyRange(files, segment, from, to, copy, from - fromOffset);
    }
    await files.fdatasyncLater(copy);
  } catch (cause) {
    // A part of a copy is none.
    files.unlink(path);
    throw new Error(`what is to be cut off cannot be kept as ${path}: the log stays as it is`, { cause });
  } finally {
    files.close(copy);
  }
  await files.fsyncFolderLater(folder);
  await files.fsyncFolderLater(storePathRootDir);
  return path;
}

function copyRange(
  files: FileSystem,
  segment: SegmentFile,
  from: number,
  to: number,
  copy: FileDescriptor,
  copyPosition: number,
): void {
  const chunk = Buffer.allocUnsafe(Math.min(COPY_CHUNK_BYTES, to - from));
  const file = files.open(segment.path, 'read');
  try {
    for (let at = from; at < to;) {
      const length = readFully(files, file, chunk, 0, Math.min(chunk.length, to - at), at - segment.startOffset);
      if (length === 0) throw new Error(`${segment.path} ends before ${to}`);
      writeFully(files, copy, chunk, 0, length, copyPosition + (at - from));
      at += length;
    }
  } finally {
    files.close(file);
  }
}
