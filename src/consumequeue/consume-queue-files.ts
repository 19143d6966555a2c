/**
 * The files of all consume queues, `{topic}/{queueId}/{20 digits}`, each of full size from its first day (sparse); a bounded
 * number is open. Commitlog worker. Java: MappedFileQueue of ConsumeQueue.
 * Invariant: a path is in the unsynced set from its first write after an fdatasync until the next one, a folder from the making or removing of a name in it.
 */
import { dirname, join } from 'node:path';

import { assert } from '../base/assert.js';
import { segmentName, startOffsetOfSegment } from '../base/segment-name.js';
import {
  fdatasyncOrTell,
  fsyncFolderOrTell,
  type FileDescriptor,
  type FileSystem,
  readFully,
  writeFully,
} from '../commitlog/file-system.js';
import { ENTRY_BYTES } from './consume-queue-entry.js';
import { EntryBuffers } from './entry-buffers.js';

/** Files of a sync that are made durable in one step, some at a time: other file operations come between two steps. */
export const FILES_PER_SYNC_STEP = 64;
/** More at a time take the system's threads from reads, and bring little: 160 µs a file in place of 200. */
const SYNCS_AT_A_TIME = 2;

/** Writes to the files below one `consumequeue` folder. */
export class ConsumeQueueFiles {
  readonly fileSizeBytes: number;
  readonly rootFolder: string;
  /** Of the queues' entries that are not in files yet. */
  readonly buffers = new EntryBuffers();
  readonly #files: FileSystem;
  readonly #openFilesMax: number;
  /** By path, the least recently used first. */
  readonly #open = new Map<string, FileDescriptor>();
  #unsynced = new Set<string>();
  /** What the open sync has not come to yet. */
  readonly #syncing: string[] = [];
  #unsyncedFolders = new Set<string>();
  readonly #syncingFolders: string[] = [];

  constructor(files: FileSystem, rootFolder: string, fileSizeBytes: number, openFilesMax: number) {
    assert(fileSizeBytes > 0 && fileSizeBytes % ENTRY_BYTES === 0, 'a consume-queue file holds whole entries');
    assert(openFilesMax >= 1, 'one file may be open');
    this.#files = files;
    this.rootFolder = rootFolder;
    this.fileSizeBytes = fileSizeBytes;
    this.#openFilesMax = openFilesMax;
  }

  /** The folder of one queue. */
  folderOf(topic: string, queueId: number): string {
    return `${this.rootFolder}/${topic}/${queueId}`;
  }

