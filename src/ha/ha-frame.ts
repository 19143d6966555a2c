/**
 * What master and slave say to each other, declared once. HA thread. Java: DefaultHAConnection, DefaultHAClient.
 *
 *     slave → master    report     0  i64  slaveMaxOffset     end of the slave's log: first where to begin, then what it has
 *
 *     master → slave    transfer   0  i64  physicalOffset     of the body's first byte
 *                                  8  i32  bodySizeBytes      0: heartbeat
 *                                  12 body                    bytes of the log, of one segment, whole records or not
 *
 * Invariant: integers are big endian; one body begins where the one before ended.
 */
import { assert } from '../base/assert.js';
import { readInt64, writeInt64 } from '../message/stored-record.js';
import { HaProtocolError } from './ha-protocol-error.js';

/** Java: DefaultHAClient.REPORT_HEADER_SIZE. */
export const REPORT_BYTES = 8;
/** Java: DefaultHAConnection.TRANSFER_HEADER_SIZE. */
export const TRANSFER_HEADER_BYTES = 12;

/** A report of `slaveMaxOffset`. */
export function encodeReport(slaveMaxOffset: number): Buffer {
  assert(Number.isSafeInteger(slaveMaxOffset), 'an offset is a whole number');
  const report = Buffer.allocUnsafe(REPORT_BYTES);
  writeInt64(report, slaveMaxOffset, 0);
  return report;
}

/** Writes the header of a transfer to the beginning of `target`. */
export function writeTransferHeader(target: Buffer, physicalOffset: number, bodySizeBytes: number): void {
  assert(physicalOffset >= 0 && bodySizeBytes >= 0, 'a transfer has an offset and a size');
  writeInt64(target, physicalOffset, 0);
  target.writeInt32BE(bodySizeBytes, 8);
}

/** Reads a slave's reports out of chunks of any size. */
export class ReportReader {
  readonly #partial = Buffer.allocUnsafe(REPORT_BYTES);
  #partialBytes = 0;

  /** The last whole report of the chunk, which says all that those before it say; undefined when there is none. Throws HaProtocolError. */
  read(chunk: Buffer): number | undefined {
    let last: number | undefined;
    let at = 0;
    while (at < chunk.length) {
      const taken = Math.min(REPORT_BYTES - this.#partialBytes, chunk.length - at);
      chunk.copy(this.#partial, this.#partialBytes, at, at + taken);
      at += taken;
      this.#partialBytes += taken;
      if (this.#partialBytes < REPORT_BYTES) break;
      this.#partialBytes = 0;
      last = offsetOf(this.#partial);
    }
    return last;
  }
}

/** Takes the bodies of transfers. */
export interface TransferSink {
  /** A header was read; throws HaProtocolError when it does not follow what came before. */
  onHeader(physicalOffset: number, bodySizeBytes: number): void;
  /** Takes bytes of the body; returns how many, fewer when there is no room for more now. */
  onBody(chunk: Buffer): number;
}

/** Reads a master's transfers out of chunks of any size; a body is passed on as it comes. */
export class TransferReader {
  readonly #sink: TransferSink;
  readonly #header = Buffer.allocUnsafe(TRANSFER_HEADER_BYTES);
  #headerBytes = 0;
  #bodyLeft = 0;

  constructor(sink: TransferSink) {
    this.#sink = sink;
  }

  /** Returns the bytes that were taken: fewer than the chunk has when the sink has no room. Throws HaProtocolError. */
  read(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length) {
      if (this.#bodyLeft === 0) {
        at += this.#readHeader(chunk, at);
        continue;
      }
      const wanted = Math.min(this.#bodyLeft, chunk.length - at);
      const taken = this.#sink.onBody(chunk.subarray(at, at + wanted));
      assert(taken >= 0 && taken <= wanted, 'a sink takes what it was given or less');
      at += taken;
      this.#bodyLeft -= taken;
      if (taken < wanted) break;
    }
    return at;
  }

  #readHeader(chunk: Buffer, at: number): number {
    const taken = Math.min(TRANSFER_HEADER_BYTES - this.#headerBytes, chunk.length - at);
    chunk.copy(this.#header, this.#headerBytes, at, at + taken);
    this.#headerBytes += taken;
    if (this.#headerBytes < TRANSFER_HEADER_BYTES) return taken;
    this.#headerBytes = 0;
    const bodySizeBytes = this.#header.readInt32BE(8);
    if (bodySizeBytes < 0) throw new HaProtocolError(`a body of ${bodySizeBytes} bytes`);
    this.#sink.onHeader(offsetOf(this.#header), bodySizeBytes);
    this.#bodyLeft = bodySizeBytes;
    return taken;
  }
}

function offsetOf(source: Buffer): number {
  const offset = readInt64(source, 0);
  if (!Number.isSafeInteger(offset) || offset < 0) throw new HaProtocolError(`the offset ${offset}`);
  return offset;
}
