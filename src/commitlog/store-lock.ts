/**
 * The lock on a store's folder: a POSIX write lock on the file `lock`, the one that Java's FileLock takes, so that neither broker
 * opens a store that the other holds. Main thread: fs-ext calls back on the process's main event loop, and called from another
 * thread it ends the process ("Entering the V8 API without proper locking"). Java: DefaultMessageStore.start (lockFile).
 * Invariant: one process opens a folder's `lock` once at a time, which the caller sees to: POSIX locks do not tell stores of one
 * process apart, and closing any descriptor of the file drops the lock.
 */
import { join } from 'node:path';

import fsExt from 'fs-ext';

import { type FileDescriptor, type FileSystem, writeFully } from './file-system.js';

const LOCK_CONTENT = Buffer.from('lock');

/** Stores open in this process: a POSIX lock belongs to a process, so the one on the file `lock` keeps out other processes only. */
const lockedFolders = new Set<string>();

/** A lock that is held until `release`. */
export class StoreLock {
  readonly #files: FileSystem;
  readonly #file: FileDescriptor;

  readonly #folder: string;

  private constructor(files: FileSystem, file: FileDescriptor, folder: string) {
    this.#files = files;
    this.#file = file;
    this.#folder = folder;
  }

  /** Takes the lock of `folder`, which is made if need be; rejects, naming the folder, when this or another process holds it. */
  static async take(files: FileSystem, folder: string): Promise<StoreLock> {
    if (lockedFolders.has(folder)) throw new Error(`the store ${folder} is open in this process already`);
    lockedFolders.add(folder);
    try {
      return await StoreLock.#take(files, folder);
    } catch (error) {
      lockedFolders.delete(folder);
      throw error;
    }
  }

  static async #take(files: FileSystem, folder: string): Promise<StoreLock> {
    const path = join(folder, 'lock');
    const file = openLock(files, folder, path);
    try {
      await lockFile(file, fsExt.constants.F_WRLCK);
    } catch (error) {
      files.close(file);
      throw new Error(`the store ${folder} is in use by another broker (its file ${path} is locked)`, { cause: error });
    }
    writeContent(files, file);
    return new StoreLock(files, file, folder);
  }

  release(): void {
    this.#files.close(this.#file);
    lockedFolders.delete(this.#folder);
  }
}

function openLock(files: FileSystem, folder: string, path: string): FileDescriptor {
  try {
    files.mkdir(folder);
    return files.open(path, 'create');
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`the store ${folder} cannot be written: ${cause}`, { cause: error });
  }
}

/** Compat: Apache writes it, and nobody reads it: a full disk is no reason not to start. */
function writeContent(files: FileSystem, file: FileDescriptor): void {
  try {
    writeFully(files, file, LOCK_CONTENT, 0, LOCK_CONTENT.length, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
    files.close(file);
    throw error;
  }
}

/** True when another process, a broker of either maker, has the store open. Leaves no lock, and no file, behind. */
export async function isStoreLocked(files: FileSystem, folder: string): Promise<boolean> {
  const path = join(folder, 'lock');
  if (!files.exists(path)) return false;
  const file = files.open(path, 'read');
  try {
    await lockFile(file, fsExt.constants.F_RDLCK);
    return false;
  } catch {
    return true;
  } finally {
    files.close(file);
  }
}

/** fs-ext's synchronous form fails with EFAULT; only this one works. */
function lockFile(file: FileDescriptor, kind: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsExt.fcntl(file, 'setlk', kind, (error) => (error === null ? resolve() : reject(error)));
  });
}
