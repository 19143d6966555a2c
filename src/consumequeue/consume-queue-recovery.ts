/**
 * Finds out what the files of consume queues hold and cuts away what lies past a place in the log. Commitlog worker, at start.
 * Java: ConsumeQueue.recover, truncateDirtyLogicFiles, correctMinOffset.
 * Invariant: entries of a queue point ever further into the log, so a place in the log is found by halving.
 */
import { join } from 'node:path';

import { segmentName, startOffsetOfSegment } from '../base/segment-name.js';
import { type FileDescriptor, type FileSystem, readFully } from '../commitlog/file-system.js';
import {
  type ConsumeQueueEntry,
  ENTRY_BYTES,
  isBlankEntry,
  readEntry,
  PRE_BLANK_SIZE_BYTES,
} from './consume-queue-entry.js';
import type { RecoveredQueue } from './consume-queue-set.js';

/** Entries that are read at once: a little more than a page of them. */
const BLOCK_ENTRIES = 256;
const ZEROS = Buffer.alloc(BLOCK_ENTRIES * ENTRY_BYTES);

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
  /** Told of files that were cut, or that the disk may lack: they owe an fdatasync, and their names an fsync. */
  readonly onChanged: (path: string) => void;
  /** Told of files and folders that were removed: the folders in which they were owe an fsync. */
  readonly onRemoved: (path: string) => void;
}

/**
 * All queues that have entries left, expired ones included, cut at `cutOffset`. A queue with nothing left loses its files, unless they show that there
 * were entries before them, which have expired: its offsets go on there.
 */
export function recoverConsumeQueues(files: FileSystem, options: ConsumeQueueRecoveryOptions): RecoveredQueue[] {
  const queues: RecoveredQueue[] = [];
  const block = Buffer.alloc(BLOCK_ENTRIES * ENTRY_BYTES);
  for (const topic of files.readdir(options.rootFolder).toSorted()) {
    const queueIds = files.readdir(join(options.rootFolder, topic)).filter((name) => /^\d+$/.test(name));
    for (const queueId of queueIds.map(Number).toSorted((a, b) => a - b)) {
      const folder = join(options.rootFolder, topic, String(queueId));
      const range = new QueueFiles(files, folder, options.fileSizeBytes, block).recover(options);
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
  /** Entries from `#blockStart` on of `#blockFile`. */
  readonly #block: Buffer;
  #blockFile: FileDescriptor | undefined;
  #blockStart = 0;
  /** Byte offsets within the queue at which files begin, ascending. */
  #starts: number[] = [];

  constructor(files: FileSystem, folder: string, fileSizeBytes: number, block: Buffer) {
    this.#files = files;
    this.#block = block;
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
        if (count === 0) return count;
        const isCut = !this.#isEndAt(file, count, wasCleanStop);
        // A blank may be what a recovery that crashed has filled in; entries that it has made again are cut.
        if (isCut || (!wasCleanStop && isBlankEntry(this.#read(file, count - 1)))) onChanged(this.#pathOf(start));
        if (isCut) this.#zeroFrom(file, count);
        return count;
      });
      if (kept > 0) return start / ENTRY_BYTES + kept;
      if (start > 0 && this.#starts.length === 1) {
        this.#use(start, (file) => this.#zeroFrom(file, 0));
        onChanged(this.#pathOf(start));
        return start / ENTRY_BYTES;
      }
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

  /**
   * How many entries from the file's start on satisfy a condition that, once false, stays so. Most queues of a store with many are short: their
   * answer is in the first block, which is read once.
   */
  #countWhile(file: FileDescriptor, isTrue: (entry: ConsumeQueueEntry) => boolean): number {
    let low = 0;
    let high = this.#fileSizeBytes / ENTRY_BYTES;
    for (let step = BLOCK_ENTRIES; step < high; step *= 2) {
      if (isTrue(this.#read(file, step - 1))) low = step;
      else high = step - 1;
    }
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (isTrue(this.#read(file, middle))) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Past a file's end there are no entries: zeros. */
  #read(file: FileDescriptor, index: number): ConsumeQueueEntry {
    const inBlock = index % BLOCK_ENTRIES;
    if (this.#blockFile !== file || this.#blockStart !== index - inBlock) {
      this.#blockFile = file;
      this.#blockStart = index - inBlock;
      const position = this.#blockStart * ENTRY_BYTES;
      this.#block.fill(0, readFully(this.#files, file, this.#block, 0, this.#block.length, position));
    }
    return readEntry(this.#block, inBlock * ENTRY_BYTES);
  }

  /** True if nothing stands after `count` entries, which is known after a stop in order, or from the room that the file takes on the disk. */
  #isEndAt(file: FileDescriptor, count: number, wasCleanStop: boolean): boolean {
    if (this.#files.size(file) !== this.#fileSizeBytes) return false;
    const isLast = count * ENTRY_BYTES === this.#fileSizeBytes;
    if (wasCleanStop) return isLast || this.#read(file, count).sizeBytes === 0;
    const { allocatedBytes } = this.#files;
    if (allocatedBytes === undefined || isLast) return false;
    this.#read(file, count);
    const blockEnd = (this.#blockStart + BLOCK_ENTRIES) * ENTRY_BYTES;
    const used = (count - this.#blockStart) * ENTRY_BYTES;
    return allocatedBytes(file) <= blockEnd && this.#block.compare(ZEROS, 0, ZEROS.length - used, used) === 0;
  }

  /** Leaves no bytes after `count` entries that could be taken for entries. */
  #zeroFrom(file: FileDescriptor, count: number): void {
    this.#blockFile = undefined;
    this.#files.ftruncate(file, count * ENTRY_BYTES);
    this.#files.ftruncate(file, this.#fileSizeBytes);
  }

  #use<T>(start: number, task: (file: FileDescriptor) => T): T {
    const file = this.#files.open(this.#pathOf(start), 'update');
    try {
      return task(file);
    } finally {
      this.#files.close(file);
      this.#blockFile = undefined;
    }
  }

  #pathOf(start: number): string {
    return join(this.#folder, segmentName(start));
  }
}
