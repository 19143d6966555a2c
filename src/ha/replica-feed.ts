/**
 * Makes whole, checked records of what the master sends and gives them to the commitlog worker through the replica ring. HA thread of a slave.
 * Java: DefaultHAClient.dispatchReadRequest, CommitLog.checkMessageAndReturnSize.
 * Invariant: what is handed on follows without a gap, in units of whole records, so that this log always ends with one. Holds at most one
 * record that is not whole yet; when the ring is full, nothing more is taken.
 * Differs: Apache appends bytes as they come and finds out when it dispatches them that they are no record.
 */
import { assert } from '../base/assert.js';
import { headKindAt, isWholeRecord } from '../commitlog/record-check.js';
import { BLANK_SIZE_MIN, emptyRecordParts, RECORD } from '../message/stored-record.js';
import type { Doorbell } from '../ring/doorbell.js';
import { alignEntrySize, ENTRY, EntryKind, type RequestRingProducer } from '../ring/request-ring.js';
import { HaProtocolError } from './ha-protocol-error.js';

/** Most bytes of records in one entry, but for a single record that is larger. */
const ENTRY_RECORDS_BYTES_MAX = 64 * 1024;
const HEAD_BYTES = 8;
const SLASH = 0x2f;
const DOT = 0x2e;
const NO_BYTES = Buffer.alloc(0);

/** What a feed may put into one entry, and where segments end. */
export interface ReplicaLimits {
  readonly segmentSizeBytes: number;
  /** Largest record that ring and window can take. */
  readonly recordBytesMax: number;
  /** Most records in one entry. */
  readonly recordsMax: number;
}

/** One connection's way into the ring; `begin` for each new one. */
export class ReplicaFeed {
  readonly #ring: RequestRingProducer;
  readonly #workerDoorbell: Doorbell;
  readonly #limits: ReplicaLimits;
  readonly #parts = emptyRecordParts();
  /** End of what was put into the ring. */
  #handedOffset = 0;
  /** The record at `handedOffset`, as far as it has come. */
  #partial = NO_BYTES;
  #partialBytes = 0;
  /** Of a blank: bytes that are still to come; the blank's head is in `#partial`. */
  #blankLeft = 0;

  constructor(ring: RequestRingProducer, workerDoorbell: Doorbell, limits: ReplicaLimits) {
    this.#ring = ring;
    this.#workerDoorbell = workerDoorbell;
    this.#limits = limits;
  }

  /** End of the log once the worker has taken all that was handed on. */
  get handedOffset(): number {
    return this.#handedOffset;
  }

  /** True when the worker has taken everything. */
  get isDrained(): boolean {
    return this.#ring.usedBytes === 0;
  }

  /** A new connection goes on at `physicalOffset`; what was not whole of the one before is forgotten. */
  begin(physicalOffset: number): void {
    assert(physicalOffset >= 0, 'a log begins at an offset');
    this.#handedOffset = physicalOffset;
    this.#partialBytes = 0;
    this.#blankLeft = 0;
  }

