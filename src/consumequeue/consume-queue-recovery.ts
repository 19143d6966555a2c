/**
 * Finds out what the files of consume queues hold and cuts away what lies past a place in the log. Commitlog worker, at start.
 * Java: ConsumeQueue.recover, truncateDirtyLogicFiles, correctMinOffset.
 * Invariant: entries of a queue point ever further into the log, so a place in the log is found by halving.
 */
import { join } from 'node:path';

import { segmentName, startOffsetOfSegment } from '../base/segment-name.js';
import { type FileDescriptor, type FileSystem, readFully } from '../commitlog/file-system.js';
import { type ConsumeQueueEntry, ENTRY_BYTES, readEntry, PRE_BLANK_SIZE_BYTES } from './consume-queue-entry.js';
import type { RecoveredQueue } from './consume-queue-set.js';

/** What recovery needs to know. */
export interface ConsumeQueueRecoveryOptions {
  readonly rootFolder: string;
  readonly fileSizeBytes: number;
  /** First offset of the log: entries before it are expired. */
  readonly logMinOffset: number;
  /** Entries of records from here on are cut away. */
  readonly cutOffset: number;
  /** False after a crash: pages past a queue's end may hold anything. */
  readonly wasCleanStop: boolean;
  /** Told of files that were cut, which owe an fdatasync. */
  readonly onChanged: (path: string) => void;
  /** Told of files and folders that were removed: the folders in which they were owe an fsync. */
  readonly onRemoved: (path: string) => void;
}

/** All queues that have entries left, cut at `cutOffset`. Queues with nothing left lose their files. */
export function recoverConsumeQueues(files: FileSystem, options: ConsumeQueueRecoveryOptions): RecoveredQueue[] {
  const queues: RecoveredQueue[] = [];
  for (const topic of files.readdir(options.rootFolder).toSorted()) {
    const queueIds = files.readdir(join(options.rootFolder, topic)).filter((name) => /^\d+$/.test(name));
    for (const queueId of queueIds.map(Number).toSorted((a, b) => a - b)) {
      const folder = join(options.rootFolder, topic, String(queueId));
      const range = new QueueFiles(files, folder, options.fileSizeBytes).recover(options);
      if (range === undefined) {
        files.removeFolder(folder);
        options.onRemoved(folder);
      } else queues.push({ topic, queueId, ...range });
    }
  }
  return queues;
}

/** The files of one queue, while they are looked at. */
class QueueFiles {
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #fileSizeBytes: number;
  readonly #entryBytes = Buffer.alloc(ENTRY_BYTES);
  /** Byte offsets within the queue at which files begin, ascending. */
  #starts: number[] = [];

  constructor(files: FileSystem, folder: string, fileSizeBytes: number) {
    this.#files = files;
    this.#folder = folder;
    this.#fileSizeBytes = fileSizeBytes;
  }

  recover(options: ConsumeQueueRecoveryOptions): { minOffset: number; maxOffset: number } | undefined {
    this.#starts = this.#files
      .readdir(this.#folder)
      .map((name) => startOffsetOfSegment(name))
      .filter((start) => start !== undefined)
      .toSorted((a, b) => a - b);
    const maxOffset = this.#cut(options);
    if (maxOffset === undefined) return undefined;
    return { minOffset: this.#findMinOffset(options.logMinOffset, maxOffset), maxOffset };
  }

  /** Cuts from the last file on; the queue's end, or undefined if nothing is left. */
  #cut({ cutOffset, wasCleanStop, onChanged, onRemoved }: ConsumeQueueRecoveryOptions): number | undefined {
    const isKept = (entry: ConsumeQueueEntry): boolean =>
      entry.sizeBytes > 0 && entry.physicalOffset >= 0 && entry.physicalOffset < cutOffset;
    for (let start = this.#starts.at(-1); start !== undefined; start = this.#starts.at(-1)) {
      const kept = this.#use(start, (file) => {
        const count = this.#countWhile(file, isKept);
        if (count > 0 && !(wasCleanStop && this.#isEndAt(file, count))) {
          this.#zeroFrom(file, count);
          onChanged(this.#pathOf(start));
        }
        return count;
      });
      if (kept > 0) return start / ENTRY_BYTES + kept;
      this.#files.unlink(this.#pathOf(start));
      onRemoved(this.#pathOf(start));
      this.#starts.pop();
    }
    return undefined;
  }

  #findMinOffset(logMinOffset: number, maxOffset: number): number {
    for (const start of this.#starts) {
      // Blanks before a queue's first entry point to 0.
      const isExpired = (entry: ConsumeQueueEntry): boolean =>
        entry.sizeBytes === PRE_BLANK_SIZE_BYTES || (entry.sizeBytes > 0 && entry.physicalOffset < logMinOffset);
      const expired = this.#use(start, (file) => this.#countWhile(file, isExpired));
      if (expired * ENTRY_BYTES < this.#fileSizeBytes) return Math.min(maxOffset, start / ENTRY_BYTES + expired);
    }
    return maxOffset;
  }

  /** How many entries from the file's start on satisfy a condition that, once false, stays so. */
  #countWhile(file: FileDescriptor, isTrue: (entry: ConsumeQueueEntry) => boolean): number {
    let low = 0;
    let high = this.#fileSizeBytes / ENTRY_BYTES;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (isTrue(this.#read(file, middle))) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Past a file's end there are no entries: zeros. */
  #read(file: FileDescriptor, index: number): ConsumeQueueEntry {
    const read = readFully(this.#files, file, this.#entryBytes, 0, ENTRY_BYTES, index * ENTRY_BYTES);
    this.#entryBytes.fill(0, read);
    return readEntry(this.#entryBytes, 0);
  }

  #isEndAt(file: FileDescriptor, count: number): boolean {
    if (this.#files.size(file) !== this.#fileSizeBytes) return false;
    return count * ENTRY_BYTES === this.#fileSizeBytes || this.#read(file, count).sizeBytes === 0;
  }

  /** Leaves no bytes after `count` entries that could be taken for entries. */
  #zeroFrom(file: FileDescriptor, count: number): void {
    this.#files.ftruncate(file, count * ENTRY_BYTES);
    this.#files.ftruncate(file, this.#fileSizeBytes);
  }

  #use<T>(start: number, task: (file: FileDescriptor) => T): T {
    const file = this.#files.open(this.#pathOf(start), 'update');
    try {
      return task(file);
    } finally {
      this.#files.close(file);
    }
  }

  #pathOf(start: number): string {
    return join(this.#folder, segmentName(start));
  }
}
