/**
 * What slaves have acknowledged, told to the main thread in the store status page. HA thread. Java: DefaultHAService.notifyTransferSome,
 * inSyncReplicasNums.
 * Invariant: `replicatedOffset` and `slaveAckOffset` never go back: what a slave had, it had. Only this writes the four words.
 * Differs: Apache counts whatever a slave says, and every connection. Here nothing is made of a slave's first report, which it gives before its
 * log is compared; nor of a part of the log that it never got, since it began later; nor of a second connection of the same slave.
 */
import { assert } from '../base/assert.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';

/** A slave and what it has. */
export interface AcknowledgingSlave {
  /** End of its log, as it says; -1 before its first report. */
  readonly slaveAckOffset: number;
  /** What it has of this log for certain; -1 when that is not known yet. */
  readonly confirmedOffset: number;
}

/** Counts acknowledgements of one master. */
export class SlaveAcknowledgements {
  readonly #status: StoreStatusPage;
  readonly #slavesNeeded: number;

  /** `inSyncReplicas` counts the master too; at least one slave is always looked at. */
  constructor(status: StoreStatusPage, inSyncReplicas: number) {
    assert(inSyncReplicas >= 1, 'the master has its own messages');
    this.#status = status;
    this.#slavesNeeded = Math.max(1, inSyncReplicas - 1);
    status.set(StatusWord.inSyncOffset, -1);
  }

  /** A slave that has nothing is sent the log from here on. */
  begin(physicalOffset: number): void {
    if (physicalOffset > this.#status.get(StatusWord.slaveBeginOffset)) {
      this.#status.set(StatusWord.slaveBeginOffset, physicalOffset);
    }
  }

  /** A slave has acknowledged more, has come or has gone. */
  update(slaves: Iterable<AcknowledgingSlave>): void {
    const all = Array.from(slaves);
    const offsets = all.map(({ slaveAckOffset }) => slaveAckOffset).toSorted((a, b) => b - a);
    const largest = offsets[0] ?? -1;
    const inSync = offsets[this.#slavesNeeded - 1] ?? -1;
    const confirmed = all.map(({ confirmedOffset }) => confirmedOffset).toSorted((a, b) => b - a);
    const replicated = confirmed[this.#slavesNeeded - 1] ?? -1;
    if (largest > this.#status.get(StatusWord.slaveAckOffset)) this.#status.set(StatusWord.slaveAckOffset, largest);
    this.#status.set(StatusWord.inSyncOffset, inSync);
    if (replicated > this.#status.get(StatusWord.replicatedOffset)) {
      this.#status.setAndNotify(StatusWord.replicatedOffset, replicated);
    }
  }
}
