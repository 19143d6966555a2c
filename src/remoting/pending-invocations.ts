/**
 * Requests of ours that wait for their answers, by opaque. Main thread. Java: NettyRemotingAbstract.responseTable and scanResponseTable.
 * Invariant: an entry leaves the table exactly once: answered, timed out or rejected. One timer serves the whole table.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import type { RemotingCommand } from './remoting-command.js';
import { RemotingTimeoutError } from './remoting-error.js';

interface Invocation {
  readonly code: number;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  resolve(response: RemotingCommand): void;
  reject(error: Error): void;
}

/** The open requests of one connection. */
export class PendingInvocations {
  readonly #clock: Clock;
  readonly #address: string;
  readonly #byOpaque = new Map<number, Invocation>();
  #timer: TimerHandle | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, address: string) {
    this.#clock = clock;
    this.#address = address;
  }

  /** Open requests. */
  get size(): number {
    return this.#byOpaque.size;
  }

  /** Waits for the answer with `opaque`, which must not be waited for already. */
  add(opaque: number, code: number, timeoutMs: number): Promise<RemotingCommand> {
    return new Promise((resolve, reject) => {
      const deadlineMs = this.#clock.monotonicMs() + timeoutMs;
      this.#byOpaque.set(opaque, { code, timeoutMs, deadlineMs, resolve, reject });
      this.#wakeAt(deadlineMs);
    });
  }

  /** Ends the wait for `response`; false if nobody waits for it (any more). */
  resolve(response: RemotingCommand): boolean {
    const invocation = this.#byOpaque.get(response.opaque);
    if (invocation === undefined) return false;
    this.#byOpaque.delete(response.opaque);
    invocation.resolve(response);
    return true;
  }

  /** Ends all waits with `error`. */
  rejectAll(error: Error): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const invocations = [...this.#byOpaque.values()];
    this.#byOpaque.clear();
    for (const invocation of invocations) invocation.reject(error);
  }

  #wakeAt(deadlineMs: number): void {
    if (this.#timer !== undefined && this.#timerAtMs <= deadlineMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = deadlineMs;
    this.#timer = this.#clock.after(Math.max(0, Math.ceil(deadlineMs - this.#clock.monotonicMs())), () =>
      this.#expire(),
    );
  }

  #expire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [opaque, invocation] of this.#byOpaque) {
      if (invocation.deadlineMs <= nowMs) {
        this.#byOpaque.delete(opaque);
        invocation.reject(new RemotingTimeoutError(this.#address, invocation.code, invocation.timeoutMs));
      } else {
        nextMs = Math.min(nextMs, invocation.deadlineMs);
      }
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.#wakeAt(nextMs);
  }
}
