/**
 * The end of the log: puts records into the log tail window and gives them to the operating system from there, many at once.
 * Commitlog worker. Java: CommitLog.asyncPutMessage, MappedFile.appendMessage.
 * Invariant: bytes in [writtenOffset, endOffset) are in the window only; they lie in one segment, and nobody was told of them.
 */
import { assert } from '../base/assert.js';
import { BLANK_MAGIC, BLANK_SIZE_MIN } from '../message/stored-record.js';
import type { LogTailWindowWriter } from '../ring/log-tail-window.js';
import type { SegmentSet } from './segment-set.js';

/** Appends to one log. */
export class LogAppender {
  readonly #segments: SegmentSet;
  readonly #window: LogTailWindowWriter;
  /** End of what was ever reserved in the window: what it overtook stays overtaken, also when an append is taken back. */
  #reservedOffset: number;
  #endOffset: number;
  #writtenOffset: number;

  constructor(segments: SegmentSet, window: LogTailWindowWriter, endOffset: number) {
    assert(
      endOffset >= segments.last.startOffset && endOffset < segments.last.endOffset,
      'a log ends in its last segment',
    );
    this.#segments = segments;
    this.#window = window;
    this.#endOffset = endOffset;
    this.#writtenOffset = endOffset;
    this.#reservedOffset = endOffset;
    window.begin(endOffset);
  }

  /** Where the next byte goes. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** End of what the operating system has. */
  get writtenOffset(): number {
    return this.#writtenOffset;
  }

  /** Most bytes that may be appended between two writes. */
  get pendingBytesMax(): number {
    return this.#window.sizeBytes / 2;
  }

  /** Largest group of records that a segment and the window can take. */
  get groupBytesMax(): number {
    return Math.min(this.pendingBytesMax, this.#segments.segmentSizeBytes) - BLANK_SIZE_MIN;
  }

  /** True if `sizeBytes` fit in the segment with room for the blank that closes it. Java: END_FILE_MIN_BLANK_LENGTH. */
  fitsSegment(sizeBytes: number): boolean {
    return this.#endOffset + sizeBytes + BLANK_SIZE_MIN <= this.#segments.last.endOffset;
  }

  /** Copies `source[start, end)`, stamped for `endOffset`, to the log's end. */
  append(source: Buffer, start: number, end: number): void {
    assert(this.fitsSegment(end - start), 'the caller rolls before a group that does not fit');
    assert(
      this.#endOffset + (end - start) - this.#writtenOffset <= this.pendingBytesMax,
      'the caller writes before the window is full',
    );
    this.#reserve(this.#endOffset + (end - start));
    this.#window.copyIn(source, start, end, this.#endOffset);
    this.#endOffset += end - start;
  }

  /** Gives everything appended to the operating system. When it throws, `takeBack` is called next. */
  write(): void {
    if (this.#writtenOffset === this.#endOffset) return;
    this.#writeRange(this.#writtenOffset, this.#endOffset);
    this.#writtenOffset = this.#endOffset;
  }

  /** Lets readers see what was written. */
  publish(): void {
    assert(this.#writtenOffset === this.#endOffset, 'only what was written is published');
    this.#window.publish(this.#writtenOffset);
  }

  /**
   * Forgets what was appended since the last write, which has failed, and overwrites what that has left, so that it is no record if
   * the process ends now. Where a full disk took bytes it takes zeros. Returns how many bytes are to be overwritten once it can be written again.
   */
  takeBack(): number {
    const failedBytes = this.#endOffset - this.#writtenOffset;
    this.#endOffset = this.#writtenOffset;
    if (failedBytes === 0) return 0;
    try {
      this.zeroAfterEnd(failedBytes);
      return 0;
    } catch {
      // The disk refuses these too, past what it had taken: the caller knows of it, and says so.
      return failedBytes;
    }
  }

  /** Closes the segment with a blank and goes on to the next. Everything appended has been written. */
  roll(): void {
    assert(this.#writtenOffset === this.#endOffset, 'a segment is closed after its records are written');
    const blankBytes = this.#segments.last.endOffset - this.#endOffset;
    assert(blankBytes >= BLANK_SIZE_MIN, 'a segment has room for its blank');
    const head = Buffer.alloc(BLANK_SIZE_MIN);
    head.writeInt32BE(blankBytes, 0);
    head.writeInt32BE(BLANK_MAGIC, 4);
    this.#segments.write(head, 0, BLANK_SIZE_MIN, this.#endOffset);
    this.#segments.roll();
    this.#putBlankInWindow(head, blankBytes);
    this.#endOffset += blankBytes;
    this.#writtenOffset = this.#endOffset;
  }

  /** Moves a log without records to `startOffset`, where a segment begins. */
  restart(startOffset: number): void {
    assert(this.#endOffset === this.#segments.minOffset, 'only an empty log is moved');
    this.#segments.restart(startOffset);
    this.#endOffset = startOffset;
    this.#writtenOffset = startOffset;
    this.#reservedOffset = startOffset;
    this.#window.begin(startOffset);
  }

  /** Writes zeros after the log's end, over what a failed write may have left there, or to prove that there is room; throws if there is none. */
  zeroAfterEnd(sizeBytes: number): void {
    assert(this.#writtenOffset === this.#endOffset, 'the log is at rest');
    const length = Math.min(sizeBytes, this.#segments.last.endOffset - this.#endOffset);
    this.#segments.write(Buffer.alloc(length), 0, length, this.#endOffset);
  }

  /** The window shows the same bytes as the file, in which the rest of a blank is a hole. */
  #putBlankInWindow(head: Buffer, blankBytes: number): void {
    const zeros = Buffer.alloc(Math.min(blankBytes, 64 * 1024));
    const end = this.#endOffset + blankBytes;
    this.#reserve(end);
    for (let at = this.#endOffset; at < end; at += zeros.length) {
      this.#window.copyIn(zeros, 0, Math.min(zeros.length, end - at), at);
    }
    this.#window.copyIn(head, 0, head.length, this.#endOffset);
  }

  #reserve(endOffset: number): void {
    if (endOffset <= this.#reservedOffset) return;
    this.#reservedOffset = endOffset;
    this.#window.reserve(endOffset);
  }

  /** One write, or two around the window's end. */
  #writeRange(start: number, end: number): void {
    const position = this.#window.positionOf(start);
    const untilWrap = Math.min(end - start, this.#window.sizeBytes - position);
    this.#segments.write(this.#window.bytes, position, untilWrap, start);
    if (start + untilWrap < end)
      this.#segments.write(this.#window.bytes, 0, end - start - untilWrap, start + untilWrap);
  }
}