  /** Writes the entries in `source[start, end)` from entry `index` of the queue in `folder` on, across files if need be. */
  write(folder: string, source: Buffer, start: number, end: number, index: number): void {
    let at = start;
    while (at < end) {
      const byteOffset = index * ENTRY_BYTES + (at - start);
      const inFile = byteOffset % this.fileSizeBytes;
      const length = Math.min(end - at, this.fileSizeBytes - inFile);
      const path = `${folder}/${segmentName(byteOffset - inFile)}`;
      const file = this.#use(path, folder);
      this.#unsynced.add(path);
      writeFully(this.#files, file, source, at, length, inFile);
      at += length;
    }
  }

  /** Opens a sync of everything written so far, and of the names made and removed. One that is open goes on with it. */
  beginSync(): void {
    this.#syncing.push(...this.#unsynced);
    this.#unsynced = new Set();
    this.#syncingFolders.push(...this.#unsyncedFolders);
    this.#unsyncedFolders = new Set();
  }

  /** Makes some of it durable, while the thread goes on; true when all is. When it rejects, all that is not durable is owed again. */
  async syncSome(): Promise<boolean> {
    try {
      if (this.#syncing.length > 0) await this.#syncStep(this.#syncing, (path) => this.#fdatasyncOne(path));
      else await this.#syncStep(this.#syncingFolders, (folder) => this.#fsyncFolderOne(folder));
    } catch (error) {
      for (const path of this.#syncing.splice(0)) this.#unsynced.add(path);
      for (const folder of this.#syncingFolders.splice(0)) this.#unsyncedFolders.add(folder);
      throw error;
    }
    return this.#syncing.length === 0 && this.#syncingFolders.length === 0;
  }

  /** Takes some off the end of `owed`; what is not durable when one of them fails is put back. */
  async #syncStep(owed: string[], sync: (path: string) => Promise<void>): Promise<void> {
    const paths = owed.splice(-FILES_PER_SYNC_STEP);
    const lane = async (): Promise<void> => {
      for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
        try {
          await sync(path);
        } catch (error) {
          owed.push(path, ...paths.splice(0));
          throw error;
        }
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: Math.min(SYNCS_AT_A_TIME, paths.length) }, lane));
    for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
  }

  /** A file was changed by other hands, and neither it nor its name may be on disk. */
  oweFile(path: string): void {
    this.#unsynced.add(path);
    this.#oweNames(dirname(path));
  }

  /** Names in a folder were changed, and are not on disk. */
  oweFolder(folder: string): void {
    this.#unsyncedFolders.add(folder);
  }

  /** Removes all files of a topic. */
  deleteTopic(topic: string): void {
    const folder = join(this.rootFolder, topic);
    this.#forget(join(folder, '/'));
    this.#files.removeFolder(folder);
    this.oweFolder(this.rootFolder);
  }

  /** Removes all files of a queue. */
  deleteQueue(folder: string): void {
    this.#forget(join(folder, '/'));
    this.#files.removeFolder(folder);
    this.oweFolder(dirname(folder));
  }

  /** Reads the entry at `index` of the queue in `folder` to the start of `target`; zeros where there is none. */
  readEntryBytes(folder: string, index: number, target: Buffer): void {
    const byteOffset = index * ENTRY_BYTES;
    const inFile = byteOffset % this.fileSizeBytes;
    const path = join(folder, segmentName(byteOffset - inFile));
    target.fill(0, 0, ENTRY_BYTES);
    if (!this.#open.has(path) && !this.#files.exists(path)) return;
    readFully(this.#files, this.#use(path, folder), target, 0, ENTRY_BYTES, inFile);
  }

  /** Byte offsets at which files of the queue in `folder` begin, ascending. */
  fileStarts(folder: string): number[] {
    return this.#files
      .readdir(folder)
      .map((name) => startOffsetOfSegment(name))
      .filter((start) => start !== undefined)
      .toSorted((a, b) => a - b);
  }

  /** Removes the file of the queue in `folder` that begins at byte offset `start`. */
  deleteFile(folder: string, start: number): void {
    const path = join(folder, segmentName(start));
    this.#forget(path);
    this.#files.unlink(path);
    this.oweFolder(folder);
  }

  close(): void {
    for (const file of this.#open.values()) this.#files.close(file);
    this.#open.clear();
  }

  async #fsyncFolderOne(folder: string): Promise<void> {
    if (this.#files.exists(folder)) await fsyncFolderOrTell(this.#files, folder);
  }

  /** A descriptor of its own: the cached one may be closed while the disk works. */
  async #fdatasyncOne(path: string): Promise<void> {
    const file = this.#openIfThere(path);
    if (file === undefined) return;
    try {
      await fdatasyncOrTell(this.#files, file);
    } finally {
      this.#files.close(file);
    }
  }

  #use(path: string, folder: string): FileDescriptor {
    const cached = this.#open.get(path);
    if (cached !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, cached);
      return cached;
    }
    const file = this.#openOrCreate(path, folder);
    this.#open.set(path, file);
    if (this.#open.size > this.#openFilesMax) this.#closeOldest();
    return file;
  }

  #openOrCreate(path: string, folder: string): FileDescriptor {
    const there = this.#openIfThere(path);
    if (there === undefined) this.#files.mkdir(folder);
    const file = there ?? this.#files.open(path, 'create');
    try {
      if (this.#files.size(file) < this.fileSizeBytes) {
        this.#files.ftruncate(file, this.fileSizeBytes);
        this.#oweNames(folder);
      }
    } catch (error) {
      this.#files.close(file);
      throw error;
    }
    return file;
  }

  #openIfThere(path: string): FileDescriptor | undefined {
    try {
      return this.#files.open(path, 'update');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** The name of a new file, and those of the folders that it is in. */
  #oweNames(folder: string): void {
    this.oweFolder(folder);
    this.oweFolder(dirname(folder));
    this.oweFolder(this.rootFolder);
    this.oweFolder(dirname(this.rootFolder));
  }

  #closeOldest(): void {
    for (const [path, file] of this.#open) {
      this.#files.close(file);
      this.#open.delete(path);
      return;
    }
  }

  /** What the files owe stays noted: a sync passes over those that are gone. */
  #forget(pathPrefix: string): void {
    for (const [path, file] of this.#open) {
      if (!path.startsWith(pathPrefix)) continue;
      this.#files.close(file);
      this.#open.delete(path);
    }
  }
}
