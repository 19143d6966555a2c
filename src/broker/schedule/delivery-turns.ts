/**
 * Shares the main thread and the store among the delay levels: one level's batch a turn of the event loop, and a bound to what all of them
 * have under way. Main thread. Java: the threads ScheduleMessageTimerThread_.
 * Invariant: a level is asked to run only while there is room, each in its turn.
 */

/** Most delivered messages given to the store and not answered; past it levels wait. */
export const DELIVERIES_IN_FLIGHT_MAX = 2048;
/** Most bytes of them. One batch may go past it. */
export const DELIVERY_BYTES_IN_FLIGHT_MAX = 8 * 1024 * 1024;

/** One that takes turns. */
export interface Turntaker {
  /** Does a batch's worth of work; asks for another turn itself if there is more. */
  run(): void;
}

/** The turns of one broker. */
export class DeliveryTurns {
  /** Those that want a turn, in order. */
  readonly #waiting = new Set<Turntaker>();
  #isScheduled = false;
  #inFlight = 0;
  #bytesInFlight = 0;

  /** `level` runs when its turn comes and there is room; asking twice is asking once. */
  request(level: Turntaker): void {
    this.#waiting.add(level);
    this.#schedule();
  }

  /** A message of `bytes` has been given to the store. */
  begin(bytes: number): void {
    this.#inFlight++;
    this.#bytesInFlight += bytes;
  }

  /** The store has answered for it. */
  end(bytes: number): void {
    this.#inFlight--;
    this.#bytesInFlight -= bytes;
    if (this.#waiting.size > 0) this.#schedule();
  }

  get #hasRoom(): boolean {
    return this.#inFlight < DELIVERIES_IN_FLIGHT_MAX && this.#bytesInFlight < DELIVERY_BYTES_IN_FLIGHT_MAX;
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#hasRoom) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    const [level] = this.#waiting;
    if (level === undefined) return;
    if (!this.#hasRoom) return;
    this.#waiting.delete(level);
    level.run();
    if (this.#waiting.size > 0) this.#schedule();
  };
}
