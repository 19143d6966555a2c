/**
 * Tells damage in the middle of the log from the log's end: whole records follow both of them, since a power cut may lose one write and keep a later
 * one, and since Apache's broker leaves old bytes behind where it cuts. Commitlog worker. Java: none. Why it is decided so: ADR 0007.
 * Invariant: what an fdatasync had covered is never taken for the end; of what no fdatasync is known to have covered, only a gap that no lost
 * write explains is stepped over.
 */
import { type FileDescriptor, type FileSystem, readFully } from './file-system.js';
import { SECTOR_BYTES } from './record-check.js';
import type { SegmentSet } from './segment-set.js';
import type { CheckpointFields } from './store-checkpoint.js';

const CHUNK_BYTES = 1024 * 1024;
/** Without a checkpoint: a record that was stored so much later than the one before the gap was not in flight together with the gap. */
const SETTLED_MS = 60_000;

/** Bytes in which no whole record begins, and the records around them. */
export interface LogGap {
  readonly fromOffset: number;
  /** Where the next whole record begins. */
  readonly toOffset: number;
  /** Store times of the last record before it, 0 when there is none, and of the first one after it. */
  readonly timestampBeforeMs: number;
  readonly timestampAfterMs: number;
}

/** What is known of the last run. */
export interface LastRunFacts {
  readonly checkpoint: CheckpointFields;
  readonly wasCleanStop: boolean;
}

/** True if the log goes on after the gap, false if it ended at `gap.fromOffset`. */
export function isDamageInMiddle(files: FileSystem, segments: SegmentSet, gap: LogGap, facts: LastRunFacts): boolean {
  const { checkpoint, wasCleanStop } = facts;
  const isOurs = checkpoint.syncedPhysicalOffset === checkpoint.logicsPhysicalOffset;
  // The last record that was on disk may itself be the damaged one.
  const lastOnDisk = wasCleanStop || isOurs ? checkpoint.logicsPhysicalOffset : 0;
  if (lastOnDisk > 0 && gap.fromOffset <= lastOnDisk) return true;
  // A record of an earlier life of these bytes.
  if (gap.timestampAfterMs < gap.timestampBeforeMs) return false;
  if (wasCleanStop) return true;
  if (!isOurs && gap.timestampAfterMs < checkpoint.physicMsgTimestamp) return true;
  const isWithoutCheckpoint = checkpoint.physicMsgTimestamp === 0;
  if (isWithoutCheckpoint && gap.timestampBeforeMs > 0 && gap.timestampAfterMs - gap.timestampBeforeMs >= SETTLED_MS) {
    return true;
  }
  return !hasLostSector(files, segments, gap);
}

/** True if a sector, or the part of one that the gap has, is zeros: what stands where a write did not arrive. */
function hasLostSector(files: FileSystem, segments: SegmentSet, gap: LogGap): boolean {
  for (const { path, startOffset, endOffset } of segments.segments) {
    const from = Math.max(gap.fromOffset, startOffset);
    const to = Math.min(gap.toOffset, endOffset);
    if (from >= to) continue;
    const file = files.open(path, 'read');
    try {
      if (hasZeroSector(files, file, from - startOffset, to - startOffset)) return true;
    } finally {
      files.close(file);
    }
  }
  return false;
}

function hasZeroSector(files: FileSystem, file: FileDescriptor, from: number, to: number): boolean {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - from + SECTOR_BYTES));
  for (let at = from; at < to;) {
    // Chunks end where sectors do.
    const end = Math.min(to, Math.floor((at + chunk.length) / SECTOR_BYTES) * SECTOR_BYTES);
    const length = Math.max(1, end - at);
    chunk.fill(0, readFully(files, file, chunk, 0, length, at), length);
    for (let start = 0; start < length;) {
      const sectorEnd = Math.min(length, start + SECTOR_BYTES - ((at + start) % SECTOR_BYTES));
      if (isZero(chunk, start, sectorEnd)) return true;
      start = sectorEnd;
    }
    at += length;
  }
  return false;
}

function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}
