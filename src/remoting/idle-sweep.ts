/**
 * Closes connections on which no byte has moved for a while. Main thread. Java: Netty's IdleStateHandler (allIdleTime).
 * Looks at the byte counters of the sockets now and then, so that traffic pays nothing for it; a connection may live one
 * sweep interval longer than the timeout.
 */
import type { Clock, TimerHandle } from '../base/clock.js';

/** Sweeps in one timeout: the longer a connection may outlive it, the fewer. */
const SWEEPS_PER_TIMEOUT = 12;

/** What the sweep needs of a connection. */
export interface IdleCandidate {
  /** Bytes read and written since it opened. */
  readonly bytesMoved: number;
  close(reason: string): void;
}

interface Observation {
  bytesMoved: number;
  atMs: number;
}

/** Watches a set of connections that others add to and remove from. */
export class IdleSweep {
  readonly #candidates: Iterable<IdleCandidate>;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #observations = new WeakMap<IdleCandidate, Observation>();
  #timer: TimerHandle | undefined;

  constructor(candidates: Iterable<IdleCandidate>, clock: Clock, timeoutMs: number) {
    this.#candidates = candidates;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Starts sweeping; idempotent. */
  start(): void {
    this.#timer ??= this.#clock.every(Math.ceil(this.#timeoutMs / SWEEPS_PER_TIMEOUT), () => this.sweep());
  }

  /** Ends sweeping; idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Closes what has been idle for the timeout. */
  sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const candidate of this.#candidates) {
      const seen = this.#observations.get(candidate);
      if (seen === undefined || seen.bytesMoved !== candidate.bytesMoved) {
        this.#observations.set(candidate, { bytesMoved: candidate.bytesMoved, atMs: nowMs });
      } else if (nowMs - seen.atMs >= this.#timeoutMs) {
        candidate.close(`idle for ${this.#timeoutMs} ms`);
      }
    }
  }
}
