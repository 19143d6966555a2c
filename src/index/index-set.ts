/**
 * The index of keys of a store: its files, oldest first, of which the last takes entries. Commitlog worker. Java: IndexService.
 * Invariant: every file but the last is full, or nearly: after a crash one may be followed by another. Once `write` has returned, every entry that was
 * put is in its file; once `fdatasyncLater` has resolved, on the disk.
 */
import { join } from 'node:path';

import { assert } from '../base/assert.js';
import { type FileSystem, readFully } from '../commitlog/file-system.js';
import { checkIndexFile, type IndexCheckLimits } from './index-check.js';
import { IndexFile } from './index-file.js';
import { indexFileName, isIndexFileName } from './index-file-name.js';
import {
  fileSizeOf,
  FIRST_PLACE,
  firstHeader,
  HEADER_BYTES,
  type IndexHeader,
  type IndexShape,
  readHeader,
} from './index-layout.js';
import { SlotTable } from './slot-table.js';

/** Slots of a full file that are written in one step: a fifth of a millisecond. */
const SLOT_BYTES_PER_STEP = 1024 * 1024;

/** What a search needs to know of one file. */
export interface IndexFileState {
  readonly name: string;
  readonly beginTimestampMs: number;
  readonly endTimestampMs: number;
  readonly endPhysicalOffset: number;
  readonly indexCount: number;
  /** Place of the newest entry in the slot that was asked about, or -1: the file's slots say it. */
  readonly newestPlace: number;
}

/** How the index is recovered. */
export interface IndexRecoveryOptions {
  readonly wasCleanStop: boolean;
  /** Files whose last entry is not later are known to be on disk, slots and all. Java: indexMsgTimestamp. */
  readonly safeTimestampMs: number;
  /** Records from here on are seen again in any case. */
  readonly checkFrom: number;
}

/** Where the index ends. */
export interface IndexEnd {
  /** Records from here on have no entries. */
  readonly dispatchFrom: number;
  /** True when entries were lost: records from `dispatchFrom` on, where one begins, have to be read again though they may lie before `checkFrom`. */
  readonly isDamaged: boolean;
}

/** The index. */
export class IndexSet {
  /** Store time of the last entry of the last file that is on disk, slots and all. Java: indexMsgTimestamp. */
  safeTimestampMs = 0;
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #shape: IndexShape;
  readonly #nowMs: () => number;
  readonly #all: IndexFile[] = [];
  #last: IndexFile | undefined;
  /** Files that take nothing more but are not whole yet, oldest first. */
  #unfinished: IndexFile[] = [];
  /** Of files that recovery has dropped, in order: those that are made again from the log have the same names, as Apache's would. */
  #namesLeft: string[] = [];
  /** Files were removed, and may be there again after a power cut. */
  #hasRemoved = false;

  constructor(files: FileSystem, folder: string, shape: IndexShape, nowMs: () => number) {
    assert(shape.hashSlotNum >= 1 && shape.indexNum > FIRST_PLACE, 'an index file has slots and places');
    this.#files = files;
    this.#folder = folder;
    this.#shape = shape;
    this.#nowMs = nowMs;
  }

