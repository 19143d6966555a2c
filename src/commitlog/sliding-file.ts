/**
 * Reads a file from front to back through one buffer, as a scan of records needs it. Commitlog worker and pool. Java: none (MappedFile's slice).
 * Invariant: what `load` has returned true for is in `buffer` until the next `load`.
 */
import { type FileDescriptor, type FileSystem, readFully } from './file-system.js';

/** A window over a file that only moves forward. */
export class SlidingFile {
  buffer: Buffer;
  readonly #files: FileSystem;
  readonly #file: FileDescriptor;
  readonly #chunkBytes: number;
  #start = 0;
  #length = 0;

  constructor(files: FileSystem, file: FileDescriptor, chunkBytes: number) {
    this.#files = files;
    this.#file = file;
    this.#chunkBytes = chunkBytes;
    this.buffer = Buffer.allocUnsafe(chunkBytes);
  }

  /** Index in `buffer` of a position in the file that was loaded. */
  positionOf(inFile: number): number {
    return inFile - this.#start;
  }

  /** End, as a position in the file, of what is loaded. */
  get loadedEnd(): number {
    return this.#start + this.#length;
  }

  /** Has `[inFile, inFile + length)` in `buffer`; false when the file ends before. */
  load(inFile: number, length: number): boolean {
    if (inFile + length <= this.#start + this.#length) return true;
    const keptFrom = this.positionOf(inFile);
    const kept = Math.max(0, this.#length - keptFrom);
    const target = length > this.buffer.length ? Buffer.allocUnsafe(length + this.#chunkBytes) : this.buffer;
    if (kept > 0) this.buffer.copy(target, 0, keptFrom, this.#length);
    this.buffer = target;
    this.#start = inFile;
    this.#length = kept + readFully(this.#files, this.#file, target, kept, target.length - kept, inFile + kept);
    return length <= this.#length;
  }
}
