/**
 * Opens the index at start and says from where the log's keys are put into it again. Commitlog worker. Java: IndexService.load.
 * Invariant: afterwards entries of all records before `dispatchFrom` that had any are in the index, and none of records from there on.
 * Differs: after a crash Apache deletes every file that was not full; here what was written stays, and what is missing is made again.
 */
import { join } from 'node:path';

import type { Clock } from '../base/clock.js';
import type { FileSystem } from '../commitlog/file-system.js';
import type { RecoveryPlan } from '../commitlog/recovery-plan.js';
import { visitRecord } from '../commitlog/segment-scan.js';
import type { SegmentSet } from '../commitlog/segment-set.js';
import type { CheckpointFields } from '../commitlog/store-checkpoint.js';
import { IndexSet } from '../index/index-set.js';
import type { StoreSettings } from './control-message.js';

/** What the index's recovery works with. */
export interface IndexOpenOptions {
  readonly files: FileSystem;
  readonly settings: StoreSettings;
  readonly checkpoint: CheckpointFields;
  readonly wasCleanStop: boolean;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/** An index, and from where on records are put into it; past the log's end when none are. */
export interface OpenedIndex {
  readonly index: IndexSet;
  readonly dispatchFrom: number;
}

/**
 * Opens the index of a store whose log is checked as `plan` says; `plan` is widened when entries were lost that lie before it. What the index has of
 * records before `checkpointedFrom` is on disk.
 */
export function openIndex(
  options: IndexOpenOptions,
  segments: SegmentSet,
  plan: RecoveryPlan,
  checkpointedFrom: number,
): OpenedIndex & { readonly plan: RecoveryPlan } {
  const { files, settings, clock, warn, wasCleanStop } = options;
  const shape = { hashSlotNum: settings.maxHashSlotNum, indexNum: settings.maxIndexNum };
  const index = new IndexSet(files, join(settings.storePathRootDir, 'index'), shape, () => clock.nowMs());
  index.load(warn);
  const safeTimestampMs = options.checkpoint.indexMsgTimestamp;
  const end = index.recover({ wasCleanStop, safeTimestampMs, checkFrom: checkpointedFrom });
  if (!settings.messageIndexEnable) return { index, dispatchFrom: Number.POSITIVE_INFINITY, plan };
  const { dispatchFrom } = end;
  const checkFrom = Math.max(dispatchFrom, segments.minOffset);
  if (!end.isDamaged || checkFrom >= plan.checkFrom) return { index, dispatchFrom, plan };
  if (isRecordAt(files, segments, checkFrom)) {
    warn(`index entries from ${checkFrom} on were lost; they are made again from the log`);
    return { index, dispatchFrom, plan: { ...plan, checkFrom } };
  }
  warn(`index entries between ${checkFrom} and ${plan.checkFrom} are lost: their messages are not found by key`);
  return { index, dispatchFrom, plan };
}

function isRecordAt(files: FileSystem, segments: SegmentSet, fromOffset: number): boolean {
  const segment = segments.find(fromOffset);
  if (segment === undefined) return false;
  const { path, startOffset, sizeBytes } = segment;
  return visitRecord(files, { path, startOffset, sizeBytes, fromOffset }, () => undefined);
}
