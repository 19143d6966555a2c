/**
 * Pulls that found nothing and wait for a message. Main thread. Java: PullRequestHoldService, ManyPullRequest.
 * Woken by the message's arrival (when its tags or properties pass the filter), by a sweep that finds the queue ahead of the pull, or by the pull's
 * time running out; forgotten when the connection closes.
 * Invariant: a pull is in the table of its queue exactly if it is in the set of its connection; `size` counts them.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import type { Connection } from '../remoting/connection.js';
import type { ArrivalListener, MessageStore } from '../workers/message-store.js';
import type { BrokerConfig } from './broker-config.js';
import type { PullRequest } from './pull-request.js';

/** Time between two sweeps while long polling is on: a pull is answered at most this long after its time. */
const SWEEP_INTERVAL_MS = 5_000;
/** Pulls served before other work of the main thread gets its turn. */
const WAKES_PER_TURN_MAX = 256;

/** What holding needs. */
export interface PullRequestHoldDeps {
  readonly store: Pick<MessageStore, 'maxOffset' | 'matchInMemory'>;
  readonly clock: Clock;
  readonly config: Pick<BrokerConfig, 'longPollingEnable' | 'shortPollingTimeMills' | 'maxPullsHeld'>;
  /** Serves a pull again; it is no longer held when this is called. */
  readonly wake: (pull: PullRequest) => void;
}

/** The held pulls of a broker. */
export class PullRequestHoldService {
  readonly #deps: PullRequestHoldDeps;
  /** By topic, then queue: the arrival of a message makes no key. */
  readonly #table = new Map<string, Map<number, PullRequest[]>>();
  readonly #byConnection = new Map<Connection, Set<PullRequest>>();
  #woken: PullRequest[] = [];
  #isWakeScheduled = false;
  #sweepTimer: TimerHandle | undefined;
  #size = 0;

  constructor(deps: PullRequestHoldDeps) {
    this.#deps = deps;
  }

  /** Pulls held. */
  get size(): number {
    return this.#size;
  }

  /** Starts the sweeps. */
  start(): void {
    const { clock, config } = this.#deps;
    // Set anew each time, since the settings may change while running.
    const intervalMs = config.longPollingEnable ? SWEEP_INTERVAL_MS : config.shortPollingTimeMills;
    this.#sweepTimer = clock.after(Math.max(1, intervalMs), () => {
      this.#sweep();
      this.start();
    });
  }

  /** Ends the sweeps and forgets all pulls, unanswered: their connections are about to close. */
  stop(): void {
    this.#sweepTimer?.cancel();
    this.#sweepTimer = undefined;
    this.#table.clear();
    for (const held of this.#byConnection.values()) held.clear();
    this.#woken = [];
    this.#size = 0;
  }

  /** Keeps `pull` until `heldUntilMs`. False, and not kept, when `maxPullsHeld` are held already. */
  suspend(pull: PullRequest): boolean {
    if (this.#size >= this.#deps.config.maxPullsHeld) return false;
    const { topic, queueId } = pull.header;
    const queues = this.#table.get(topic) ?? new Map<number, PullRequest[]>();
    this.#table.set(topic, queues);
    const held = queues.get(queueId);
    if (held === undefined) queues.set(queueId, [pull]);
    else held.push(pull);
    this.#heldOf(pull.connection).add(pull);
    this.#size++;
    return true;
  }

  /**
   * Bound, to be called for every message that becomes visible. Hot: with nobody waiting for the queue it costs two look-ups.
   * The pulls are served at the end of the caller's turn, so that one answer takes all messages that came with this one.
   */
  readonly messageArrived: ArrivalListener = (topic, queueId, queueOffset, tagsCode) => {
    if (this.#size === 0) return;
    const held = this.#table.get(topic)?.get(queueId);
    if (held === undefined) return;
    this.#wakeIf(held, ({ header, filter }) => {
      if (queueOffset < header.queueOffset) return false;
      if (filter === undefined) return true;
      if (typeof filter === 'function') return filter(tagsCode);
      // A record that has left memory already is looked at by the pull itself.
      return this.#deps.store.matchInMemory(topic, queueId, queueOffset, filter) ?? true;
    });
  };

  #sweep(): void {
    const { store, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    for (const [topic, queues] of this.#table) {
      for (const [queueId, held] of queues) {
        const maxOffset = store.maxOffset(topic, queueId);
        // Compat: no filter here. A pull whose tags never come gets on through the queue with PULL_RETRY_IMMEDIATELY.
        this.#wakeIf(held, (pull) => maxOffset > pull.header.queueOffset || nowMs >= pull.heldUntilMs);
        if (held.length === 0) queues.delete(queueId);
      }
      if (queues.size === 0) this.#table.delete(topic);
    }
  }

  /** Takes the pulls that `isDue` out of `held`, in place. */
  #wakeIf(held: PullRequest[], isDue: (pull: PullRequest) => boolean): void {
    let kept = 0;
    for (const pull of held) {
      if (isDue(pull)) this.#wakeSoon(pull);
      else held[kept++] = pull;
    }
    held.length = kept;
  }

  #wakeSoon(pull: PullRequest): void {
    this.#byConnection.get(pull.connection)?.delete(pull);
    this.#size--;
    this.#woken.push(pull);
    if (this.#isWakeScheduled) return;
    this.#isWakeScheduled = true;
    queueMicrotask(this.#wakeAll);
  }

  readonly #wakeAll = (): void => {
    this.#isWakeScheduled = false;
    const pulls = this.#woken;
    this.#woken = [];
    for (const pull of pulls.splice(0, WAKES_PER_TURN_MAX)) this.#deps.wake(pull);
    if (pulls.length === 0) return;
    this.#woken = pulls.concat(this.#woken);
    this.#isWakeScheduled = true;
    setImmediate(this.#wakeAll);
  };

  #heldOf(connection: Connection): Set<PullRequest> {
    let held = this.#byConnection.get(connection);
    if (held === undefined) {
      held = new Set();
      this.#byConnection.set(connection, held);
      // One listener for all holds of a connection: listeners cannot be taken back.
      connection.onClose(() => this.#forget(connection));
    }
    return held;
  }

  #forget(connection: Connection): void {
    const held = this.#byConnection.get(connection);
    if (held === undefined) return;
    this.#byConnection.delete(connection);
    for (const pull of held) {
      const queue = this.#table.get(pull.header.topic)?.get(pull.header.queueId);
      const index = queue?.indexOf(pull) ?? -1;
      if (index >= 0) queue?.splice(index, 1);
    }
    this.#size -= held.size;
  }
}
