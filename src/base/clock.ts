/**
 * The one source of time and timers, so that tests can move it. Any thread.
 * Invariant: nothing outside this file reads `Date.now` or sets a timer of more than one turn.
 */

/** A pending or repeating timer; `cancel` is idempotent. */
export interface TimerHandle {
  cancel(): void;
}

/** Time and timers. Timers of the system clock do not keep the process alive. */
export interface Clock {
  /** Wall-clock time, ms since the epoch. */
  nowMs(): number;
  /** Monotonic time, ms, fractional. */
  monotonicMs(): number;
  /** Calls `task` once, `delayMs` from now. */
  after(delayMs: number, task: () => void): TimerHandle;
  /** Calls `task` every `intervalMs`, first after one interval. */
  every(intervalMs: number, task: () => void): TimerHandle;
}

/** The operating system's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(intervalMs, task) {
    const timer = setInterval(task, intervalMs).unref();
    return { cancel: () => clearInterval(timer) };
  },
};
