/**
 * The way of records to the commitlog worker: one producer, one consumer, no locks. There is one ring from the main thread and, on a
 * slave, one from the HA thread. Java: none (its senders take a lock).
 *
 * Layout: two int32 words on cache lines of their own, then `capacityBytes` of data.
 *
 *     0     head    written by the producer: total bytes committed / 8, wraps at 2^32
 *     64    tail    written by the consumer: total bytes released / 8, wraps at 2^32
 *     128   data    entries, each 8-byte aligned and in one piece (a PAD entry fills the rest before the end)
 *
 * Invariant: 0 <= head - tail <= capacity / 8; bytes in [tail, head) belong to the consumer, the others to the producer.
 */
import { assert } from '../base/assert.js';

/** What an entry is; see {@link ENTRY}. */
export const EntryKind = {
  PAD: 0,
  PUT: 1,
  OPEN_QUEUE: 2,
  DELETE_TOPIC: 3,
  /** HA thread only: records as the master has them. */
  REPLICA: 20,
  /** HA thread only: the master has closed the segment. */
  REPLICA_BLANK: 21,
} as const;

/**
 * Positions of an entry's fields, little endian, from the entry's start.
 *
 *     0   u32  entrySizeBytes    whole entry with header, a multiple of 8
 *     4   u16  kind              EntryKind
 *     6   u16  messageCount      PUT, REPLICA: stored records that follow, at least 1
 *     8   u32  requestId         PUT: comes back in every result; DELETE_TOPIC: in the control message that says it is done
 *     12  u32  queueKey          the sender's number for a (topic, queueId)
 *     16  u32  payloadSizeBytes  bytes from 32 on that are in use
 *     20  u32  queueId           OPEN_QUEUE only
 *     24  f64  firstQueueOffset  OPEN_QUEUE only: the queue's first offset to assign
 *     24  f64  physicalOffset    REPLICA, REPLICA_BLANK: where the first record, or the blank, begins
 *     32  payload                PUT, REPLICA: stored records one after the other; REPLICA_BLANK: nothing; else the topic, UTF-8
 */
export const ENTRY = {
  SIZE: 0,
  KIND: 4,
  MESSAGE_COUNT: 6,
  REQUEST_ID: 8,
  QUEUE_KEY: 12,
  PAYLOAD_SIZE: 16,
  QUEUE_ID: 20,
  FIRST_QUEUE_OFFSET: 24,
  PHYSICAL_OFFSET: 24,
  PAYLOAD: 32,
} as const;

const HEAD_WORD = 0;
const TAIL_WORD = 16;
const DATA_BYTES = 128;
const UNIT_BYTES = 8;

/** Rounds an entry's size up to the ring's unit. */
export function alignEntrySize(sizeBytes: number): number {
  return (sizeBytes + UNIT_BYTES - 1) & ~(UNIT_BYTES - 1);
}

/** Makes the memory of a ring. `capacityBytes` is a power of two between 64 KiB and 1 GiB. */
export function allocateRequestRing(capacityBytes: number): SharedArrayBuffer {
  assert(capacityBytes >= 1 << 16 && capacityBytes <= 1 << 30, 'request ring capacity is between 64 KiB and 1 GiB');
  assert((capacityBytes & (capacityBytes - 1)) === 0, 'request ring capacity is a power of two');
  return new SharedArrayBuffer(DATA_BYTES + capacityBytes);
}

