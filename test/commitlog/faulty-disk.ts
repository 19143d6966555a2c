/**
 * The operating system's files with faults that a test turns on: an operation on paths that hold a word fails with a code, writes perhaps after
 * some bytes. Java: none. Invariant: without a fault everything is passed on as it is.
 */
import { type FileDescriptor, type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';

/** What can fail. `fdatasync` is the blocking one and the other one alike. */
export type FaultyOperation = 'open' | 'pwrite' | 'ftruncate' | 'fdatasync' | 'fsyncFolder' | 'pread';

/** One fault. */
export interface Fault {
  readonly operation: FaultyOperation;
  /** Part of the path of the files that have it. */
  readonly path: string;
  readonly code: string;
  /** A disk without room: what a file has can be overwritten, and so many bytes more are taken. Not given: no write works at all. */
  readonly bytesTaken?: number;
}

/** The error that the system would give. */
export function systemError(code: string, operation: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made by a test, ${operation}`), { code });
}

/** A disk with at most one fault at a time. */
export class FaultyDisk {
  /** Undefined: all is well. */
  fault: Fault | undefined;
  /** `pwrite path position length` and `fdatasync path` of all that worked, since the list was emptied. */
  readonly done: string[] = [];
  readonly #paths = new Map<FileDescriptor, string>();
  /** Ends of what was written, by path, and as they were when the fault began. */
  readonly #ends = new Map<string, number>();
  #endsBefore = new Map<string, number>();

  readonly files: FileSystem = {
    ...nodeFileSystem,
    open: (path, mode) => {
      if (mode !== 'read') this.#check('open', path);
      const file = nodeFileSystem.open(path, mode);
      this.#paths.set(file, path);
      return file;
    },
    pread: (file, ...rest) => {
      this.#check('pread', this.#pathOf(file));
      return nodeFileSystem.pread(file, ...rest);
    },
    pwrite: (file, source, start, length, position) => {
      const path = this.#pathOf(file);
      const taken = Math.min(length, this.#room(path, position));
      if (taken === 0 && length > 0) this.#check('pwrite', path);
      this.#ends.set(path, Math.max(position + taken, this.#ends.get(path) ?? 0));
      this.done.push(`pwrite ${path} ${position} ${taken}`);
      return nodeFileSystem.pwrite(file, source, start, taken, position);
    },
    ftruncate: (file, sizeBytes) => {
      this.#check('ftruncate', this.#pathOf(file));
      nodeFileSystem.ftruncate(file, sizeBytes);
    },
    fdatasync: (file) => {
      this.#check('fdatasync', this.#pathOf(file));
      this.done.push(`fdatasync ${this.#pathOf(file)}`);
      nodeFileSystem.fdatasync(file);
    },
    fdatasyncLater: async (file) => {
      this.#check('fdatasync', this.#pathOf(file));
      this.done.push(`fdatasync ${this.#pathOf(file)}`);
      await nodeFileSystem.fdatasyncLater(file);
    },
    fsyncFolderLater: async (path) => {
      this.#check('fsyncFolder', path);
      await nodeFileSystem.fsyncFolderLater(path);
    },
  };

  /** Turns a fault on. */
  begin(fault: Fault): void {
    this.fault = fault;
    this.#endsBefore = new Map(this.#ends);
  }

  /** All is well again. */
  end(): void {
    this.fault = undefined;
  }

  #pathOf(file: FileDescriptor): string {
    return this.#paths.get(file) ?? '';
  }

  #has(operation: FaultyOperation, path: string): boolean {
    return this.fault?.operation === operation && path.includes(this.fault.path);
  }

  #room(path: string, position: number): number {
    if (!this.#has('pwrite', path)) return Number.POSITIVE_INFINITY;
    const bytesTaken = this.fault?.bytesTaken;
    if (bytesTaken === undefined) return 0;
    return Math.max(0, (this.#endsBefore.get(path) ?? 0) + bytesTaken - position);
  }

  #check(operation: FaultyOperation, path: string): void {
    if (this.fault !== undefined && this.#has(operation, path)) throw systemError(this.fault.code, operation);
  }
}
