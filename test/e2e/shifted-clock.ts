/**
 * A clock for a whole broker whose worker stamps records with the system's time. Java: none.
 * Invariant: tells the system's time and what the test has added to it; timers fire only when the test moves the clock.
 */
import { FakeClock } from '../fake-clock.js';

/** See above. */
export class ShiftedClock extends FakeClock {
  override nowMs(): number {
    return Date.now() + this.monotonicMs();
  }
}
