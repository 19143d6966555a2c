/**
 * Checks one segment of the log and collects what its consume-queue and index entries are made of. Piscina pool: reading and CRC of up to 1 GiB.
 * Java: the loop of CommitLog.recoverAbnormally, which runs on one thread. Keeps no state between tasks.
 */
import { nodeFileSystem } from '../commitlog/file-system.js';
import {
  type DispatchBatch,
  DispatchBatchBuilder,
  type LastRecord,
  RecordDispatch,
} from '../commitlog/record-dispatch.js';
import { KeyBatchBuilder, KeyDispatch } from '../commitlog/key-dispatch.js';
import { DelayLevelTable } from '../message/delay-level-table.js';
import { scanSegment, type SegmentScanEnd, type SegmentScanRange } from '../commitlog/segment-scan.js';

/** What to check. */
export interface RecoveryTask {
  readonly range: SegmentScanRange;
  /** Records before it are only checked. */
  readonly dispatchFrom: number;
  /** The same for the index. */
  readonly indexFrom: number;
  /** See StoreSettings. */
  readonly delayLevelsMs: readonly number[];
}

/** What was found. */
export interface RecoveryTaskResult {
  readonly end: SegmentScanEnd;
  readonly batch: DispatchBatch;
  /** See KeyBatchBuilder. */
  readonly keys: Float64Array<ArrayBuffer>;
  readonly last: LastRecord;
}

/** Entry point of the task. */
export function checkSegment(task: RecoveryTask): RecoveryTaskResult {
  const builder = new DispatchBatchBuilder();
  const dispatch = new RecordDispatch(task.dispatchFrom, new DelayLevelTable(task.delayLevelsMs), builder.add);
  const keys = new KeyBatchBuilder();
  const keyDispatch = new KeyDispatch(task.indexFrom, keys.add);
  const end = scanSegment(nodeFileSystem, task.range, (source, position, physicalOffset, parts) => {
    dispatch.visit(source, position, physicalOffset, parts);
    keyDispatch.visit(source, position, physicalOffset, parts);
  });
  return { end, batch: builder.build(), keys: keys.build(), last: dispatch.last };
}
