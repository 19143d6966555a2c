/**
 * All that the store asks of a disk, in one small interface, so that tests can stand in a simulated one. Commitlog worker and pool.
 * Java: none (MappedFile, FileChannel). Errors are Node's (`code` ENOENT, ENOSPC, EIO …); `pwrite` and `pread` may be short.
 */
import fs from 'node:fs';
import { dirname } from 'node:path';

/** How a file is opened: for reading, for both (it exists), or for both and made if it does not exist. */
export type OpenMode = 'read' | 'update' | 'create';

/** A file in use. */
export type FileDescriptor = number;

/** The disk. Everything but what ends in `Later` blocks the thread. */
export interface FileSystem {
  open(path: string, mode: OpenMode): FileDescriptor;
  close(file: FileDescriptor): void;
  size(file: FileDescriptor): number;
  /** Bytes that the file takes on the disk, where that is known: of a sparse file, no more than has been written to it, in whole blocks. */
  readonly allocatedBytes?: (file: FileDescriptor) => number;
  /** When a file was last written to, ms since the epoch. */
  lastModifiedMs(path: string): number;
  /** Reads `length` bytes at `position` to `target[start…]`; returns how many there were. */
  pread(file: FileDescriptor, target: Buffer, start: number, length: number, position: number): number;
  /** Writes `source[start, start + length)` at `position`; returns how many bytes were taken. */
  pwrite(file: FileDescriptor, source: Buffer, start: number, length: number, position: number): number;
  ftruncate(file: FileDescriptor, sizeBytes: number): void;
  fdatasync(file: FileDescriptor): void;
  fdatasyncLater(file: FileDescriptor): Promise<void>;
  /** Makes names in a folder durable: a new file, or one that was renamed or removed, may be forgotten by a power cut before. */
  fsyncFolder(path: string): void;
  fsyncFolderLater(path: string): Promise<void>;
  /** Names in a folder, in no order; none when there is no such folder. */
  readdir(path: string): string[];
  /** Makes a folder and those above it. */
  mkdir(path: string): void;
  exists(path: string): boolean;
  rename(from: string, to: string): void;
  /** Removes a file; none there is no error. */
  unlink(path: string): void;
  /** The same, while the thread goes on: freeing the blocks of a large file takes long. */
  unlinkLater(path: string): Promise<void>;
  /** Removes a folder with all in it; none there is no error. */
  removeFolder(path: string): void;
}

const FLAGS = {
  read: fs.constants.O_RDONLY,
  update: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
} as const;

/** The unit of `st_blocks`, whatever the file system's own is. */
const STAT_BLOCK_BYTES = 512;

/** The operating system's. */
export const nodeFileSystem: FileSystem = {
  open: (path, mode) => fs.openSync(path, FLAGS[mode], 0o644),
  close: (file) => fs.closeSync(file),
  size: (file) => fs.fstatSync(file).size,
  allocatedBytes: (file) => fs.fstatSync(file).blocks * STAT_BLOCK_BYTES,
  lastModifiedMs: (path) => fs.statSync(path).mtimeMs,
  pread: (file, target, start, length, position) => fs.readSync(file, target, start, length, position),
  pwrite: (file, source, start, length, position) => fs.writeSync(file, source, start, length, position),
  ftruncate: (file, sizeBytes) => fs.ftruncateSync(file, sizeBytes),
  fdatasync: (file) => fs.fdatasyncSync(file),
  fdatasyncLater,
  fsyncFolder,
  fsyncFolderLater,
  readdir,
  mkdir: (path) => void fs.mkdirSync(path, { recursive: true }),
  exists: (path) => fs.existsSync(path),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.rmSync(path, { force: true }),
  unlinkLater: (path) => fs.promises.rm(path, { force: true }),
  removeFolder: (path) => fs.rmSync(path, { force: true, recursive: true }),
};

/**
 * Makes a folder and those above it. Its own name is durable afterwards, also if it was made by a process that ended before it had seen to that, and so are
 * those of the folders that were made above it.
 */
export function makeFolder(files: FileSystem, path: string): void {
  let above = dirname(path);
  const parents = [above];
  while (!files.exists(above)) {
    above = dirname(above);
    parents.push(above);
  }
  files.mkdir(path);
  for (const parent of parents) files.fsyncFolder(parent);
}

/** Writes all of `source[start, start + length)`; a disk that takes nothing more is an error, never a silent end. */
export function writeFully(
  files: FileSystem,
  file: FileDescriptor,
  source: Buffer,
  start: number,
  length: number,
  position: number,
): void {
  let done = 0;
  while (done < length) {
    const written = files.pwrite(file, source, start + done, length - done, position + done);
    if (written <= 0) throw new Error(`the disk took ${done} of ${length} bytes`);
    done += written;
  }
}

/** Reads until `length` bytes are there or the file ends; returns how many. */
export function readFully(
  files: FileSystem,
  file: FileDescriptor,
  target: Buffer,
  start: number,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const read = files.pread(file, target, start + done, length - done, position + done);
    if (read <= 0) break;
    done += read;
  }
  return done;
}

/** Hot: a start asks it of every queue's folder; looking first whether it is there took as long again. */
function readdir(path: string): string[] {
  try {
    return fs.readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function fdatasyncLater(file: FileDescriptor): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
  });
}

function fsyncFolder(path: string): void {
  const folder = fs.openSync(path, fs.constants.O_RDONLY);
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

async function fsyncFolderLater(path: string): Promise<void> {
  const folder = await fs.promises.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** An fdatasync has failed: nobody knows what of the file is on the disk, and a later one that works proves nothing. */
export class FdatasyncError extends Error {}

/** As `files.fdatasyncLater`; rejects with {@link FdatasyncError}, which is told from what else may fail around it, such as opening the file. */
export async function fdatasyncOrTell(files: FileSystem, file: FileDescriptor): Promise<void> {
  try {
    await files.fdatasyncLater(file);
  } catch (error) {
    throw tellingSync(error);
  }
}

/** As `files.fsyncFolderLater`, likewise. */
export async function fsyncFolderOrTell(files: FileSystem, path: string): Promise<void> {
  try {
    await files.fsyncFolderLater(path);
  } catch (error) {
    throw tellingSync(error);
  }
}

/** The error of an fdatasync or an fsync as an {@link FdatasyncError}. */
export function tellingSync(error: unknown): FdatasyncError {
  return new FdatasyncError(error instanceof Error ? error.message : String(error), { cause: error });
}
