/**
 * Brings log, consume queues and index to one state at start: the log is checked and cut at its last whole record, queues and index are cut and
 * filled again from the log. Commitlog worker. Java: DefaultMessageStore.recover.
 * Invariant: afterwards every queued record of the log has exactly one entry, at its queueOffset, and no entry points past the log's end.
 */
import { dirname, join } from 'node:path';

import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { FileSystem } from '../commitlog/file-system.js';
import { KeyDispatch, type KeySink, replayKeys } from '../commitlog/key-dispatch.js';
import { type DispatchSink, type LastRecord, RecordDispatch, replayBatch } from '../commitlog/record-dispatch.js';
import { planRecovery, type RecoveryPlan } from '../commitlog/recovery-plan.js';
import { scanSegment, type SegmentScanEnd, type SegmentScanRange } from '../commitlog/segment-scan.js';
import { SegmentSet } from '../commitlog/segment-set.js';
import type { CheckpointFields } from '../commitlog/store-checkpoint.js';
import { ConsumeQueueFiles } from '../consumequeue/consume-queue-files.js';
import { recoverConsumeQueues } from '../consumequeue/consume-queue-recovery.js';
import { ConsumeQueueSet } from '../consumequeue/consume-queue-set.js';
import { DelayLevelTable } from '../message/delay-level-table.js';
import type { IndexSet } from '../index/index-set.js';
import type { StoreSettings } from './control-message.js';
import { openIndex } from './index-recovery.js';
import type { RecoveryTask, RecoveryTaskResult } from './recovery-task.js';
import { TaskPool } from './task-pool.js';

/** Less than this is checked in place sooner than a pool is started. */
const POOL_BYTES_MIN = 64 * 1024 * 1024;
/** Segments that the pool checks at the same time; what is found in each is in memory until its turn comes. Without it each is dispatched as it is checked. */
const SEGMENTS_AHEAD = 2;

/** What recovery works with. */
export interface StoreRecoveryOptions {
  readonly files: FileSystem;
  readonly settings: StoreSettings;
  readonly checkpoint: CheckpointFields;
  readonly wasCleanStop: boolean;
  readonly clock: Clock;
  /** Called after each segment. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  /** Called with what an operator should know. */
  readonly warn: (message: string) => void;
  /** For tests: bytes from which on the pool does the checking. */
  readonly poolBytesMin?: number;
}

/** A log and its queues, ready for writing. */
export interface RecoveredStore {
  readonly segments: SegmentSet;
  readonly queues: ConsumeQueueSet;
  readonly index: IndexSet;
  readonly endOffset: number;
  readonly last: LastRecord;
}

/** Recovers a store, or makes a new one in empty folders. Throws when its files cannot be one store. */
export async function recoverStore(options: StoreRecoveryOptions): Promise<RecoveredStore> {
  const { files, settings, wasCleanStop, warn } = options;
  const segments = new SegmentSet(files, settings.storePathCommitLog, settings.mappedFileSizeCommitLog);
  segments.load();
  const { plan: queuePlan, queues } = planWithQueues(options, segments);
  const { index, dispatchFrom: indexFrom, plan } = openIndex(options, segments, queuePlan);
  const restore: Restore = {
    dispatchFrom: plan.dispatchFrom,
    sink: restoreTo(queues),
    indexFrom,
    keySink: (keyHash, physicalOffset, storeTimestampMs) => index.restore(keyHash, physicalOffset, storeTimestampMs),
  };
  const log = await checkLog(options, segments, plan.checkFrom, restore);
  index.cut(log.endOffset);
  index.write();
  segments.cut(log.endOffset, wasCleanStop && log.isClean);
  if (!wasCleanStop) segments.oweFrom(plan.checkFrom);
  if (log.endOffset >= plan.dispatchFrom) {
    if (queues.missingEntries > 0)
      warn(`${queues.missingEntries} consume-queue entries are missing and stand as blanks`);
    queues.writeAll();
    return { segments, queues, index, endOffset: log.endOffset, last: log.last };
  }
  // The log ends before what the checkpoint said was on disk: a disk that lies, or damage. Nothing was dispatched.
  warn(
    `the log ends at ${log.endOffset}, before ${plan.dispatchFrom} which the checkpoint says was on disk: records are lost`,
  );
  const cutQueues = loadQueues(options, segments, log.endOffset);
  return { segments, queues: cutQueues, index, endOffset: log.endOffset, last: log.last };
}

/** Queues whose folder is gone while there is a log are made again from its beginning. */
function planWithQueues(
  options: StoreRecoveryOptions,
  segments: SegmentSet,
): { plan: RecoveryPlan; queues: ConsumeQueueSet } {
  const plan = planRecovery(options.files, segments, options.checkpoint, options.wasCleanStop);
  assert(plan.checkFrom <= plan.dispatchFrom, 'a record is checked before it is dispatched');
  const queues = loadQueues(options, segments, plan.dispatchFrom);
  if (options.files.exists(consumeQueueFolder(options.settings))) return { plan, queues };
  return { plan: { checkFrom: segments.minOffset, dispatchFrom: segments.minOffset }, queues };
}

