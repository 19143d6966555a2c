/**
 * Messages between the main thread and the commitlog worker besides the rings: start, stop, metadata, recovery progress, log lines.
 * Both threads. They travel as msgpackr records in transferred buffers. Invariant: nothing here is on the way of a message.
 */
import { Packr } from 'msgpackr';

import type { LogLevel } from '../base/log.js';
import type { LogCut } from '../commitlog/log-cut.js';
import type { IndexFileState } from '../index/index-set.js';
import type { Refusal } from './write-refusal.js';

const packr = new Packr({ useRecords: true, moreTypes: false });

/** What the worker is started with, beside the shared memory. Paths are absolute. */
export interface StoreSettings {
  readonly storePathRootDir: string;
  readonly storePathCommitLog: string;
  readonly mappedFileSizeCommitLog: number;
  readonly mappedFileSizeConsumeQueue: number;
  readonly flushDiskType: 'SYNC_FLUSH' | 'ASYNC_FLUSH';
  readonly flushIntervalCommitLogMs: number;
  readonly flushIntervalConsumeQueueMs: number;
  readonly maxMessageSizeBytes: number;
  /** Most consume-queue files and segments kept open for writing. */
  readonly maxOpenFiles: number;
  /** The delay of each level of delayed messages, ms, from level 1 on. Java: messageDelayLevel. */
  readonly delayLevelsMs: readonly number[];
  /** False: no keys are added to the index; what it holds can be searched. */
  readonly messageIndexEnable: boolean;
  readonly maxHashSlotNum: number;
  readonly maxIndexNum: number;
  /** On a slave whose log has other records than its master's: what goes before the store is recovered. */
  readonly cut?: LogCut | undefined;
}

/** Shared memory of replication. */
export interface HaMemory {
  /** Wakes the HA thread. */
  readonly doorbell: SharedArrayBuffer;
  /** On a slave: what came from the master, from the HA thread to the commitlog worker. */
  readonly replicaRing: SharedArrayBuffer | undefined;
}

/** Shared memory handed to the worker. */
export interface StoreMemory {
  readonly requestRing: SharedArrayBuffer;
  readonly resultRing: SharedArrayBuffer;
  readonly doorbell: SharedArrayBuffer;
  readonly window: SharedArrayBuffer;
  readonly statusPage: SharedArrayBuffer;
  readonly ha: HaMemory;
}

/** One consume queue as it stands after recovery. `queueKey` is its index in the list. */
export interface QueueState {
  readonly topic: string;
  readonly queueId: number;
  readonly minOffset: number;
  readonly maxOffset: number;
}

/** A queue that the worker of a slave has opened under `key`; entries from `maxOffset` on come as results with that key. */
export interface OpenedQueue extends QueueState {
  readonly key: number;
}

/** Which segments may go now, the oldest first and never the last one; see `StoreCleaner`. */
export interface ExpiryLimits {
  /** Those that were last written to so long ago, ms; -1: none for their age. */
  readonly reservedMs: number;
  /** Whatever their age. Java: cleanAtOnce. */
  readonly isAtOnce: boolean;
  /** Those at the beginning until so many bytes are free; 0: none. */
  readonly bytesToFree: number;
  /** Those at the beginning until the log has no more bytes than this; 0: none. */
  readonly logBytesMax: number;
  /** At most so many. Java: deleteFileBatchMax. */
  readonly segmentsMax: number;
  /** Pause between two of them, and after a queue that lost files, ms. */
  readonly segmentPauseMs: number;
  readonly queuePauseMs: number;
}

/** Main thread → worker. What must keep its place among puts goes through the request ring instead. */
export type ToWorker =
  | { readonly type: 'stop' }
  /** Asks where a search for this key begins; answered with `indexStates`, after all that was answered before has its entries in files. */
  | { readonly type: 'askIndex'; readonly id: number; readonly keyHash: number }
  /** Answered with `expired` when the segments are gone; `queuesExpired` come before that. */
  | { readonly type: 'expire'; readonly id: number; readonly limits: ExpiryLimits };

/** Worker → main thread. */
export type FromWorker =
  | { readonly type: 'recovering'; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly type: 'ready'; readonly queues: readonly QueueState[] }
  /** The DELETE_TOPIC entry of this id is carried out, or has failed with `error`. */
  | { readonly type: 'topicDeleted'; readonly id: number; readonly error: string | undefined }
  /** A slave's worker is about to send results with a new key. */
  | { readonly type: 'queueOpened'; readonly queue: OpenedQueue }
  /** Writes are refused from now on (`undefined`: accepted again). */
  | { readonly type: 'refuseWrites'; readonly refusal: Refusal | undefined }
  /** The index's files, or why they cannot be searched. */
  | { readonly type: 'indexStates'; readonly id: number; readonly states: readonly IndexFileState[] | string }
  /** Queues begin later: places in the two lists belong together. */
  | { readonly type: 'queuesExpired'; readonly keys: readonly number[]; readonly minOffsets: readonly number[] }
  /** So many segments were deleted for `expire`; `error` says why not more. */
  | {
      readonly type: 'expired';
      readonly id: number;
      readonly segments: number;
      readonly error: string | undefined;
    }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  /** Everything accepted is answered, flushed and closed; the thread ends by itself. */
  | { readonly type: 'stopped' };

/** What the worker says of deletions. */
export type RetentionMessage = Extract<FromWorker, { type: 'queuesExpired' | 'expired' }>;

/** Encodes for `postMessage(bytes)`. */
export function encodeControlMessage(message: ToWorker | FromWorker): Uint8Array {
  // A copy: msgpackr returns a view into a buffer that it goes on using.
  return new Uint8Array(packr.pack(message));
}

/** Decodes what the main thread sent. */
export function decodeToWorker(bytes: Uint8Array): ToWorker {
  return packr.unpack(bytes) as ToWorker;
}

/** Decodes what the worker sent. */
export function decodeFromWorker(bytes: Uint8Array): FromWorker {
  return packr.unpack(bytes) as FromWorker;
}
