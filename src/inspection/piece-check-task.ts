/**
 * Checks a piece of the log against the consume queues and the index: each record has its entry, each index entry of the piece its record.
 * Piscina pool, read-only. Java: none. Keeps no state between tasks.
 */
import { nodeFileSystem } from '../commitlog/file-system.js';
import { KeyBatchBuilder, KeyDispatch } from '../commitlog/key-dispatch.js';
import { checkPiece, type LogPiece, type RecordRun } from '../commitlog/log-piece.js';
import { DispatchBatchBuilder, RecordDispatch, replayBatch } from '../commitlog/record-dispatch.js';
import type { IndexShape } from '../index/index-layout.js';
import { DelayLevelTable } from '../message/delay-level-table.js';
import { IndexSlice } from './index-slice.js';
import { type FoundProblems, ProblemList } from './problem.js';
import { type MatchedQueue, QueueMatch } from './queue-match.js';
import type { IndexFileInfo } from './store-layout.js';

/** What to check. */
export interface PieceCheckTask {
  readonly piece: LogPiece;
  readonly consumeQueueFolder: string;
  readonly queueFileSizeBytes: number;
  readonly indexFiles: readonly IndexFileInfo[];
  readonly indexShape: IndexShape;
  /** Records after this one may have no entries yet: a broker makes them at its next start. */
  readonly pendingFrom: number;
}

/** What was found. */
export interface PieceCheckResult extends FoundProblems {
  readonly runs: readonly RecordRun[];
  readonly queues: readonly MatchedQueue[];
  readonly indexEntries: number;
}

/** Entry point of the task. */
export function checkPieceOfStore(task: PieceCheckTask): PieceCheckResult {
  const builder = new DispatchBatchBuilder();
  const dispatch = new RecordDispatch(0, new DelayLevelTable([]), builder.add);
  const keys = new KeyBatchBuilder();
  const keyDispatch = new KeyDispatch(0, keys.add);
  const runs = checkPiece(nodeFileSystem, task.piece, (source, position, physicalOffset, parts) => {
    dispatch.visit(source, position, physicalOffset, parts);
    keyDispatch.visit(source, position, physicalOffset, parts);
  });
  const problems = new ProblemList();
  const match = new QueueMatch(task, problems);
  replayBatch(builder.build(), Number.POSITIVE_INFINITY, match.add);
  const slice = new IndexSlice(task.indexFiles, task.indexShape, task.pendingFrom);
  const indexEntries = slice.check(task.piece.fromOffset, task.piece.untilOffset, keys.build(), problems);
  const queues = match.finish();
  return { runs, queues, indexEntries, ...problems.found };
}
