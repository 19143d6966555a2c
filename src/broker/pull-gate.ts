/**
 * Who may read from the store now: keeps one connection from filling the memory with answers that it does not take. Main thread.
 * Java: none (Apache drops the answer when enableNetWorkFlowControl is set, else queues it without bound).
 * Invariant: a connection has at most `READS_IN_FLIGHT_MAX` reads under way, and none is begun while it is not writable.
 */
import type { Connection } from '../remoting/connection.js';
import type { PullRequest } from './pull-request.js';

/** Reads from disk that one connection may have under way; the next pull waits for one of them. */
const READS_IN_FLIGHT_MAX = 8;
/** Pulls of one connection that may wait; past it the connection is not read from until none waits. */
const WAITING_MAX = 1_024;

interface Lane {
  readsInFlight: number;
  readonly waiting: PullRequest[];
  isPaused: boolean;
  isDrainAwaited: boolean;
}

/** The gate of a broker. */
export class PullGate {
  /** Only connections that have a read under way or a pull waiting; a closed one goes with its listeners. */
  readonly #lanes = new WeakMap<Connection, Lane>();
  readonly #serve: (pull: PullRequest) => void;

  /** `serve` is called with pulls that waited, when they may read. */
  constructor(serve: (pull: PullRequest) => void) {
    this.#serve = serve;
  }

  /** True if `pull` may read now; otherwise it is kept, and served later. */
  admit(pull: PullRequest): boolean {
    const { connection } = pull;
    const lane = this.#lanes.get(connection);
    if (connection.isWritable && (lane === undefined || lane.readsInFlight < READS_IN_FLIGHT_MAX)) return true;
    if (connection.isOpen) this.#keep(pull, lane ?? this.#open(connection));
    return false;
  }

  /** A read for `connection` has begun that will end with `readEnded`. */
  readBegan(connection: Connection): void {
    (this.#lanes.get(connection) ?? this.#open(connection)).readsInFlight++;
  }

  /** It has ended, and its answer is written: another may begin. */
  readEnded(connection: Connection): void {
    const lane = this.#lanes.get(connection);
    if (lane === undefined) return;
    lane.readsInFlight--;
    this.#proceed(connection, lane);
  }

  #open(connection: Connection): Lane {
    const lane: Lane = { readsInFlight: 0, waiting: [], isPaused: false, isDrainAwaited: false };
    this.#lanes.set(connection, lane);
    return lane;
  }

  #keep(pull: PullRequest, lane: Lane): void {
    const { connection } = pull;
    lane.waiting.push(pull);
    if (lane.waiting.length >= WAITING_MAX && !lane.isPaused) {
      lane.isPaused = true;
      connection.pauseReading();
    }
    this.#awaitDrain(connection, lane);
  }

  #awaitDrain(connection: Connection, lane: Lane): void {
    if (connection.isWritable || lane.isDrainAwaited) return;
    lane.isDrainAwaited = true;
    connection.onDrain(() => {
      lane.isDrainAwaited = false;
      this.#proceed(connection, lane);
    });
  }

  #proceed(connection: Connection, lane: Lane): void {
    while (connection.isWritable && lane.readsInFlight < READS_IN_FLIGHT_MAX) {
      const pull = lane.waiting.shift();
      if (pull === undefined) break;
      this.#serve(pull);
    }
    if (connection.isOpen && lane.waiting.length > 0) {
      this.#awaitDrain(connection, lane);
      return;
    }
    if (lane.isPaused) {
      lane.isPaused = false;
      connection.resumeReading();
    }
    if (lane.readsInFlight === 0) this.#lanes.delete(connection);
  }
}
