/**
 * One file of the log, `sizeBytes` long from its first day (sparse), named by the offset of its first byte. Commitlog worker.
 * Java: MappedFile.
 * Invariant: bytes past the log's end are zero, so that nothing old comes back to life when records follow.
 */
import { join } from 'node:path';

import { assert } from '../base/assert.js';
import { segmentName } from '../base/segment-name.js';
import { type FileDescriptor, type FileSystem, writeFully } from './file-system.js';

/** A segment; its file is opened when first needed. */
export class SegmentFile {
  readonly startOffset: number;
  readonly sizeBytes: number;
  readonly path: string;
  readonly #files: FileSystem;
  #file: FileDescriptor | undefined;

  constructor(files: FileSystem, folder: string, startOffset: number, sizeBytes: number) {
    this.#files = files;
    this.startOffset = startOffset;
    this.sizeBytes = sizeBytes;
    this.path = join(folder, segmentName(startOffset));
  }

  /** Offset of the first byte that is not in this segment. */
  get endOffset(): number {
    return this.startOffset + this.sizeBytes;
  }

  /** Makes the file at its full size. */
  create(): void {
    assert(this.#file === undefined, 'a segment is created before it is used');
    const file = this.#files.open(this.path, 'create');
    try {
      this.#files.ftruncate(file, this.sizeBytes);
    } catch (error) {
      this.#files.close(file);
      throw error;
    }
    this.#file = file;
  }

  /** Size of the file as it is on disk. */
  sizeOnDisk(): number {
    return this.#files.size(this.#open());
  }

  /** Writes `source[start, start + length)` at a physical offset. */
  write(source: Buffer, start: number, length: number, physicalOffset: number): void {
    assert(
      physicalOffset >= this.startOffset && physicalOffset + length <= this.endOffset,
      'a write is within its segment',
    );
    writeFully(this.#files, this.#open(), source, start, length, physicalOffset - this.startOffset);
  }

  /** Makes every byte from `physicalOffset` on zero. Cutting and extending the file leaves a hole, whatever was there. */
  zeroFrom(physicalOffset: number): void {
    assert(physicalOffset >= this.startOffset && physicalOffset <= this.endOffset, 'a cut is within its segment');
    const file = this.#open();
    this.#files.ftruncate(file, physicalOffset - this.startOffset);
    this.#files.ftruncate(file, this.sizeBytes);
  }

  fdatasync(): void {
    this.#files.fdatasync(this.#open());
  }

  fdatasyncLater(): Promise<void> {
    return this.#files.fdatasyncLater(this.#open());
  }

  close(): void {
    if (this.#file !== undefined) this.#files.close(this.#file);
    this.#file = undefined;
  }

  /** When the file was last written to, ms since the epoch. */
  lastModifiedMs(): number {
    return this.#files.lastModifiedMs(this.path);
  }

  /** Closes and removes the file while the thread goes on; readers that have it open read on. */
  async deleteLater(): Promise<void> {
    this.close();
    await this.#files.unlinkLater(this.path);
  }

  /** Closes and removes the file. */
  delete(): void {
    this.close();
    this.#files.unlink(this.path);
  }

  #open(): FileDescriptor {
    return (this.#file ??= this.#files.open(this.path, 'update'));
  }
}
