/**
 * When a send may go: as soon as one is free, or at a fixed rate. Generator's thread. Java: none (Apache's Producer has no rate).
 * Invariant: at a fixed rate each send has a time at which it was due, whether it could go then or not; its latency counts from there, so
 * that a stall counts for all that it kept waiting (coordinated omission).
 *
 * The timer makes what is due in steps of about a millisecond: that much lateness is the generator's own and does not count.
 */
import type { Clock, TimerHandle } from '../base/clock.js';

/** How often the fixed rate's sends are looked at. */
export const TICK_MS = 1;
/** A send that the tick finds due for no longer than this is due at the tick. */
const TICK_SLACK_MS = 2 * TICK_MS;
const FORGET_TICKS = 4096;

/** Deals out permissions to send one request. */
export class SendSchedule {
  readonly #clock: Clock;
  readonly #requestsPerMs: number | undefined;
  #startedMs = 0;
  #taken = 0;
  /** Of a fixed rate: how many requests were due at the last tick. */
  #due = 0;
  #limit = Infinity;
  #isStopped = false;
  /** Ticks whose sends are not all taken: when, and how many were due by then; from `#firstTick` on. */
  readonly #tickMs: number[] = [];
  readonly #tickDue: number[] = [];
  #firstTick = 0;
  #timer: TimerHandle | undefined;

  /** Without a rate, as many as are asked for. */
  constructor(clock: Clock, requestsPerSecond: number | undefined) {
    this.#clock = clock;
    this.#requestsPerMs = requestsPerSecond === undefined ? undefined : requestsPerSecond / 1000;
  }

  get isRated(): boolean {
    return this.#requestsPerMs !== undefined;
  }

  /** Begins; `onDue` is called when some have become due. */
  start(onDue: () => void): void {
    this.#startedMs = this.#clock.monotonicMs();
    if (this.#requestsPerMs === undefined) return;
    this.#timer = this.#clock.every(TICK_MS, () => {
      this.#tick();
      if (this.available > 0) onDue();
    });
  }

  /** Nothing may be sent any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#isStopped = true;
    this.#limit = this.#taken;
  }

  /** Only so many more may be sent from now on. */
  limitTo(requests: number): void {
    this.#limit = this.#taken + requests;
  }

  /** One that was sent did nothing, and is to be sent again. */
  sendAgain(): void {
    if (!this.#isStopped) this.#limit++;
  }

  /** True when the limit has been reached. */
  get isExhausted(): boolean {
    return this.#taken >= this.#limit;
  }

  /** How many requests may be sent now. */
  get available(): number {
    return Math.min(this.#limit, this.#requestsPerMs === undefined ? Infinity : this.#due) - this.#taken;
  }

  /** How many are due and were not sent; asked for before `stop`. */
  get behind(): number {
    return this.#requestsPerMs === undefined ? 0 : Math.max(0, Math.min(this.#due, this.#limit) - this.#taken);
  }

  /** Takes one of those available; `nowMs` is the monotonic time. Gives when it was due. */
  take(nowMs: number): number {
    const index = this.#taken++;
    if (this.#requestsPerMs === undefined) return nowMs;
    while ((this.#tickDue[this.#firstTick] ?? Infinity) <= index) this.#firstTick++;
    const tickMs = this.#tickMs[this.#firstTick] ?? nowMs;
    if (this.#firstTick > FORGET_TICKS) this.#forgetTicks();
    const plannedMs = this.#startedMs + index / this.#requestsPerMs;
    return tickMs - plannedMs <= TICK_SLACK_MS ? tickMs : plannedMs;
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs();
    const due = Math.floor((nowMs - this.#startedMs) * (this.#requestsPerMs ?? 0));
    if (due <= this.#due) return;
    this.#due = due;
    this.#tickMs.push(nowMs);
    this.#tickDue.push(due);
  }

  #forgetTicks(): void {
    this.#tickMs.splice(0, this.#firstTick);
    this.#tickDue.splice(0, this.#firstTick);
    this.#firstTick = 0;
  }
}
