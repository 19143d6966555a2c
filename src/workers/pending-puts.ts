/**
 * Puts that the commitlog worker has not answered yet, by request id. Main thread. Java: PutMessageFuture.
 * Invariant: each put's `done` is called exactly once; an id is reused only after the worker's last result for it has come.
 */
import { assert } from '../base/assert.js';
import type { StoredResult } from '../ring/result-ring.js';
import { type PutResult, PutStatus, UNKNOWN_OFFSET } from './message-store.js';

interface PendingPut {
  /** Undefined once answered early, by a timeout: the worker's result is still to come. */
  done: ((result: PutResult) => void) | undefined;
  acceptedMs: number;
  messageCount: number;
  /** Outcomes so far of a batch; undefined before the first. */
  physicalOffsets: number[] | undefined;
  firstQueueOffset: number;
}

/** A result that says why nothing (or not enough) was stored. */
export function refusedPut(status: PutStatus, remark: string): PutResult {
  return { status, remark, queueOffset: 0, physicalOffset: 0, storeTimestampMs: 0, physicalOffsets: [] };
}

/** A table of at most `capacity` messages under way. */
export class PendingPuts {
  /** Most messages under way, and so in one put. */
  readonly capacity: number;
  readonly #slots: (PendingPut | undefined)[];
  readonly #freeIds: Int32Array;
  #freeCount: number;
  #messagesFree: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#slots = Array.from({ length: capacity }, () => undefined);
    this.#freeIds = Int32Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
    this.#freeCount = capacity;
    this.#messagesFree = capacity;
  }

  /** Puts under way. */
  get size(): number {
    return this.#slots.length - this.#freeCount;
  }

  /** True if a put of `messageCount` messages may be added now. */
  hasRoom(messageCount: number): boolean {
    return messageCount <= this.#messagesFree && this.#freeCount > 0;
  }

  /** Adds a put and returns its request id. The caller has asked `hasRoom`. */
  add(done: (result: PutResult) => void, messageCount: number, nowMs: number): number {
    assert(this.hasRoom(messageCount), 'a put is added only where there is room');
    const id = this.#freeIds[--this.#freeCount] ?? 0;
    this.#messagesFree -= messageCount;
    this.#slots[id] = { done, acceptedMs: nowMs, messageCount, physicalOffsets: undefined, firstQueueOffset: 0 };
    return id;
  }

  /** Takes one message's outcome; with the last of its put, calls `done`. `remark` names the cause of a bad status. */
  settle(result: StoredResult, remark: string | undefined): void {
    const pending = this.#slots[result.requestId];
    assert(pending !== undefined, 'a result belongs to a put under way');
    if (pending.physicalOffsets === undefined) {
      pending.firstQueueOffset = result.queueOffset;
      pending.physicalOffsets = [result.physicalOffset];
    } else {
      pending.physicalOffsets.push(result.physicalOffset);
    }
    if (!result.isLast) return;
    this.#free(result.requestId, pending);
    pending.done?.({
      status: result.status as PutStatus,
      remark: result.status === PutStatus.OK ? undefined : remark,
      queueOffset: pending.firstQueueOffset,
      physicalOffset: pending.physicalOffsets[0] ?? 0,
      storeTimestampMs: result.storeTimestampMs,
      physicalOffsets: pending.physicalOffsets,
    });
  }

  /** Answers what was accepted before `deadlineMs` with FLUSH_DISK_TIMEOUT; the ids stay taken until the worker answers. */
  expire(deadlineMs: number, remark: string): void {
    for (const pending of this.#slots) {
      if (pending?.done === undefined || pending.acceptedMs >= deadlineMs) continue;
      const { done } = pending;
      pending.done = undefined;
      const result = refusedPut(PutStatus.FLUSH_DISK_TIMEOUT, remark);
      // Differs: Apache has given the offsets out by now. A place that may be another message's would be worse than none.
      done({ ...result, queueOffset: UNKNOWN_OFFSET, physicalOffset: UNKNOWN_OFFSET });
    }
  }

  /** The worker is gone: answers everything with SERVICE_NOT_AVAILABLE. */
  failAll(remark: string): void {
    this.#slots.forEach((pending, id) => {
      if (pending === undefined) return;
      this.#free(id, pending);
      pending.done?.(refusedPut(PutStatus.SERVICE_NOT_AVAILABLE, remark));
    });
  }

  #free(id: number, pending: PendingPut): void {
    this.#slots[id] = undefined;
    this.#freeIds[this.#freeCount++] = id;
    this.#messagesFree += pending.messageCount;
  }
}
