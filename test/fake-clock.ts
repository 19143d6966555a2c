/**
 * A clock that only moves when a test moves it. Java: none (Apache's tests sleep).
 * Invariant: timers fire in the order of their times, those of one instant in the order they were set, each seeing `nowMs` at its own time.
 */
import type { Clock, TimerHandle } from '#src/base/clock.js';

interface Timer {
  readonly id: number;
  readonly intervalMs: number | undefined;
  readonly task: () => void;
  dueMs: number;
}

/** Implements `Clock` without waiting. `advance` runs what is due; promises that this settles need a turn of their own. */
export class FakeClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  #nextId = 0;
  readonly #timers = new Map<number, Timer>();

  /** Starts at `startMs` after the epoch. */
  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, task: () => void): TimerHandle {
    return this.#add(delayMs, undefined, task);
  }

  every(intervalMs: number, task: () => void): TimerHandle {
    if (!(intervalMs > 0)) throw new RangeError(`interval ${intervalMs} ms would never let advance() end`);
    return this.#add(intervalMs, intervalMs, task);
  }

  /** Timers that are still set: 0 when everything was cancelled. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves time forward by `ms`, running every timer that falls due on the way. */
  advance(ms: number): void {
    const endMs = this.#elapsedMs + ms;
    for (let timer = this.#nextDue(endMs); timer !== undefined; timer = this.#nextDue(endMs)) {
      this.#moveTo(timer.dueMs);
      if (timer.intervalMs === undefined) this.#timers.delete(timer.id);
      else timer.dueMs += timer.intervalMs;
      timer.task();
    }
    this.#moveTo(endMs);
  }

  #add(delayMs: number, intervalMs: number | undefined, task: () => void): TimerHandle {
    const id = this.#nextId++;
    this.#timers.set(id, { id, intervalMs, task, dueMs: this.#elapsedMs + Math.max(0, delayMs) });
    return { cancel: () => void this.#timers.delete(id) };
  }

  #nextDue(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }

  #moveTo(elapsedMs: number): void {
    this.#nowMs += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }
}
