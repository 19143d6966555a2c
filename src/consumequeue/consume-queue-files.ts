/**
 * The files of all consume queues, `{topic}/{queueId}/{20 digits}`, each of full size from its first day (sparse); a bounded
 * number is open. Commitlog worker. Java: MappedFileQueue of ConsumeQueue.
 * Invariant: a path is in the unsynced set from its first write after an fdatasync until the next one, a folder from the making or removing of a name in it.
 */
import { dirname, join } from 'node:path';

import { assert } from '../base/assert.js';
import { segmentName } from '../base/segment-name.js';
import { type FileDescriptor, type FileSystem, writeFully } from '../commitlog/file-system.js';
import { ENTRY_BYTES } from './consume-queue-entry.js';

/** Writes to the files below one `consumequeue` folder. */
export class ConsumeQueueFiles {
  readonly fileSizeBytes: number;
  readonly rootFolder: string;
  readonly #files: FileSystem;
  readonly #openFilesMax: number;
  /** By path, the least recently used first. */
  readonly #open = new Map<string, FileDescriptor>();
  #unsynced = new Set<string>();
  #unsyncedFolders = new Set<string>();

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
    return join(this.rootFolder, topic, String(queueId));
  }

  /** Writes the entries in `source[start, end)` from entry `index` of the queue in `folder` on, across files if need be. */
  write(folder: string, source: Buffer, start: number, end: number, index: number): void {
    let at = start;
    while (at < end) {
      const byteOffset = index * ENTRY_BYTES + (at - start);
      const inFile = byteOffset % this.fileSizeBytes;
      const length = Math.min(end - at, this.fileSizeBytes - inFile);
      const path = join(folder, segmentName(byteOffset - inFile));
      const file = this.#use(path, folder);
      this.#unsynced.add(path);
      writeFully(this.#files, file, source, at, length, inFile);
      at += length;
    }
  }

  /** Makes everything written before the call durable, one file after the other, while the thread goes on. */
  async fdatasyncLater(): Promise<void> {
    const paths = this.#unsynced;
    this.#unsynced = new Set();
    const folders = this.#unsyncedFolders;
    this.#unsyncedFolders = new Set();
    for (const path of paths) await this.#fdatasyncOne(path);
    for (const folder of folders) if (this.#files.exists(folder)) await this.#files.fsyncFolderLater(folder);
  }

  /** A file was changed by other hands, and is not on disk. */
  owe(path: string): void {
    this.#unsynced.add(path);
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

  close(): void {
    for (const file of this.#open.values()) this.#files.close(file);
    this.#open.clear();
  }

  /** A descriptor of its own: the cached one may be closed while the disk works. */
  async #fdatasyncOne(path: string): Promise<void> {
    if (!this.#files.exists(path)) return;
    const file = this.#files.open(path, 'update');
    try {
      await this.#files.fdatasyncLater(file);
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
    this.#files.mkdir(folder);
    const file = this.#files.open(path, 'create');
    if (this.#files.size(file) < this.fileSizeBytes) {
      this.#files.ftruncate(file, this.fileSizeBytes);
      this.#oweNames(folder);
    }
    return file;
  }

  /** The name of a new file, and those of the folders that it is in. What a crashed process made and did not sync, recovery has removed. */
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

  #forget(pathPrefix: string): void {
    for (const [path, file] of this.#open) {
      if (!path.startsWith(pathPrefix)) continue;
      this.#files.close(file);
      this.#open.delete(path);
    }
    for (const path of this.#unsynced) if (path.startsWith(pathPrefix)) this.#unsynced.delete(path);
  }
}