  /** Takes bytes that follow the last ones; returns how many, fewer when the ring is full. Throws HaProtocolError. */
  take(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length) {
      const taken = this.#partialBytes > 0 ? this.#takePartial(chunk, at) : this.#takeWhole(chunk, at);
      if (taken === 0) break;
      at += taken;
    }
    // A record or blank that became whole with the chunk's last byte.
    if (at === chunk.length) this.#handPartial();
    return at;
  }

  /** Hands on what has become whole while the ring was full; false when it is full still. */
  retry(): boolean {
    return this.#handPartial();
  }

  /** As many whole records as one entry takes; the beginning of one that is not whole is kept. */
  #takeWhole(chunk: Buffer, at: number): number {
    const { recordsMax } = this.#limits;
    let end = at;
    let count = 0;
    while (count < recordsMax && end - at < ENTRY_RECORDS_BYTES_MAX) {
      const sizeBytes = this.#wholeRecordAt(chunk, end, this.#handedOffset + (end - at));
      if (sizeBytes === 0) break;
      end += sizeBytes;
      count++;
    }
    if (count === 0) return this.#keep(chunk, at, Math.min(HEAD_BYTES, chunk.length - at));
    return this.#hand(EntryKind.REPLICA, chunk, at, end, count) ? end - at : 0;
  }

  /** Size of the whole record at `at`, or 0 when it is not whole or is a blank. */
  #wholeRecordAt(chunk: Buffer, at: number, physicalOffset: number): number {
    if (chunk.length - at < HEAD_BYTES) return 0;
    const sizeBytes = this.#checkHead(chunk, at, physicalOffset);
    if (sizeBytes === 0 || sizeBytes > chunk.length - at) return 0;
    this.#checkRecord(chunk, at, sizeBytes, physicalOffset);
    return sizeBytes;
  }

  #takePartial(chunk: Buffer, at: number): number {
    if (this.#blankLeft > 0) {
      const taken = Math.min(this.#blankLeft, chunk.length - at);
      this.#blankLeft -= taken;
      assert(this.#blankLeft >= 0, 'a blank is no longer than it said');
      return taken;
    }
    const wanted = this.#partialSizeWanted();
    if (wanted > this.#partialBytes) {
      return this.#keep(chunk, at, Math.min(wanted - this.#partialBytes, chunk.length - at));
    }
    return this.#handPartial() ? this.#takeWhole(chunk, at) : 0;
  }

  /** Bytes that the record in `#partial` has, as far as its head tells. */
  #partialSizeWanted(): number {
    if (this.#partialBytes < HEAD_BYTES) return HEAD_BYTES;
    const sizeBytes = this.#checkHead(this.#partial, 0, this.#handedOffset);
    return sizeBytes === 0 ? HEAD_BYTES : sizeBytes;
  }

  #keep(chunk: Buffer, at: number, length: number): number {
    if (this.#partialBytes + length > this.#partial.length) this.#growPartial(this.#partialBytes + length);
    chunk.copy(this.#partial, this.#partialBytes, at, at + length);
    assert(length > 0 && at + length <= chunk.length, 'what is kept is in the chunk');
    const hadHead = this.#partialBytes >= HEAD_BYTES;
    this.#partialBytes += length;
    if (!hadHead && this.#partialBytes === HEAD_BYTES) this.#beginPartial();
    return length;
  }

  /** The head is there: a blank is counted and not kept, a record gets its room. */
  #beginPartial(): void {
    const sizeBytes = this.#checkHead(this.#partial, 0, this.#handedOffset);
    if (sizeBytes === 0) this.#blankLeft = this.#roomAt(this.#handedOffset) - HEAD_BYTES;
    else if (sizeBytes > this.#partial.length) this.#growPartial(sizeBytes);
  }

  #growPartial(sizeBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(sizeBytes, ENTRY_RECORDS_BYTES_MAX));
    this.#partial.copy(larger, 0, 0, this.#partialBytes);
    this.#partial = larger;
  }

  /** False when the ring is full. True when what was kept has been handed on or is not whole yet. */
  #handPartial(): boolean {
    if (this.#partialBytes < HEAD_BYTES || this.#blankLeft > 0) return true;
    const sizeBytes = this.#checkHead(this.#partial, 0, this.#handedOffset);
    if (sizeBytes > this.#partialBytes) return true;
    const isBlank = sizeBytes === 0;
    if (!isBlank) this.#checkRecord(this.#partial, 0, sizeBytes, this.#handedOffset);
    const kind = isBlank ? EntryKind.REPLICA_BLANK : EntryKind.REPLICA;
    if (!this.#hand(kind, this.#partial, 0, sizeBytes, isBlank ? 0 : 1)) return false;
    this.#partialBytes = 0;
    return true;
  }

  #hand(kind: number, source: Buffer, start: number, end: number, count: number): boolean {
    assert((kind === EntryKind.REPLICA_BLANK) === (count === 0), 'a blank has no records, other entries have some');
    const { bytes } = this.#ring;
    const position = this.#ring.reserve(ENTRY.PAYLOAD + (end - start));
    if (position < 0) return false;
    bytes.writeUInt32LE(alignEntrySize(ENTRY.PAYLOAD + (end - start)), position + ENTRY.SIZE);
    bytes.writeUInt16LE(kind, position + ENTRY.KIND);
    bytes.writeUInt16LE(count, position + ENTRY.MESSAGE_COUNT);
    bytes.writeUInt32LE(end - start, position + ENTRY.PAYLOAD_SIZE);
    bytes.writeDoubleLE(this.#handedOffset, position + ENTRY.PHYSICAL_OFFSET);
    source.copy(bytes, position + ENTRY.PAYLOAD, start, end);
    this.#ring.commit();
    this.#workerDoorbell.ring();
    this.#handedOffset += kind === EntryKind.REPLICA_BLANK ? this.#roomAt(this.#handedOffset) : end - start;
    return true;
  }

  #roomAt(physicalOffset: number): number {
    const { segmentSizeBytes } = this.#limits;
    return segmentSizeBytes - (physicalOffset % segmentSizeBytes);
  }

  /** Size of the record that begins so, or 0 for the blank that closes the segment. */
  #checkHead(source: Buffer, at: number, physicalOffset: number): number {
    const { recordBytesMax } = this.#limits;
    const roomBytes = this.#roomAt(physicalOffset);
    const sizeBytes = source.readInt32BE(at + RECORD.TOTAL_SIZE);
    const kind = headKindAt(source, at, roomBytes);
    if (kind === 'blank' && sizeBytes === roomBytes) return 0;
    if (kind !== 'record' || sizeBytes + BLANK_SIZE_MIN > roomBytes) {
      throw new HaProtocolError(
        `at ${physicalOffset} there is no record that fits this log: is mappedFileSizeCommitLog that of the master, and are both logs the same one?`,
      );
    }
    if (sizeBytes > recordBytesMax) {
      throw new HaProtocolError(
        `the record at ${physicalOffset} has ${sizeBytes} bytes, at most ${recordBytesMax} are taken: maxMessageSize is smaller than the master's`,
      );
    }
    return sizeBytes;
  }

  #checkRecord(source: Buffer, at: number, sizeBytes: number, physicalOffset: number): void {
    if (!isWholeRecord(source, at, at + sizeBytes, physicalOffset, this.#parts)) {
      throw new HaProtocolError(`the record at ${physicalOffset} is damaged or from another log`);
    }
    // A topic becomes the name of a folder.
    const { topicStart, topicEnd } = this.#parts;
    const topic = source.subarray(topicStart, topicEnd);
    if (topic.length === 0 || topic[0] === DOT || topic.includes(SLASH) || topic.includes(0)) {
      throw new HaProtocolError(`the record at ${physicalOffset} has no topic that can be stored`);
    }
  }
}
