/**
 * What slaves have acknowledged, told to the main thread in the store status page. HA thread. Java: DefaultHAService.notifyTransferSome,
 * inSyncReplicasNums.
 * Invariant: `replicatedOffset` and `slaveAckOffset` never go back: what a slave had, it had. Only this writes the three words.
 */
import { assert } from '../base/assert.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';

/** A slave and what it has. */
export interface AcknowledgingSlave {
  /** -1 before its first report. */
  readonly slaveAckOffset: number;
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

  /** A slave has acknowledged more, has come or has gone. */
  update(slaves: Iterable<AcknowledgingSlave>): void {
    const offsets = Array.from(slaves, (slave) => slave.slaveAckOffset).toSorted((a, b) => b - a);
    const largest = offsets[0] ?? -1;
    const inSync = offsets[this.#slavesNeeded - 1] ?? -1;
    if (largest > this.#status.get(StatusWord.slaveAckOffset)) this.#status.set(StatusWord.slaveAckOffset, largest);
    this.#status.set(StatusWord.inSyncOffset, inSync);
    if (inSync > this.#status.get(StatusWord.replicatedOffset)) {
      this.#status.setAndNotify(StatusWord.replicatedOffset, inSync);
    }
  }
}
