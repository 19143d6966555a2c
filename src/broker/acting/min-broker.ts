/**
 * Who of the group has the smallest id, as a slave knows it: while that is itself, it acts for the lost master. Main thread.
 * Java: BrokerController.updateMinBroker, onMinBrokerChange, onMasterOffline and onMasterOnline.
 * Invariant: `change` of the special services is asked for what `id` says, and of nothing else.
 */
import type { Logger } from '../../base/log.js';
import type { SpecialServices } from './special-services.js';

/** Broker id of a master. Java: MixAll.MASTER_ID. */
export const MASTER_ID = 0;

/** What NOTIFY_MIN_BROKER_ID_CHANGE (905) or a look at the group has brought. */
export interface MinBrokerNews {
  readonly minBrokerId: number;
  readonly minBrokerAddr: string | undefined;
  /** Who has gone. */
  readonly offlineBrokerAddr: string | undefined;
  /** Where the one that has come listens for slaves. */
  readonly haBrokerAddr: string | undefined;
}

/** What a MinBroker needs. */
export interface MinBrokerOptions {
  readonly brokerId: number;
  readonly services: Pick<SpecialServices, 'change'>;
  /** Follows no master from now on. */
  readonly onMasterOffline: () => void;
  /** The master is there; `haAddress` is undefined when it has to be asked for. */
  readonly onMasterOnline: (address: string, haAddress: string | undefined) => void;
  readonly logger: Logger;
}

/** Of one broker. */
export class MinBroker {
  readonly #options: MinBrokerOptions;
  #id = MASTER_ID;
  #address: string | undefined;

  constructor(options: MinBrokerOptions) {
    this.#options = options;
  }

  /** The smallest id; that of a master until somebody says otherwise. */
  get id(): number {
    return this.#id;
  }

  /** This broker begins to serve beside these. Java: startService. */
  begin(minBrokerId: number, minBrokerAddr: string | undefined): Promise<void> {
    this.#id = minBrokerId;
    this.#address = minBrokerAddr;
    return this.#options.services.change(this.#options.brokerId === minBrokerId);
  }

  /** Who of the group is there, as a NameServer has it. */
  takeMembers(members: ReadonlyMap<number, string>): void {
    if (members.size === 0) return;
    const minBrokerId = Math.min(...members.keys());
    const offlineBrokerAddr = minBrokerId > this.#id ? this.#address : undefined;
    this.update({ minBrokerId, minBrokerAddr: members.get(minBrokerId), offlineBrokerAddr, haBrokerAddr: undefined });
  }

  /** A master stays what it is. */
  update({ minBrokerId, minBrokerAddr, offlineBrokerAddr, haBrokerAddr }: MinBrokerNews): void {
    const { brokerId, services, logger, onMasterOffline, onMasterOnline } = this.#options;
    if (brokerId === MASTER_ID) return;
    if (minBrokerId === this.#id) {
      this.#address ??= minBrokerAddr;
      return;
    }
    const before = { minBrokerId: this.#id, minBrokerAddr: this.#address };
    logger.warn('the smallest broker id of the group has changed', {
      before,
      minBrokerId,
      minBrokerAddr,
      offlineBrokerAddr,
    });
    // Differs: Apache goes on with its master if the notification names another address than it knows, or none.
    if (this.#id === MASTER_ID) onMasterOffline();
    this.#id = minBrokerId;
    this.#address = minBrokerAddr;
    void services.change(brokerId === minBrokerId);
    if (minBrokerId === MASTER_ID && minBrokerAddr !== undefined) onMasterOnline(minBrokerAddr, haBrokerAddr);
  }
}
