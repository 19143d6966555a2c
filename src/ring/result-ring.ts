/**
 * The way of outcomes from the commitlog worker back to the main thread: fixed-size slots, one producer, one consumer.
 * Commitlog worker writes (`ResultRingProducer`), main thread reads (`ResultRingConsumer`). Java: PutMessageResult.
 *
 * Layout: two int32 words on cache lines of their own, then the slots.
 *
 *     0     head   written by the producer: results published, wraps at 2^32
 *     64    tail   written by the consumer: results taken, wraps at 2^32
 *     128   slots  each {@link RESULT_BYTES}; the same bytes seen as u32 and f64
 *
 *     slot  0  u32  requestId            24  f64  queueOffset
 *           4  u32  queueKey             32  f64  physicalOffset
 *           8  u32  sizeBytes            40  f64  tagsCode
 *           12 u32  status (PutStatus)   48  f64  storeTimestampMs
 *           16 u32  LAST on the last result of a request, QUEUED if the message has a queue offset
 *
 * Invariant: the main thread has at most `capacity` messages under way, so the ring is never too full for a result. On a slave, whose
 * records come from the HA thread, the worker looks at `room` first.
 */
import { assert } from '../base/assert.js';

const HEAD_WORD = 0;
const TAIL_WORD = 16;
const SLOTS_BYTES = 128;
const RESULT_BYTES = 64;
/** In place of a request id: the record came from the master, and nobody waits for its result. */
export const NO_REQUEST_ID = 0xffff_ffff;
const LAST = 1;
const QUEUED = 2;
const RESULT_U32 = RESULT_BYTES / 4;
const RESULT_F64 = RESULT_BYTES / 8;

/** Makes the memory of a ring of `capacity` results, a power of two. */
export function allocateResultRing(capacity: number): SharedArrayBuffer {
  assert(capacity > 0 && (capacity & (capacity - 1)) === 0, 'result ring capacity is a power of two');
  return new SharedArrayBuffer(SLOTS_BYTES + capacity * RESULT_BYTES);
}

/** The outcome of one stored message. */
export interface StoredResult {
  requestId: number;
  queueKey: number;
  sizeBytes: number;
  status: number;
  isLast: boolean;
  /** False for half messages and their roll-backs, which are in the log but in no consume queue. */
  isQueued: boolean;
  queueOffset: number;
  physicalOffset: number;
  tagsCode: number;
  storeTimestampMs: number;
}

/** A result with all fields zero, to be filled again and again. */
export function emptyStoredResult(): StoredResult {
  return {
    requestId: 0,
    queueKey: 0,
    sizeBytes: 0,
    status: 0,
    isLast: true,
    isQueued: true,
    queueOffset: 0,
    physicalOffset: 0,
    tagsCode: 0,
    storeTimestampMs: 0,
  };
}

/** The commitlog worker's end. Results are written with `add` and become visible together with `publish`. */
export class ResultRingProducer {
  readonly #words: Int32Array;
  readonly #u32: Uint32Array;
  readonly #f64: Float64Array;
  readonly #mask: number;
  #head: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, SLOTS_BYTES / 4);
    this.#u32 = new Uint32Array(memory, SLOTS_BYTES);
    this.#f64 = new Float64Array(memory, SLOTS_BYTES);
    this.#mask = this.#u32.length / RESULT_U32 - 1;
    this.#head = Atomics.load(this.#words, HEAD_WORD);
  }

  /** Results that may be added now. */
  get room(): number {
    return this.#mask + 1 - ((this.#head - Atomics.load(this.#words, TAIL_WORD)) | 0);
  }

  /** Writes one result; nobody sees it before `publish`. */
  add(result: StoredResult): void {
    const taken = Atomics.load(this.#words, TAIL_WORD);
    assert(((this.#head - taken) | 0) <= this.#mask, 'the result ring has room for every message under way');
    const slot = this.#head & this.#mask;
    const u = slot * RESULT_U32;
    this.#u32[u] = result.requestId;
    this.#u32[u + 1] = result.queueKey;
    this.#u32[u + 2] = result.sizeBytes;
    this.#u32[u + 3] = result.status;
    this.#u32[u + 4] = (result.isLast ? LAST : 0) | (result.isQueued ? QUEUED : 0);
    const f = slot * RESULT_F64;
    this.#f64[f + 3] = result.queueOffset;
    this.#f64[f + 4] = result.physicalOffset;
    this.#f64[f + 5] = result.tagsCode;
    this.#f64[f + 6] = result.storeTimestampMs;
    this.#head = (this.#head + 1) | 0;
  }

  /** Shows what was added to the main thread and wakes it if it waits. */
  publish(): void {
    Atomics.store(this.#words, HEAD_WORD, this.#head);
    Atomics.notify(this.#words, HEAD_WORD);
  }
}

/** The main thread's end. */
export class ResultRingConsumer {
  readonly #words: Int32Array;
  readonly #u32: Uint32Array;
  readonly #f64: Float64Array;
  readonly #mask: number;
  #tail: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, SLOTS_BYTES / 4);
    this.#u32 = new Uint32Array(memory, SLOTS_BYTES);
    this.#f64 = new Float64Array(memory, SLOTS_BYTES);
    this.#mask = this.#u32.length / RESULT_U32 - 1;
    this.#tail = Atomics.load(this.#words, TAIL_WORD);
  }

  /** Fills `into` with the next result; false when there is none. */
  take(into: StoredResult): boolean {
    if (this.#tail === Atomics.load(this.#words, HEAD_WORD)) return false;
    const slot = this.#tail & this.#mask;
    const u = slot * RESULT_U32;
    into.requestId = this.#u32[u] ?? 0;
    into.queueKey = this.#u32[u + 1] ?? 0;
    into.sizeBytes = this.#u32[u + 2] ?? 0;
    into.status = this.#u32[u + 3] ?? 0;
    const flags = this.#u32[u + 4] ?? 0;
    into.isLast = (flags & LAST) !== 0;
    into.isQueued = (flags & QUEUED) !== 0;
    const f = slot * RESULT_F64;
    into.queueOffset = this.#f64[f + 3] ?? 0;
    into.physicalOffset = this.#f64[f + 4] ?? 0;
    into.tagsCode = this.#f64[f + 5] ?? 0;
    into.storeTimestampMs = this.#f64[f + 6] ?? 0;
    this.#tail = (this.#tail + 1) | 0;
    return true;
  }

  /** Gives the slots taken so far back to the producer. */
  release(): void {
    Atomics.store(this.#words, TAIL_WORD, this.#tail);
  }

  /** Resolves when a result is there that has not been taken; at once if there is one already. */
  async arrival(): Promise<void> {
    const wait = Atomics.waitAsync(this.#words, HEAD_WORD, this.#tail);
    if (wait.async) await wait.value;
  }

  /** Resolves every pending `arrival` although nothing came: at the end. */
  wake(): void {
    Atomics.notify(this.#words, HEAD_WORD);
  }
}
