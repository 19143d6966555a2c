/**
 * Chunks of a byte stream → whole frames. Main thread. Java: NettyDecoder (LengthFieldBasedFrameDecoder).
 *
 *   0        4                  8
 *   | length | type | headerLen | header (JSON or ROCKETMQ) | body |
 *     int32    int8   uint24      `length` counts all that follows it
 *
 * Invariant: a byte is copied only if its frame spans chunks, and then twice at the most. What a peer can make us hold is in
 * proportion to what it has sent, whatever length it claims.
 */
import { ProtocolError } from '../base/errors.js';

/** Largest `length` taken, as Apache's com.rocketmq.remoting.frameMaxLength; a larger one closes the connection. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** The length field itself. */
export const LENGTH_BYTES = 4;
/** `length` counts at least the header's length field. */
const MIN_FRAME_BYTES = 4;
const FIRST_PARTIAL_BYTES = 4096;

/**
 * Takes a frame: `buffer[start, end)` is what follows the length field, a view that lasts for the call.
 * False holds back the frames that follow until `resume`.
 */
export type FrameHandler = (buffer: Buffer, start: number, end: number) => boolean;

/** Finds the frames of one connection. */
export class FrameDecoder {
  readonly #onFrame: FrameHandler;
  readonly #maxFrameBytes: number;
  /** The beginning of a frame whose rest has not come yet. */
  #partial: Buffer | undefined;
  #partialBytes = 0;
  /** What is behind a frame whose handler said stop. */
  #held: Buffer[] = [];
  #isHolding = false;

  constructor(onFrame: FrameHandler, maxFrameBytes: number = MAX_FRAME_BYTES) {
    this.#onFrame = onFrame;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes kept for later. */
  get bufferedBytes(): number {
    let bytes = this.#partialBytes;
    for (const chunk of this.#held) bytes += chunk.length;
    return bytes;
  }

  /** Takes the next chunk. Throws ProtocolError at a wrong length; the stream cannot be read on after that. */
  push(chunk: Buffer): void {
    if (this.#isHolding) {
      this.#held.push(chunk);
      return;
    }
    const offset = this.#partial === undefined ? 0 : this.#complete(chunk);
    this.#decode(chunk, offset);
  }

  /** Goes on with what was held back, until a handler says stop again. */
  resume(): void {
    this.#isHolding = false;
    const held = this.#held;
    this.#held = [];
    // Those behind the next stop end up held again, in their order.
    for (const chunk of held) this.push(chunk);
  }

  /** Forgets everything kept. */
  clear(): void {
    this.#partial = undefined;
    this.#partialBytes = 0;
    this.#held = [];
  }

  #decode(chunk: Buffer, from: number): void {
    let offset = from;
    while (chunk.length - offset >= LENGTH_BYTES) {
      if (this.#isHolding) {
        this.#held.push(chunk.subarray(offset));
        return;
      }
      const end = offset + LENGTH_BYTES + this.#checkedLength(chunk.readInt32BE(offset));
      if (end > chunk.length) break;
      this.#isHolding = !this.#onFrame(chunk, offset + LENGTH_BYTES, end);
      offset = end;
    }
    if (offset === chunk.length) return;
    if (this.#isHolding) this.#held.push(chunk.subarray(offset));
    else this.#beginPartial(chunk, offset);
  }

  #checkedLength(length: number): number {
    if (length < MIN_FRAME_BYTES || length > this.#maxFrameBytes) {
      throw new ProtocolError(`frame length ${length} is not within ${MIN_FRAME_BYTES} and ${this.#maxFrameBytes}`);
    }
    return length;
  }

  #beginPartial(chunk: Buffer, offset: number): void {
    const bytes = chunk.length - offset;
    this.#partial = Buffer.allocUnsafeSlow(Math.max(FIRST_PARTIAL_BYTES, bytes));
    this.#partialBytes = 0;
    this.#append(chunk, offset, bytes);
  }

  /** Adds to the partial frame what belongs to it, hands it on when whole, and gives where the next frame begins in `chunk`. */
  #complete(chunk: Buffer): number {
    let offset = 0;
    if (this.#partialBytes < LENGTH_BYTES) {
      offset = Math.min(LENGTH_BYTES - this.#partialBytes, chunk.length);
      this.#append(chunk, 0, offset);
      if (this.#partialBytes < LENGTH_BYTES) return offset;
    }
    const frameBytes = LENGTH_BYTES + this.#checkedLength(this.#partial?.readInt32BE(0) ?? 0);
    const bytes = Math.min(frameBytes - this.#partialBytes, chunk.length - offset);
    const frame = this.#append(chunk, offset, bytes, frameBytes);
    if (this.#partialBytes === frameBytes) {
      this.#partial = undefined;
      this.#partialBytes = 0;
      this.#isHolding = !this.#onFrame(frame, LENGTH_BYTES, frameBytes);
    }
    return offset + bytes;
  }

  /** Doubles the partial frame's buffer as bytes come, up to `frameBytes`. */
  #append(chunk: Buffer, offset: number, bytes: number, frameBytes = Number.MAX_SAFE_INTEGER): Buffer {
    let partial = this.#partial ?? Buffer.allocUnsafeSlow(FIRST_PARTIAL_BYTES);
    const needed = this.#partialBytes + bytes;
    if (needed > partial.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(partial.length * 2, frameBytes)));
      partial.copy(grown, 0, 0, this.#partialBytes);
      partial = grown;
    }
    chunk.copy(partial, this.#partialBytes, offset, offset + bytes);
    this.#partial = partial;
    this.#partialBytes = needed;
    return partial;
  }
}
