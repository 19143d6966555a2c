/**
 * Checks a piece of the log and collects what its consume-queue and index entries are made of. Commitlog worker, and piscina pool when there is much.
 * Java: the loop of CommitLog.recoverAbnormally, which runs on one thread. Keeps no state between tasks.
 */
import { type FileSystem, nodeFileSystem } from '../commitlog/file-system.js';
import { KeyBatchBuilder, KeyDispatch } from '../commitlog/key-dispatch.js';
import { checkPiece, type LogPiece, type RecordRun } from '../commitlog/log-piece.js';
import { type DispatchBatch, DispatchBatchBuilder, RecordDispatch } from '../commitlog/record-dispatch.js';
import { DelayLevelTable } from '../message/delay-level-table.js';

/** What to check. */
export interface RecoveryTask {
  readonly piece: LogPiece;
  /** Records before it are only checked. */
  readonly dispatchFrom: number;
  /** The same for the index. */
  readonly indexFrom: number;
  /** See StoreSettings. */
  readonly delayLevelsMs: readonly number[];
}

/** What was found. */
export interface CheckedPiece {
  readonly runs: readonly RecordRun[];
  readonly batch: DispatchBatch;
  /** See KeyBatchBuilder. */
  readonly keys: Float64Array<ArrayBuffer>;
}

/** Checks one piece. */
export function checkRecoveryPiece(files: FileSystem, task: RecoveryTask): CheckedPiece {
  const builder = new DispatchBatchBuilder();
  const dispatch = new RecordDispatch(task.dispatchFrom, new DelayLevelTable(task.delayLevelsMs), builder.add);
  const keys = new KeyBatchBuilder();
  const keyDispatch = new KeyDispatch(task.indexFrom, keys.add);
  const runs = checkPiece(files, task.piece, (source, position, physicalOffset, parts) => {
    dispatch.visit(source, position, physicalOffset, parts);
    keyDispatch.visit(source, position, physicalOffset, parts);
  });
  return { runs, batch: builder.build(), keys: keys.build() };
}

/** Entry point of the task. */
export function checkPieceTask(task: RecoveryTask): CheckedPiece {
  return checkRecoveryPiece(nodeFileSystem, task);
}