/** The writing thread's end. `bytes` is the ring's data; `reserve` says where in it the entry goes. */
export class RequestRingProducer {
  readonly bytes: Buffer;
  readonly capacityBytes: number;
  readonly #words: Int32Array;
  #head: number;
  #cachedTail: number;
  #reservedBytes = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, DATA_BYTES / 4);
    this.bytes = Buffer.from(memory, DATA_BYTES);
    this.capacityBytes = this.bytes.length;
    this.#head = Atomics.load(this.#words, HEAD_WORD);
    this.#cachedTail = Atomics.load(this.#words, TAIL_WORD);
  }

  /** Bytes committed and not yet released. */
  get usedBytes(): number {
    return ((this.#head - Atomics.load(this.#words, TAIL_WORD)) | 0) * UNIT_BYTES;
  }

  /** Position in `bytes` of room for one entry of `sizeBytes`, or -1 when the ring is too full for it now. */
  reserve(sizeBytes: number): number {
    const size = alignEntrySize(sizeBytes);
    assert(size >= ENTRY.PAYLOAD && size <= this.capacityBytes / 2, 'a ring entry is at most half the ring');
    assert(this.#reservedBytes === 0, 'one reservation at a time');
    const position = (this.#head * UNIT_BYTES) & (this.capacityBytes - 1);
    const untilEnd = this.capacityBytes - position;
    const padding = untilEnd < size ? untilEnd : 0;
    if (!this.#hasRoom(size + padding)) return -1;
    this.#reservedBytes = size + padding;
    if (padding === 0) return position;
    this.bytes.writeUInt32LE(padding, position + ENTRY.SIZE);
    this.bytes.writeUInt16LE(EntryKind.PAD, position + ENTRY.KIND);
    return 0;
  }

  /** Gives the reserved entry to the consumer. */
  commit(): void {
    assert(this.#reservedBytes > 0, 'commit follows reserve');
    this.#head = (this.#head + this.#reservedBytes / UNIT_BYTES) | 0;
    this.#reservedBytes = 0;
    // The store is sequentially consistent: whoever sees the new head sees the entry's bytes.
    Atomics.store(this.#words, HEAD_WORD, this.#head);
  }

  /** Gives up the reservation: nothing was put. */
  abandon(): void {
    this.#reservedBytes = 0;
  }

  #hasRoom(sizeBytes: number): boolean {
    const needed = sizeBytes / UNIT_BYTES;
    const capacity = this.capacityBytes / UNIT_BYTES;
    if (((this.#head - this.#cachedTail) | 0) + needed <= capacity) return true;
    this.#cachedTail = Atomics.load(this.#words, TAIL_WORD);
    return ((this.#head - this.#cachedTail) | 0) + needed <= capacity;
  }
}

/** The commitlog worker's end. */
export class RequestRingConsumer {
  readonly bytes: Buffer;
  readonly capacityBytes: number;
  readonly #words: Int32Array;
  #tail: number;
  #cachedHead: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, DATA_BYTES / 4);
    this.bytes = Buffer.from(memory, DATA_BYTES);
    this.capacityBytes = this.bytes.length;
    this.#tail = Atomics.load(this.#words, TAIL_WORD);
    this.#cachedHead = Atomics.load(this.#words, HEAD_WORD);
  }

  /**
   * Position in `bytes` of the next entry (never a PAD), or -1 when there is none. The entry's bytes, which the consumer may
   * change, stay valid until `release`. Calling it again without `advance` gives the same entry.
   */
  peek(): number {
    for (;;) {
      if (this.#tail === this.#cachedHead) {
        this.#cachedHead = Atomics.load(this.#words, HEAD_WORD);
        if (this.#tail === this.#cachedHead) return -1;
      }
      const position = (this.#tail * UNIT_BYTES) & (this.capacityBytes - 1);
      if (this.bytes.readUInt16LE(position + ENTRY.KIND) !== EntryKind.PAD) return position;
      this.advance();
    }
  }

  /** True when the next `peek` looks for entries that were not known yet, which may have been put this instant. */
  get isAtKnownEnd(): boolean {
    return this.#tail === this.#cachedHead;
  }

  /** Goes on to the next entry; the one passed is the consumer's until `release`. */
  advance(): void {
    const position = (this.#tail * UNIT_BYTES) & (this.capacityBytes - 1);
    const size = this.bytes.readUInt32LE(position + ENTRY.SIZE);
    assert(size >= UNIT_BYTES && size % UNIT_BYTES === 0, 'an entry has a size in whole units');
    this.#tail = (this.#tail + size / UNIT_BYTES) | 0;
  }

  /** Gives all entries passed so far back to the producer. */
  release(): void {
    Atomics.store(this.#words, TAIL_WORD, this.#tail);
  }
}
