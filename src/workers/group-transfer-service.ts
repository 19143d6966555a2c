/**
 * Holds the answers of puts under SYNC_MASTER until enough slaves have the bytes. Main thread. Java: GroupTransferService,
 * CommitLog.handleHA.
 * Invariant: each put is answered once: when `replicatedOffset` has passed its end, or with the status that says why not; as replicated never if
 * it begins before `slaveBeginOffset`, since the slave that has what follows may be the one that began there. Puts wait side by
 * side: what comes later is stored and sent to slaves meanwhile.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';
import { type PutResult, PutStatus } from './message-store.js';

/** What the waiting follows. */
export interface GroupTransferOptions {
  readonly status: StoreStatusPage;
  readonly clock: Clock;
  /** A slave further behind is not waited for. Java: haMaxGapNotInSync. */
  readonly maxGapNotInSyncBytes: number;
  /** Java: slaveTimeout; asked for each put, since it may change. */
  readonly slaveTimeoutMs: () => number;
}

interface WaitingPut {
  readonly endOffset: number;
  readonly deadlineMs: number;
  readonly result: PutResult;
  readonly done: (result: PutResult) => void;
}

/** The puts that wait for slaves, the oldest first: their ends ascend. */
export class GroupTransferService {
  readonly #options: GroupTransferOptions;
  #waiting: WaitingPut[] = [];
  #timer: TimerHandle | undefined;
  #isStopped = false;
  #onIdle: () => void = () => undefined;

  constructor(options: GroupTransferOptions) {
    this.#options = options;
    void this.#follow();
  }

  /** Puts that wait. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Calls `done` with `result` once slaves have everything up to `endOffset`, else with a status that says what is missing. */
  wait(endOffset: number, result: PutResult, done: (result: PutResult) => void): void {
    const { status, clock, maxGapNotInSyncBytes, slaveTimeoutMs } = this.#options;
    if (status.get(StatusWord.replicatedOffset) >= endOffset) {
      done(this.#replicated(result));
      return;
    }
    const inSyncOffset = status.get(StatusWord.inSyncOffset);
    // Compat: as 4.9 answers. 5.5.0 lets the put wait for its time to run out, and answers FLUSH_SLAVE_TIMEOUT.
    if (this.#isStopped || inSyncOffset < 0 || endOffset - inSyncOffset >= maxGapNotInSyncBytes) {
      done({ ...result, status: PutStatus.SLAVE_NOT_AVAILABLE });
      return;
    }
    this.#waiting.push({ endOffset, deadlineMs: clock.monotonicMs() + slaveTimeoutMs(), result, done });
    this.#timer ??= clock.after(slaveTimeoutMs(), this.#expire);
  }

  /** Resolves when no put waits. */
  async idle(): Promise<void> {
    if (this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Answers all that wait: no slave will be heard any more. */
  stop(): void {
    this.#isStopped = true;
    this.#options.status.wake(StatusWord.replicatedOffset);
    this.#settle(this.#waiting.length, PutStatus.FLUSH_SLAVE_TIMEOUT);
  }

  async #follow(): Promise<void> {
    const { status } = this.#options;
    while (!this.#isStopped) {
      const replicatedOffset = status.get(StatusWord.replicatedOffset);
      const open = this.#waiting.findIndex((put) => put.endOffset > replicatedOffset);
      this.#settle(open < 0 ? this.#waiting.length : open, PutStatus.OK);
      await status.change(StatusWord.replicatedOffset, replicatedOffset);
    }
  }

  readonly #expire = (): void => {
    const { clock, slaveTimeoutMs } = this.#options;
    this.#timer = undefined;
    const nowMs = clock.monotonicMs();
    const open = this.#waiting.findIndex((put) => put.deadlineMs > nowMs);
    this.#settle(open < 0 ? this.#waiting.length : open, PutStatus.FLUSH_SLAVE_TIMEOUT);
    const next = this.#waiting[0];
    if (next !== undefined && !this.#isStopped) {
      this.#timer = clock.after(Math.min(next.deadlineMs - nowMs, slaveTimeoutMs()), this.#expire);
    }
  };

  /** The result of a put whose end slaves have. `slaveBeginOffset` was written before they said so. */
  #replicated(result: PutResult): PutResult {
    const isWhole = result.physicalOffset >= this.#options.status.get(StatusWord.slaveBeginOffset);
    return isWhole ? result : { ...result, status: PutStatus.SLAVE_NOT_AVAILABLE };
  }

  /** Answers the oldest `count`. */
  #settle(count: number, status: PutStatus): void {
    if (count === 0) return;
    const settled = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    for (const { result, done } of settled)
      done(status === PutStatus.OK ? this.#replicated(result) : { ...result, status });
    if (this.#waiting.length > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#onIdle();
  }
}
