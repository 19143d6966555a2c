/**
 * Decides at start from where the log is checked, and from where its records are dispatched again. Commitlog worker.
 * Java: CommitLog.isMappedFileMatchedRecover, StoreCheckpoint.getMinTimestamp.
 * Invariant: every consume-queue entry of a record before `dispatchFrom` is on disk; `checkFrom <= dispatchFrom`, and both are where a record begins or the log ends.
 */
import { RECORD, storeTimestampOf } from '../message/stored-record.js';
import type { FileSystem } from './file-system.js';
import type { SegmentFile } from './segment-file.js';
import { visitRecord } from './segment-scan.js';
import type { SegmentSet } from './segment-set.js';
import type { CheckpointFields } from './store-checkpoint.js';

/** What a checkpoint's time may be ahead of the disk. Java: StoreCheckpoint.getMinTimestamp. */
const CHECKPOINT_SLACK_MS = 3000;

/** Where to begin. */
export interface RecoveryPlan {
  readonly checkFrom: number;
  readonly dispatchFrom: number;
}

/** Plans the recovery of a log with these segments. */
export function planRecovery(
  files: FileSystem,
  segments: SegmentSet,
  checkpoint: CheckpointFields,
  wasCleanStop: boolean,
): RecoveryPlan {
  const lastDispatched = checkpoint.logicsPhysicalOffset;
  const segmentOfLast = lastDispatched > 0 ? segments.find(lastDispatched) : undefined;
  const isOnDisk = wasCleanStop || checkpoint.syncedPhysicalOffset === lastDispatched;
  const sizeBytes = isOnDisk && segmentOfLast !== undefined ? sizeOfRecord(files, segmentOfLast, lastDispatched) : 0;
  if (sizeBytes > 0) {
    // Differs: Apache reads whole segments again. Nothing up to this record can have been lost, so starting takes no longer with a large log.
    return { checkFrom: lastDispatched, dispatchFrom: lastDispatched + sizeBytes };
  }
  const minTimestamp = Math.min(checkpoint.physicMsgTimestamp, checkpoint.logicsMsgTimestamp) - CHECKPOINT_SLACK_MS;
  const checkFrom =
    segments.segments.findLast(
      (segment) =>
        (segmentOfLast === undefined || segment.startOffset <= lastDispatched) &&
        firstStoreTimestamp(files, segment) <= minTimestamp,
    )?.startOffset ?? segments.minOffset;
  return { checkFrom, dispatchFrom: segmentOfLast === undefined ? checkFrom : lastDispatched };
}

/** Size of the whole record that begins at `fromOffset`, or 0. */
function sizeOfRecord(files: FileSystem, segment: SegmentFile, fromOffset: number): number {
  const { path, startOffset, sizeBytes } = segment;
  let recordBytes = 0;
  visitRecord(files, { path, startOffset, sizeBytes, fromOffset }, (source, position) => {
    recordBytes = source.readInt32BE(position + RECORD.TOTAL_SIZE);
  });
  return recordBytes;
}

/** Store time of the segment's first record; in no time when there is none. */
function firstStoreTimestamp(files: FileSystem, segment: SegmentFile): number {
  const { path, startOffset, sizeBytes } = segment;
  let timestampMs = Number.POSITIVE_INFINITY;
  visitRecord(files, { path, startOffset, sizeBytes, fromOffset: startOffset }, (source, position) => {
    timestampMs = storeTimestampOf(source, position);
  });
  return timestampMs;
}
