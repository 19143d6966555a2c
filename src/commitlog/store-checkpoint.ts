/**
 * How far the store's files are known to be on disk, in the file `checkpoint` of one page. Commitlog worker. Java: StoreCheckpoint.
 *
 *     0   i64  physicMsgTimestamp     store time of the last record an fdatasync of the log has covered
 *     8   i64  logicsMsgTimestamp     the same of the last record whose consume-queue entry is on disk
 *     16  i64  indexMsgTimestamp
 *     24  i64  masterFlushedOffset
 *     32  i64  confirmPhyOffset
 *     40  i64  logicsPhysicalOffset   where that last record begins (0 in files of Apache before 5.3)
 *     48  i64  syncedPhysicalOffset   ours: the same as logicsPhysicalOffset if the log up to there was on disk too
 *
 * Invariant: it is written after what it speaks of. Differs: Apache's may speak of entries whose records are not on disk yet, and it leaves
 * bytes from 48 on as they are; so only a checkpoint in which both offsets are equal was written by us last.
 */
import { dirname } from 'node:path';

import { readInt64, writeInt64 } from '../message/stored-record.js';
import { type FileSystem, readFully, writeFully } from './file-system.js';

const PAGE_BYTES = 4096;
const FIELDS = [
  'physicMsgTimestamp',
  'logicsMsgTimestamp',
  'indexMsgTimestamp',
  'masterFlushedOffset',
  'confirmPhyOffset',
  'logicsPhysicalOffset',
  'syncedPhysicalOffset',
] as const;

/** The fields; 0 is "not known". */
export type CheckpointFields = Record<(typeof FIELDS)[number], number>;

/** The checkpoint of a store and its file. */
export class StoreCheckpoint {
  readonly fields: CheckpointFields = {
    physicMsgTimestamp: 0,
    logicsMsgTimestamp: 0,
    indexMsgTimestamp: 0,
    masterFlushedOffset: 0,
    confirmPhyOffset: 0,
    logicsPhysicalOffset: 0,
    syncedPhysicalOffset: 0,
  };
  readonly #files: FileSystem;
  readonly #path: string;

  constructor(files: FileSystem, path: string) {
    this.#files = files;
    this.#path = path;
  }

  /** Reads the file; without one, or with a damaged one, every field is 0 and recovery looks at the whole log. */
  load(): void {
    if (!this.#files.exists(this.#path)) return;
    const page = Buffer.alloc(PAGE_BYTES);
    const file = this.#files.open(this.#path, 'read');
    readFully(this.#files, file, page, 0, PAGE_BYTES, 0);
    this.#files.close(file);
    FIELDS.forEach((field, i) => {
      const value = readInt64(page, i * 8);
      this.fields[field] = Number.isSafeInteger(value) && value > 0 ? value : 0;
    });
  }

  /** Writes the file; resolves when it is on disk. */
  async save(): Promise<void> {
    const page = Buffer.alloc(PAGE_BYTES);
    FIELDS.forEach((field, i) => writeInt64(page, this.fields[field], i * 8));
    const isNew = !this.#files.exists(this.#path);
    const file = this.#files.open(this.#path, 'create');
    try {
      // In place, as Apache does: 56 bytes of one sector.
      writeFully(this.#files, file, page, 0, PAGE_BYTES, 0);
      await this.#files.fdatasyncLater(file);
    } finally {
      this.#files.close(file);
    }
    if (isNew) await this.#files.fsyncFolderLater(dirname(this.#path));
  }
}