function loadQueues(options: StoreRecoveryOptions, segments: SegmentSet, cutOffset: number): ConsumeQueueSet {
  const { files, settings, wasCleanStop } = options;
  const rootFolder = consumeQueueFolder(settings);
  const fileSizeBytes = settings.mappedFileSizeConsumeQueue;
  const queueFiles = new ConsumeQueueFiles(files, rootFolder, fileSizeBytes, settings.maxOpenFiles);
  const queues = new ConsumeQueueSet(queueFiles);
  const logMinOffset = segments.minOffset;
  for (const queue of recoverConsumeQueues(files, {
    rootFolder,
    fileSizeBytes,
    logMinOffset,
    cutOffset,
    wasCleanStop,
    onChanged: (path) => queueFiles.owe(path),
    onRemoved: (path) => queueFiles.oweFolder(dirname(path)),
  })) {
    queues.load(queue);
  }
  return queues;
}

function consumeQueueFolder(settings: StoreSettings): string {
  return join(settings.storePathRootDir, 'consumequeue');
}

function restoreTo(queues: ConsumeQueueSet): DispatchSink {
  return (topic, queueId, queueOffset, physicalOffset, sizeBytes, tagsCode) =>
    queues.restore(topic, queueId, queueOffset, physicalOffset, sizeBytes, tagsCode);
}

/** What of the records that are checked goes where. */
interface Restore {
  readonly dispatchFrom: number;
  readonly sink: DispatchSink;
  readonly indexFrom: number;
  readonly keySink: KeySink;
}

interface CheckedLog {
  readonly endOffset: number;
  readonly isClean: boolean;
  readonly last: LastRecord;
}

type CheckedSegment =
  | RecoveryTaskResult
  | { readonly end: SegmentScanEnd; readonly last: LastRecord; readonly batch: undefined };

/** Checks from `checkFrom` to the first thing that is not a whole record. */
async function checkLog(
  options: StoreRecoveryOptions,
  segments: SegmentSet,
  checkFrom: number,
  restore: Restore,
): Promise<CheckedLog> {
  const ranges = rangesFrom(segments, checkFrom);
  const totalBytes = ranges.reduce((sum, range) => sum + range.startOffset + range.sizeBytes - range.fromOffset, 0);
  const usePool = ranges.length > 1 && totalBytes >= (options.poolBytesMin ?? POOL_BYTES_MIN);
  const pool = usePool ? new TaskPool() : undefined;
  try {
    return await checkRanges(options, ranges, totalBytes, restore, pool === undefined ? 1 : SEGMENTS_AHEAD, (range) =>
      checkRange(options, pool, range, restore),
    );
  } finally {
    await pool?.close();
  }
}

async function checkRanges(
  options: StoreRecoveryOptions,
  ranges: readonly SegmentScanRange[],
  totalBytes: number,
  restore: Restore,
  segmentsAhead: number,
  check: (range: SegmentScanRange) => CheckedSegment | Promise<CheckedSegment>,
): Promise<CheckedLog> {
  const ahead: (CheckedSegment | Promise<CheckedSegment>)[] = [];
  let next = 0;
  let doneBytes = 0;
  let log: CheckedLog = {
    endOffset: ranges[0]?.fromOffset ?? 0,
    isClean: true,
    last: { physicalOffset: 0, storeTimestampMs: 0 },
  };
  for (const range of ranges) {
    for (; next < ranges.length && ahead.length < segmentsAhead; next++) {
      const following = ranges[next];
      if (following !== undefined) ahead.push(guarded(check(following)));
    }
    const checked = await ahead.shift();
    assert(checked !== undefined, 'every range is checked once');
    if (checked.batch !== undefined) {
      replayBatch(checked.batch, restore.sink);
      replayKeys(checked.keys, restore.keySink);
    }
    const last = checked.last.storeTimestampMs > 0 ? checked.last : log.last;
    log = { endOffset: checked.end.endOffset, isClean: checked.end.isClean, last };
    doneBytes += range.startOffset + range.sizeBytes - range.fromOffset;
    options.onProgress(doneBytes, totalBytes);
    if (!checked.end.isFull) break;
  }
  return log;
}

/** A check that is not waited for any more, since the log ended before it, fails unheard. */
function guarded<T>(check: T | Promise<T>): T | Promise<T> {
  if (check instanceof Promise) check.catch(() => undefined);
  return check;
}

function checkRange(
  { files, settings }: StoreRecoveryOptions,
  pool: TaskPool | undefined,
  range: SegmentScanRange,
  restore: Restore,
): CheckedSegment | Promise<CheckedSegment> {
  if (pool !== undefined) {
    const url = new URL('./recovery-task.js', import.meta.url);
    const task: RecoveryTask = {
      range,
      dispatchFrom: restore.dispatchFrom,
      indexFrom: restore.indexFrom,
      delayLevelsMs: settings.delayLevelsMs,
    };
    return pool.run<RecoveryTaskResult>(url, 'checkSegment', task);
  }
  const dispatch = new RecordDispatch(restore.dispatchFrom, new DelayLevelTable(settings.delayLevelsMs), restore.sink);
  const keys = new KeyDispatch(restore.indexFrom, restore.keySink);
  const end = scanSegment(files, range, (source, position, physicalOffset, parts) => {
    dispatch.visit(source, position, physicalOffset, parts);
    keys.visit(source, position, physicalOffset, parts);
  });
  return { end, last: dispatch.last, batch: undefined };
}

function rangesFrom(segments: SegmentSet, fromOffset: number): SegmentScanRange[] {
  return segments.segments
    .filter((segment) => segment.endOffset > fromOffset)
    .map(({ path, startOffset, sizeBytes }) => ({
      path,
      startOffset,
      sizeBytes,
      fromOffset: Math.max(fromOffset, startOffset),
    }));
}