  /** Takes in the files of the folder. Those of another shape are left alone, and `warn` is told. */
  load(warn: (message: string) => void): void {
    assert(this.#all.length === 0, 'files are loaded once');
    for (const name of this.#files.readdir(this.#folder).filter(isIndexFileName).toSorted()) {
      const path = join(this.#folder, name);
      const header = Buffer.alloc(HEADER_BYTES);
      const file = this.#files.open(path, 'read');
      const sizeBytes = this.#files.size(file);
      readFully(this.#files, file, header, 0, HEADER_BYTES, 0);
      this.#files.close(file);
      // Its making was interrupted.
      if (sizeBytes === 0) this.#files.unlink(path);
      else if (sizeBytes === fileSizeOf(this.#shape)) this.#add(name, readHeader(header));
      else warn(`index file ${path} has ${sizeBytes} bytes: not of maxHashSlotNum and maxIndexNum, and not searched`);
    }
  }

  /** Makes the index fit for writing. */
  recover(options: IndexRecoveryOptions): IndexEnd {
    this.safeTimestampMs = options.safeTimestampMs;
    if (options.wasCleanStop) return { dispatchFrom: this.#endOffset + 1, isDamaged: false };
    const { checkFrom, safeTimestampMs } = options;
    const names = this.#all.map(({ name }) => name);
    // Of what comes from there on any part may be lost, whole files too: it is made again from the log, which is read from there anyway.
    for (let i = 0; i < this.#all.length; i++) {
      const file = this.#all[i];
      assert(file !== undefined, 'an index in range');
      const { endPhysicalOffset, endTimestampMs } = file.header;
      const isLast = i === this.#all.length - 1;
      if (!isLast && endTimestampMs < safeTimestampMs && endPhysicalOffset < checkFrom) continue;
      file.owe();
      const isDamaged = this.#check(i, { cutOffset: checkFrom });
      if (isDamaged) {
        this.#dropFrom(i + 1);
        return { dispatchFrom: this.#cutLastRecord(this.#endOffset), isDamaged };
      }
      if (endPhysicalOffset < checkFrom) continue;
      this.#dropFrom(i + 1);
    }
    this.#namesLeft = names.slice(this.#all.length);
    return { dispatchFrom: Math.min(checkFrom, this.#endOffset + 1), isDamaged: false };
  }

  /** Cuts away entries of records from `endOffset` on: the log ends there. */
  cut(endOffset: number): void {
    for (let i = this.#all.length - 1; i >= 0; i--) {
      if ((this.#all[i]?.header.endPhysicalOffset ?? 0) < endOffset) return;
      this.#check(i, { cutOffset: endOffset });
    }
  }

  /**
   * Adds entries of `count` keys, of records that were stored at one time. Nothing is written; it throws only when a part of the slots cannot be read.
   */
  putAll(keyHashes: Int32Array, offsets: Float64Array, count: number, storeTimestampMs: number): void {
    for (let done = 0; done < count;) {
      const last = this.#last;
      const file = last === undefined || last.isFull ? this.#next(last) : last;
      done = file.put(keyHashes, offsets, done, count, storeTimestampMs);
    }
  }

  /** Adds one entry. */
  put(keyHash: number, physicalOffset: number, storeTimestampMs: number): void {
    this.putAll(Int32Array.of(keyHash), Float64Array.of(physicalOffset), 1, storeTimestampMs);
  }

  /** Adds an entry that recovery found missing, and writes when there is something to write. */
  restore(keyHash: number, physicalOffset: number, storeTimestampMs: number): void {
    this.put(keyHash, physicalOffset, storeTimestampMs);
    while (this.isUnfinished) this.step();
    this.writeFull();
  }

  /** Writes if much is pending. */
  writeFull(): void {
    if (this.isUnfinished || this.#last?.isPendingFull === true) this.write();
  }

  /** Gives all entries to the operating system. */
  write(): void {
    for (const file of this.#unfinished) file.write();
    this.#last?.write();
  }

  /** True while a file that takes nothing more has slots in memory only. */
  get isUnfinished(): boolean {
    return this.#unfinished.length > 0;
  }

  /** Writes a part of what such a file owes. */
  step(): void {
    const file = this.#unfinished[0];
    if (file === undefined) return;
    file.write();
    if (!file.writeSlots(SLOT_BYTES_PER_STEP)) return;
    file.writeHeader();
    this.#unfinished.shift();
  }

  /** The end: every file is whole. */
  writeAll(): void {
    while (this.isUnfinished) this.step();
    const last = this.#last;
    if (last === undefined || last.isWhole) return;
    last.write();
    last.writeSlots(Number.POSITIVE_INFINITY);
    last.writeHeader();
  }

  /** Makes all that was written before the call durable, one file after the other, while the thread goes on. */
  async fdatasyncLater(): Promise<void> {
    if (this.#hasRemoved) await this.#files.fsyncFolderLater(this.#folder);
    this.#hasRemoved = false;
    for (const file of this.#all.slice()) {
      const isWhole = file.isWhole && !this.#unfinished.includes(file);
      const { endTimestampMs } = file.header;
      await file.fdatasyncLater();
      if (!isWhole) continue;
      this.safeTimestampMs = Math.max(this.safeTimestampMs, endTimestampMs);
      if (file !== this.#last) file.release();
    }
  }

  /** What a search for a key must know, oldest file first. All entries are in the files when it returns. */
  states(keyHash: number): IndexFileState[] {
    this.write();
    return this.#all.map((file) => ({
      name: file.name,
      beginTimestampMs: file.header.beginTimestampMs,
      endTimestampMs: file.header.endTimestampMs,
      endPhysicalOffset: file.header.endPhysicalOffset,
      indexCount: file.header.indexCount,
      newestPlace: file.newestPlace(keyHash) ?? -1,
    }));
  }

  /** The oldest file if all its messages lie before `logMinOffset` and nothing of it is under way; never the last one. */
  oldestExpired(logMinOffset: number): IndexFile | undefined {
    const oldest = this.#all[0];
    if (oldest === undefined || oldest === this.#last || oldest.header.endPhysicalOffset >= logMinOffset)
      return undefined;
    return oldest.isWhole && oldest.isSynced && !this.#unfinished.includes(oldest) ? oldest : undefined;
  }

  /** Removes such a file, while the thread goes on. Java: IndexService.deleteExpiredFile. */
  async deleteLater(file: IndexFile): Promise<void> {
    const wasFirst = this.#all.shift() === file;
    assert(wasFirst, 'the oldest file goes first');
    file.release();
    await this.#files.unlinkLater(file.path);
  }

  close(): void {
    for (const file of this.#all) file.close();
  }

  get #endOffset(): number {
    return this.#last?.header.endPhysicalOffset ?? -1;
  }

  /** The last record may lack keys, and have others in the file before: it has none afterwards. Returns where it begins. */
  #cutLastRecord(offset: number): number {
    const fromOffset = Math.max(0, offset);
    this.cut(fromOffset);
    return fromOffset;
  }

  #add(name: string, header: IndexHeader): IndexFile {
    const file = new IndexFile(this.#files, this.#folder, name, this.#shape, header);
    this.#all.push(file);
    this.#last = file;
    return file;
  }

  /** Goes on to a new file, named by its time; the one before has its slots written in steps. */
  #next(last: IndexFile | undefined): IndexFile {
    if (last !== undefined && !last.isWhole) this.#unfinished.push(last);
    const name = this.#namesLeft.shift() ?? indexFileName(this.#nowMs(), last?.name);
    return this.#add(name, firstHeader(last?.header));
  }

  /** Checks the file at `i` and puts what is left of it, with its slots in memory, in its place; true if it is damaged. */
  #check(i: number, limits: IndexCheckLimits): boolean {
    const file = this.#all[i];
    assert(file !== undefined, 'an index in range');
    const checked = checkIndexFile(this.#files, file.path, this.#shape, file.header, limits);
    file.close();
    if (checked.header.indexCount === FIRST_PLACE) {
      this.#dropFrom(i);
      return checked.isDamaged;
    }
    const left = new IndexFile(
      this.#files,
      this.#folder,
      file.name,
      this.#shape,
      checked.header,
      SlotTable.restored(checked.slots),
    );
    left.owe();
    this.#all[i] = left;
    this.#unfinished.push(left);
    this.#settle();
    return checked.isDamaged;
  }

  #dropFrom(i: number): void {
    for (const file of this.#all.splice(i)) {
      file.close();
      this.#files.unlink(file.path);
      this.#hasRemoved = true;
    }
    this.#settle();
  }

  /** After a change of the list. The last file may take entries yet, and is finished when there is a next one. */
  #settle(): void {
    this.#last = this.#all.at(-1);
    this.#unfinished = this.#unfinished.filter((file) => file !== this.#last && this.#all.includes(file));
  }
}
