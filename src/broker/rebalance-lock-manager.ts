/**
 * Which client of a group may consume a queue in order. Main thread. Java: RebalanceLockManager.
 * Invariant: one owner a queue and group; an owner that does not renew for a minute loses it to the next who asks. A client that goes
 * without unlocking keeps its locks for that minute: what it was given last may still be under way.
 */
import type { Clock } from '../base/clock.js';
import type { MessageQueue } from '../remoting/bodies/message-queue.js';

/** Java: rocketmq.broker.rebalance.lockMaxLiveTime. */
export const LOCK_MAX_LIVE_MS = 60_000;

interface LockEntry {
  clientId: string;
  lastUpdateMs: number;
}

/** Locks by group and queue. */
export class RebalanceLockManager {
  readonly #clock: Clock;
  readonly #groups = new Map<string, Map<string, LockEntry>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Locks or renews what it can, and gives the queues that the client owns now. Java: tryLockBatch. */
  tryLockBatch(group: string, queues: readonly MessageQueue[], clientId: string): MessageQueue[] {
    const locks = this.#groups.get(group) ?? new Map<string, LockEntry>();
    this.#groups.set(group, locks);
    return queues.filter((queue) => this.#tryLock(locks, keyOf(queue), clientId));
  }

  /** Gives up the queues that the client owns; others stay. */
  unlockBatch(group: string, queues: readonly MessageQueue[], clientId: string): void {
    const locks = this.#groups.get(group);
    if (locks === undefined) return;
    for (const queue of queues) {
      const key = keyOf(queue);
      if (locks.get(key)?.clientId === clientId) locks.delete(key);
    }
    if (locks.size === 0) this.#groups.delete(group);
  }

  /** True while somebody of the group owns a queue: the group consumes in order. Java: !isLockAllExpired. */
  isGroupLocked(group: string): boolean {
    for (const entry of this.#groups.get(group)?.values() ?? []) if (!this.#isExpired(entry)) return true;
    return false;
  }

  #tryLock(locks: Map<string, LockEntry>, key: string, clientId: string): boolean {
    const entry = locks.get(key);
    if (entry !== undefined && entry.clientId !== clientId && !this.#isExpired(entry)) return false;
    locks.set(key, { clientId, lastUpdateMs: this.#clock.nowMs() });
    return true;
  }

  #isExpired(entry: LockEntry): boolean {
    return this.#clock.nowMs() - entry.lastUpdateMs > LOCK_MAX_LIVE_MS;
  }
}

function keyOf({ topic, brokerName, queueId }: MessageQueue): string {
  return `${topic}@${brokerName}@${queueId}`;
}
