/**
 * Brings log, consume queues and index to one state at start: the log is checked and cut at its last whole record, queues and index are cut and
 * filled again from the log. Commitlog worker. Java: DefaultMessageStore.recover.
 * Invariant: afterwards every queued record of the log has exactly one entry, at its queueOffset, and no entry points past the log's end.
 */
import { dirname, join } from 'node:path';

import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { FileSystem } from '../commitlog/file-system.js';
import type { LogGap } from '../commitlog/damage-verdict.js';
import type { DispatchSink, LastRecord } from '../commitlog/record-dispatch.js';
import { planRecovery, type RecoveryPlan } from '../commitlog/recovery-plan.js';
import { SegmentSet } from '../commitlog/segment-set.js';
import type { CheckpointFields } from '../commitlog/store-checkpoint.js';
import { ConsumeQueueFiles } from '../consumequeue/consume-queue-files.js';
import { recoverConsumeQueues } from '../consumequeue/consume-queue-recovery.js';
import { ConsumeQueueSet } from '../consumequeue/consume-queue-set.js';
import type { IndexSet } from '../index/index-set.js';
import type { StoreSettings } from './control-message.js';
import { openIndex } from './index-recovery.js';
import { checkLog, type Restore } from './log-check.js';

/** What recovery works with. */
export interface StoreRecoveryOptions {
  readonly files: FileSystem;
  readonly settings: StoreSettings;
  readonly checkpoint: CheckpointFields;
  readonly wasCleanStop: boolean;
  readonly clock: Clock;
  /** Called now and then while more than a piece of the log is checked. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  /** Called with what an operator should know. */
  readonly warn: (message: string) => void;
  /** Called with what came of it, when there was something to do. */
  readonly inform: (message: string) => void;
  /** See LogCheckOptions. */
  readonly poolBytesMin?: number | undefined;
  readonly pieceBytes?: number | undefined;
}

/** A log and its queues, ready for writing. */
export interface RecoveredStore {
  readonly segments: SegmentSet;
  readonly queues: ConsumeQueueSet;
  readonly index: IndexSet;
  readonly endOffset: number;
  readonly last: LastRecord;
  /** Damage in the middle of the log that was met. */
  readonly damages: readonly LogGap[];
}

/** Recovers a store, or makes a new one in empty folders. Throws when its files cannot be one store. */
export async function recoverStore(options: StoreRecoveryOptions): Promise<RecoveredStore> {
  const { files, settings, wasCleanStop, warn, clock } = options;
  const beganMs = clock.monotonicMs();
  const segments = new SegmentSet(files, settings.storePathCommitLog, settings.mappedFileSizeCommitLog);
  segments.load();
  const checkpointPlan = planRecovery(files, segments, options.checkpoint, wasCleanStop);
  assert(checkpointPlan.checkFrom <= checkpointPlan.dispatchFrom, 'a record is checked before it is dispatched');
  const { plan: queuePlan, queues } = planWithQueues(options, segments, checkpointPlan);
  // What the checkpoint says of the index stays true: made again from before it, entries that are on disk would be gone after a power cut, and not missed.
  const opened = openIndex(options, segments, queuePlan, checkpointPlan.checkFrom);
  const { index, dispatchFrom: indexFrom, plan } = opened;
  const restore: Restore = {
    dispatchFrom: plan.dispatchFrom,
    sink: restoreTo(queues),
    indexFrom,
    keySink: (keyHash, physicalOffset, storeTimestampMs) => index.restore(keyHash, physicalOffset, storeTimestampMs),
  };
  const openedMs = clock.monotonicMs();
  const log = await checkLog({ ...options, segments, delayLevelsMs: settings.delayLevelsMs }, plan.checkFrom, restore);
  index.cut(log.endOffset);
  index.write();
  segments.cut(log.endOffset, wasCleanStop && log.isClean);
  if (!wasCleanStop) segments.oweFrom(plan.checkFrom);
  if (log.endOffset >= plan.dispatchFrom) {
    const openMs = Math.round(openedMs - beganMs);
    const checkMs = Math.round(clock.monotonicMs() - openedMs);
    options.inform(
      `store recovered: ${segments.segments.length} log files and ${queues.count} queues opened in ${openMs} ms; ${log.recordCount} records in ${log.checkedBytes} bytes of log checked in ${checkMs} ms`,
    );
    if (queues.missingEntries > 0)
      warn(`${queues.missingEntries} consume-queue entries are missing and stand as blanks`);
    queues.writeAll();
    return { segments, queues, index, endOffset: log.endOffset, last: log.last, damages: log.damages };
  }
  // The log ends before what the checkpoint said was on disk: a disk that lies, or damage. Nothing was dispatched.
  warn(
    `the log ends at ${log.endOffset}, before ${plan.dispatchFrom} which the checkpoint says was on disk: records are lost`,
  );
  const cutQueues = loadQueues(options, segments, log.endOffset);
  return { segments, queues: cutQueues, index, endOffset: log.endOffset, last: log.last, damages: log.damages };
}

/** Queues whose folder is gone while there is a log are made again from its beginning. */
function planWithQueues(
  options: StoreRecoveryOptions,
  segments: SegmentSet,
  plan: RecoveryPlan,
): { plan: RecoveryPlan; queues: ConsumeQueueSet } {
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
    onChanged: (path) => queueFiles.oweFile(path),
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
