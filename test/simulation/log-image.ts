/**
 * The bytes of one broker's log as its operating system shows them, read behind the store's back. Java: none.
 * Invariant: it has what the log was last seen to have, also of segments that are deleted since.
 */
import { join } from 'node:path';

import { segmentName } from '#src/base/segment-name.js';
import { headKindAt } from '#src/commitlog/record-check.js';
import { emptyRecordParts, locateParts, readInt64, RECORD } from '#src/message/stored-record.js';

import { idIn } from './sent-messages.js';
import type { SimulatedDisk } from './simulated-disk.js';

const HEAD_BYTES = 8;

/** A record that was seen. */
export interface SeenRecord {
  readonly id: number;
  readonly physicalOffset: number;
  readonly endOffset: number;
  readonly queueOffset: number;
}

/** Where a log is. */
export interface ImagedLog {
  readonly disk: SimulatedDisk;
  readonly folder: string;
  readonly segmentSizeBytes: number;
}

/** A log from its first offset on. */
export class LogImage {
  readonly startOffset: number;
  /** By message id. */
  readonly records = new Map<number, SeenRecord>();
  readonly #segmentSizeBytes: number;
  #bytes = Buffer.alloc(0);
  readonly #parts = emptyRecordParts();

  constructor(startOffset: number, segmentSizeBytes: number) {
    this.startOffset = startOffset;
    this.#segmentSizeBytes = segmentSizeBytes;
  }

  get endOffset(): number {
    return this.startOffset + this.#bytes.length;
  }

  /** The log ends where a segment does, and the next one is empty. */
  get isAtSegmentStart(): boolean {
    return this.endOffset % this.#segmentSizeBytes === 0;
  }

  /** Reads what has come since the last time; returns the records. */
  readOn({ disk, folder }: Omit<ImagedLog, 'segmentSizeBytes'>, endOffset: number): SeenRecord[] {
    const from = this.endOffset;
    const parts: Buffer[] = [this.#bytes];
    for (let at = from; at < endOffset;) {
      const start = this.#segmentStart(at);
      const part = Buffer.alloc(Math.min(endOffset, start + this.#segmentSizeBytes) - at);
      const file = disk.open(join(folder, segmentName(start)), 'read');
      disk.pread(file, part, 0, part.length, at - start);
      disk.close(file);
      parts.push(part);
      at += part.length;
    }
    this.#bytes = Buffer.concat(parts);
    return this.#visit(from);
  }

  /** The same log up to `endOffset`. */
  upTo(endOffset: number): LogImage {
    const image = new LogImage(this.startOffset, this.#segmentSizeBytes);
    image.#bytes = this.#bytes.subarray(0, Math.max(0, endOffset - this.startOffset));
    image.#visit(this.startOffset);
    return image;
  }

  /** Bytes of both that have the same offsets are the same; they have some, unless one is empty. */
  agreesWith(other: LogImage, fromOffset = 0): boolean {
    const from = Math.max(this.startOffset, other.startOffset, fromOffset);
    const to = Math.min(this.endOffset, other.endOffset);
    return to <= from || this.slice(from, to).equals(other.slice(from, to));
  }

  /** End of the last record, or of the blank behind it, that both have with everything between it and `fromOffset`, where both have a record. */
  agreedEnd(other: LogImage, fromOffset: number): number {
    let end = fromOffset;
    while (end < Math.min(this.endOffset, other.endOffset)) {
      const next = this.#nextAfter(end);
      if (next > Math.min(this.endOffset, other.endOffset)) break;
      if (!this.slice(end, next).equals(other.slice(end, next))) break;
      end = next;
    }
    return end;
  }

  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(from - this.startOffset, to - this.startOffset);
  }

  #segmentStart(offset: number): number {
    return offset - (offset % this.#segmentSizeBytes);
  }

  /** End of the record or the blank at `offset`. */
  #nextAfter(offset: number): number {
    return offset + Math.max(HEAD_BYTES, this.#bytes.readInt32BE(offset - this.startOffset));
  }

  #visit(from: number): SeenRecord[] {
    const seen: SeenRecord[] = [];
    for (let offset = from; offset + HEAD_BYTES <= this.endOffset;) {
      const at = offset - this.startOffset;
      const roomBytes = this.#segmentStart(offset) + this.#segmentSizeBytes - offset;
      const kind = headKindAt(this.#bytes, at, roomBytes);
      if (kind === 'blank') {
        offset += roomBytes;
        continue;
      }
      if (kind === 'end' || !locateParts(this.#bytes, at, this.#bytes.length, this.#parts)) break;
      const { propertiesStart, propertiesEnd } = this.#parts;
      const id = idIn(this.#bytes.toString('latin1', propertiesStart, propertiesEnd));
      const endOffset = offset + this.#bytes.readInt32BE(at);
      const queueOffset = readInt64(this.#bytes, at + RECORD.QUEUE_OFFSET);
      const record = { id, physicalOffset: offset, endOffset, queueOffset };
      this.records.set(id, record);
      seen.push(record);
      offset = endOffset;
    }
    return seen;
  }
}
