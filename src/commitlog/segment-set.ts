/**
 * The segments of the log, one after the other without a gap, and which of them an fdatasync still owes. Commitlog worker.
 * Java: MappedFileQueue, AllocateMappedFileService.
 * Invariant: segment i ends where segment i + 1 starts; only the last one is written to.
 */
import { assert } from '../base/assert.js';
import { segmentName, startOffsetOfSegment } from '../base/segment-name.js';
import { type FileSystem, tellingSync } from './file-system.js';
import { SegmentFile } from './segment-file.js';

/** The log's files. */
export class SegmentSet {
  readonly folder: string;
  readonly segmentSizeBytes: number;
  readonly #files: FileSystem;
  readonly #segments: SegmentFile[] = [];
  readonly #unsynced = new Set<SegmentFile>();
  #prepared: SegmentFile | undefined;

  constructor(files: FileSystem, folder: string, segmentSizeBytes: number) {
    assert(segmentSizeBytes > 0, 'a segment has a size');
    this.#files = files;
    this.folder = folder;
    this.segmentSizeBytes = segmentSizeBytes;
  }

  /** Takes in the files of the folder. Throws when they cannot be one log of this segment size. */
  load(): void {
    assert(this.#segments.length === 0, 'segments are loaded once');
    const starts = this.#files
      .readdir(this.folder)
      .map((name) => startOffsetOfSegment(name))
      .filter((start) => start !== undefined)
      .toSorted((a, b) => a - b);
    for (const [index, start] of starts.entries()) {
      const segment = new SegmentFile(this.#files, this.folder, start, this.segmentSizeBytes);
      this.#checkLoaded(segment, index === starts.length - 1);
      this.#segments.push(segment);
    }
  }

  /** All segments, oldest first. */
  get segments(): readonly SegmentFile[] {
    return this.#segments;
  }

  /** First offset of the log; 0 when there is no segment. */
  get minOffset(): number {
    return this.#segments[0]?.startOffset ?? 0;
  }

  /** The segment that is being written to. */
  get last(): SegmentFile {
    const last = this.#segments.at(-1);
    assert(last !== undefined, 'an open log has a segment');
    return last;
  }

  /** The segment that holds `physicalOffset`. */
  find(physicalOffset: number): SegmentFile | undefined {
    return this.#segments.find(
      (segment) => physicalOffset >= segment.startOffset && physicalOffset < segment.endOffset,
    );
  }

  /** Ends the log at `endOffset` and makes it ready for writing there: later files go, later bytes become zero. */
  cut(endOffset: number, isTailClean: boolean): void {
    while (this.#segments.length > 0 && this.last.startOffset > endOffset) {
      this.#segments.pop()?.delete();
      // One after the other, the last first: a power cut must not leave a later one behind a gap.
      this.#files.fsyncFolder(this.folder);
    }
    const last = this.#segments.at(-1);
    if (last === undefined || endOffset >= last.endOffset) this.#add(endOffset);
    else if (!isTailClean || last.sizeOnDisk() < last.sizeBytes) this.#zeroFrom(last, endOffset);
    assert(this.last.startOffset <= endOffset && endOffset < this.last.endOffset, 'the log ends in its last segment');
  }

  /** After a crash: what lies from `fromOffset` on was read, but may not be on disk. The next fdatasync covers it. */
  oweFrom(fromOffset: number): void {
    this.#files.fsyncFolder(this.folder);
    for (const segment of this.#segments) if (segment.endOffset > fromOffset) this.#unsynced.add(segment);
  }

  /** Makes the log of which nothing was written begin at `startOffset`: a slave takes up its master's log there. */
  restart(startOffset: number): void {
    assert(startOffset % this.segmentSizeBytes === 0, 'a log begins where a segment does');
    this.#prepared?.delete();
    this.#prepared = undefined;
    for (const segment of this.#segments.splice(0)) segment.delete();
    this.#unsynced.clear();
    this.#add(startOffset);
  }

  /** Has the next segment ready, if it is not yet. Throws FdatasyncError when its size or its name could not be made durable. */
  createNext(): void {
    this.#prepared ??= this.#createDurably(this.last.endOffset);
  }

  /** Makes the file of the next segment, which `finishNext` takes on. */
  beginNext(): SegmentFile {
    const next = new SegmentFile(this.#files, this.folder, this.last.endOffset, this.segmentSizeBytes);
    next.create();
    return next;
  }

  /** Has `next` ready, its name and its size durable: a segment that is not the last one is whole, or the log is not opened. */
  async finishNext(next: SegmentFile): Promise<void> {
    await next.fdatasyncLater();
    await this.#files.fsyncFolderLater(this.folder);
    const isTaken = [...this.#segments, this.#prepared].some((segment) => segment?.path === next.path);
    // The log may have gone on meanwhile, without waiting, or begin somewhere else.
    if (isTaken) next.close();
    else if (next.startOffset === this.last.endOffset) this.#prepared = next;
    else next.delete();
  }

  get isNextPrepared(): boolean {
    return this.#prepared !== undefined;
  }

  /** The oldest segment if it may be deleted: everything in it is on disk, and it is not the one that is written to. */
  get oldestDeletable(): SegmentFile | undefined {
    const oldest = this.#segments[0];
    return oldest === undefined || oldest === this.last || this.#unsynced.has(oldest) ? undefined : oldest;
  }

  /** Makes the log begin with the second segment: the file of the oldest is gone. */
  forgetOldest(): void {
    assert(this.oldestDeletable !== undefined, 'the segment that is written to stays');
    this.#segments.shift()?.close();
  }

  /** Makes the names of segments durable, those that are gone too. */
  async fsyncFolderLater(): Promise<void> {
    await this.#files.fsyncFolderLater(this.folder);
  }

  /** Goes on to the next segment; the one before is full. */
  roll(): SegmentFile {
    const next = this.#prepared;
    this.#prepared = undefined;
    // A broker of Apache's that is started in this folder removes what it takes for left over, before it finds that the folder is locked.
    const isThere = next !== undefined && this.#files.exists(next.path);
    if (!isThere) {
      next?.close();
      return this.#add(this.last.endOffset);
    }
    assert(next.startOffset === this.last.endOffset, 'the prepared segment follows the last one');
    this.#segments.push(next);
    return next;
  }

  /** Writes to the last segment. */
  write(source: Buffer, start: number, length: number, physicalOffset: number): void {
    this.#unsynced.add(this.last);
    this.last.write(source, start, length, physicalOffset);
  }

  /** Makes all that was written durable. When it throws, nobody knows what is on disk: it is never tried again. */
  fdatasync(): void {
    const segments = this.#takeUnsynced();
    for (const segment of segments) segment.fdatasync();
    this.#closeFull(segments);
  }

  /** As `fdatasync`, while the thread goes on; covers what was written before the call. One at a time. */
  async fdatasyncLater(): Promise<void> {
    const segments = this.#takeUnsynced();
    for (const segment of segments) await segment.fdatasyncLater();
    this.#closeFull(segments);
  }

  get isSynced(): boolean {
    return this.#unsynced.size === 0;
  }

  /** Closes all files; one that was only prepared is removed. */
  close(): void {
    this.#prepared?.delete();
    this.#prepared = undefined;
    for (const segment of this.#segments) segment.close();
  }

  /** Taken out before the fdatasync: what is written from now on owes another one. */
  #takeUnsynced(): SegmentFile[] {
    const segments = [...this.#unsynced];
    this.#unsynced.clear();
    return segments;
  }

  /** A full segment is not written to again, and readers open it by themselves. */
  #closeFull(synced: readonly SegmentFile[]): void {
    for (const segment of synced) {
      if (segment !== this.last && !this.#unsynced.has(segment)) segment.close();
    }
  }

  #add(startOffset: number): SegmentFile {
    const segment = this.#createDurably(startOffset);
    this.#segments.push(segment);
    return segment;
  }

  #createDurably(startOffset: number): SegmentFile {
    const segment = new SegmentFile(this.#files, this.folder, startOffset, this.segmentSizeBytes);
    segment.create();
    try {
      segment.fdatasync();
      this.#files.fsyncFolder(this.folder);
    } catch (error) {
      segment.close();
      throw tellingSync(error);
    }
    return segment;
  }

  /** Owes an fdatasync: what was cut off would show again behind what is written next. */
  #zeroFrom(segment: SegmentFile, endOffset: number): void {
    segment.zeroFrom(endOffset);
    this.#unsynced.add(segment);
  }

  #checkLoaded(segment: SegmentFile, isLast: boolean): void {
    const before = this.#segments.at(-1);
    if (before !== undefined && before.endOffset !== segment.startOffset) {
      throw new Error(
        `commit log file ${segment.path}: the one before it ends at ${segmentName(before.endOffset)}; a file is missing or mappedFileSizeCommitLog was changed`,
      );
    }
    const sizeBytes = segment.sizeOnDisk();
    segment.close();
    // The last one may be short: its making, or its cutting at the last recovery, was interrupted.
    if (sizeBytes === segment.sizeBytes || (isLast && sizeBytes < segment.sizeBytes)) return;
    throw new Error(
      `commit log file ${segment.path} has ${sizeBytes} bytes, but mappedFileSizeCommitLog is ${segment.sizeBytes}`,
    );
  }
}
