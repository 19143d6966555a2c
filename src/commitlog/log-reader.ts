/**
 * Reads stored records from the log's segments without blocking: for consumers who are behind the log tail window. Main thread and pool.
 * Java: CommitLog.getMessage.
 * Invariant: reads only below the written offset, so every byte it returns is final.
 */
import { join } from 'node:path';

import { FileHandleCache, openForReading, type OpenFile, type ReadableFile } from '../base/file-handle-cache.js';
import { segmentName } from '../base/segment-name.js';
import { MESSAGE_MAGIC_V1, MESSAGE_MAGIC_V2, readInt64, RECORD, storeTimestampOf } from '../message/stored-record.js';

const OPEN_SEGMENTS_MAX = 16;
/** Bytes that hold everything up to and including the store time of any record. */
const HEAD_BYTES = 80;

/**
 * True if what was read at `physicalOffset` begins as the record of `sizeBytes` that should be there. Its body is not looked at: neither does
 * Apache, which sends whatever it finds.
 */
export function isRecordHead(source: Buffer, position: number, sizeBytes: number, physicalOffset: number): boolean {
  const magic = source.readInt32BE(position + RECORD.MAGIC);
  return (
    source.readInt32BE(position + RECORD.TOTAL_SIZE) === sizeBytes &&
    (magic === MESSAGE_MAGIC_V1 || magic === MESSAGE_MAGIC_V2) &&
    readInt64(source, position + RECORD.PHYSICAL_OFFSET) === physicalOffset
  );
}

/** Reads of one log. */
export class LogReader {
  readonly #folder: string;
  readonly #segmentSizeBytes: number;
  readonly #files: FileHandleCache<ReadableFile>;

  /** `openFile` is for tests. */
  constructor(folder: string, segmentSizeBytes: number, openFile: OpenFile = openForReading) {
    this.#folder = folder;
    this.#segmentSizeBytes = segmentSizeBytes;
    this.#files = new FileHandleCache(OPEN_SEGMENTS_MAX, openFile);
  }

  /** Fills `target[start, end)` from `physicalOffset` on. False when the segment is not there any more or is too short. */
  async read(physicalOffset: number, target: Buffer, start: number, end: number): Promise<boolean> {
    let at = start;
    while (at < end) {
      const offset = physicalOffset + (at - start);
      const inSegment = offset % this.#segmentSizeBytes;
      const length = Math.min(end - at, this.#segmentSizeBytes - inSegment);
      const path = join(this.#folder, segmentName(offset - inSegment));
      const bytesRead = await this.#readSegment(path, target, at, length, inSegment);
      if (bytesRead < length) return false;
      at += length;
    }
    return true;
  }

  /** Store time of the record at `physicalOffset`, ms, or -1 when it cannot be read. */
  async storeTimestampAt(physicalOffset: number): Promise<number> {
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    return (await this.read(physicalOffset, head, 0, HEAD_BYTES)) ? storeTimestampOf(head, 0) : -1;
  }

  /** The record of `sizeBytes` at `physicalOffset`, or undefined when there is none of that size. */
  async recordAt(physicalOffset: number, sizeBytes: number): Promise<Buffer | undefined> {
    const record = Buffer.allocUnsafe(sizeBytes);
    if (!(await this.read(physicalOffset, record, 0, sizeBytes))) return undefined;
    return isRecordHead(record, 0, sizeBytes, physicalOffset) ? record : undefined;
  }

  /** Closes the segments that end at or before `logMinOffset`: they are deleted. */
  async closeBefore(logMinOffset: number): Promise<void> {
    const first = join(this.#folder, segmentName(logMinOffset));
    await this.#files.closeWhere((path) => path < first);
  }

  async close(): Promise<void> {
    await this.#files.close();
  }

  async #readSegment(path: string, target: Buffer, at: number, length: number, position: number): Promise<number> {
    try {
      return await this.#files.use(path, async (file) => (await file.read(target, at, length, position)).bytesRead);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A sector that the disk cannot read any more costs the records in it, not the request.
      if (code === 'ENOENT' || code === 'EIO') return 0;
      throw error;
    }
  }
}
