/**
 * The bytes of the log that slaves are sent: from the log tail window, or from the segments' files for a slave that is behind it. HA thread.
 * Java: DefaultMessageStore.getCommitLogData.
 * Invariant: gives only bytes that have been given to the operating system, and of one segment at a time.
 */
import { assert } from '../base/assert.js';
import type { OpenFile } from '../base/file-handle-cache.js';
import { LogReader } from '../commitlog/log-reader.js';
import type { LogTailWindowReader } from '../ring/log-tail-window.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';

/** Reads of one log. */
export class LogSource {
  readonly segmentSizeBytes: number;
  readonly #status: StoreStatusPage;
  readonly #window: LogTailWindowReader;
  readonly #files: LogReader;

  constructor(
    status: StoreStatusPage,
    window: LogTailWindowReader,
    folder: string,
    segmentSizeBytes: number,
    openFile?: OpenFile,
  ) {
    this.#status = status;
    this.#window = window;
    this.segmentSizeBytes = segmentSizeBytes;
    this.#files = new LogReader(folder, segmentSizeBytes, openFile);
  }

  /** End of what may be sent. */
  get endOffset(): number {
    return this.#status.get(StatusWord.writtenOffset);
  }

  /** First byte that is still there. */
  get minOffset(): number {
    return this.#status.get(StatusWord.minPhysicalOffset);
  }

  /** Where the segment begins that holds `physicalOffset`. */
  segmentStart(physicalOffset: number): number {
    return physicalOffset - (physicalOffset % this.segmentSizeBytes);
  }

  /** Bytes that may be sent from `physicalOffset` on in one piece, `sizeMax` at most. */
  availableFrom(physicalOffset: number, sizeMax: number): number {
    assert(physicalOffset >= 0 && sizeMax > 0, 'a transfer begins in the log and is not empty');
    const segmentEnd = this.segmentStart(physicalOffset) + this.segmentSizeBytes;
    return Math.min(sizeMax, segmentEnd - physicalOffset, this.endOffset - physicalOffset);
  }

  /** Copies `sizeBytes` of what `availableFrom` told from memory; false when they are not there any more. */
  copy(physicalOffset: number, sizeBytes: number, target: Buffer, targetStart: number): boolean {
    return this.#window.copyOutBelow(this.endOffset, physicalOffset, sizeBytes, target, targetStart);
  }

  /** The same from the segment's file; false when it has been deleted. Rejects with the system's errors. */
  read(physicalOffset: number, sizeBytes: number, target: Buffer, targetStart: number): Promise<boolean> {
    return this.#files.read(physicalOffset, target, targetStart, targetStart + sizeBytes);
  }

  /** Closes files of segments that have been deleted, which would still take their room on the disk. */
  async closeDeleted(): Promise<void> {
    await this.#files.closeBefore(this.minOffset);
  }

  async close(): Promise<void> {
    await this.#files.close();
  }
}
