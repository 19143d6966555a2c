/**
 * The frames of one turn on their way to a socket: encoded one behind the other into pooled segments. Main thread. Java: none.
 * Invariant: a segment given out by `take` belongs to the socket until `recycleSegment`; no byte of it changes meanwhile.
 */
import { encodeCommand, type FrameTarget } from './command-codec.js';
import type { RemotingCommand } from './remoting-command.js';

/** Size of a pooled segment. A larger frame gets a segment of its own, which is not pooled. */
export const SEGMENT_BYTES = 64 * 1024;
/** Idle segments kept for all connections: 4 MiB. */
const POOL_SEGMENTS = 64;

const pool: Buffer[] = [];
const NO_SEGMENT: Buffer = Buffer.alloc(0);

/** Gives a segment back once the socket has written it; any other buffer is ignored. */
export function recycleSegment(segment: Buffer): void {
  if (segment.length === SEGMENT_BYTES && pool.length < POOL_SEGMENTS) pool.push(segment);
}

/** A segment and how much of it is frames. */
export interface FilledSegment {
  readonly segment: Buffer;
  readonly bytes: number;
}

/** Collects frames until they are taken for writing. */
export class FrameBatch implements FrameTarget {
  #segment: Buffer = NO_SEGMENT;
  #position = 0;
  #sealed: FilledSegment[] = [];
  #sealedBytes = 0;

  /** Bytes of all frames collected. */
  get sizeBytes(): number {
    return this.#sealedBytes + this.#position;
  }

  get buffer(): Buffer {
    return this.#segment;
  }

  get position(): number {
    return this.#position;
  }

  /** Encodes `command` behind what is there; its body is copied. */
  append(command: RemotingCommand): void {
    this.#position = encodeCommand(command, this);
  }

  reserve(bytes: number): void {
    if (this.#segment.length - this.#position >= bytes) return;
    this.#seal();
    this.#segment =
      bytes > SEGMENT_BYTES ? Buffer.allocUnsafeSlow(bytes) : (pool.pop() ?? Buffer.allocUnsafeSlow(SEGMENT_BYTES));
  }

  /** Gives away all that was collected; the batch is empty afterwards. */
  take(): FilledSegment[] {
    this.#seal();
    const filled = this.#sealed;
    this.#sealed = [];
    this.#sealedBytes = 0;
    return filled;
  }

  #seal(): void {
    if (this.#position > 0) {
      this.#sealed.push({ segment: this.#segment, bytes: this.#position });
      this.#sealedBytes += this.#position;
    } else if (this.#segment.length > 0) {
      recycleSegment(this.#segment);
    }
    this.#segment = NO_SEGMENT;
    this.#position = 0;
  }
}
