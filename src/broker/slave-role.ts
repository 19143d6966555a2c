/**
 * What a broker does because it is a slave: finds its master by configuration or through a NameServer, follows its log, takes over its
 * tables. Main thread. Java: BrokerController.handleRegisterBrokerResult and the scheduled tasks of a slave.
 */
import type { Replication } from '../workers/replication.js';
import type { BrokerConfig } from './broker-config.js';
import type { RegisterBrokerResult } from './namesrv-link.js';
import { SlaveSynchronize, type SlaveSynchronizeOptions } from './slave-synchronize.js';

/** What a slave needs. */
export interface SlaveRoleOptions extends SlaveSynchronizeOptions {
  readonly config: Pick<BrokerConfig, 'haMasterAddress'>;
}

/** A broker's life as a slave. */
export class SlaveRole {
  readonly #haMasterAddress: string;
  readonly #synchronize: SlaveSynchronize;
  #replication: Replication | undefined;

  constructor(options: SlaveRoleOptions) {
    this.#haMasterAddress = options.config.haMasterAddress;
    this.#synchronize = new SlaveSynchronize(options);
  }

  /** Follows a configured master from now on, or the one that the next registration names. */
  start(replication: Replication): void {
    this.#replication = replication;
    if (this.#haMasterAddress !== '') replication.updateHaMasterAddress(this.#haMasterAddress);
    this.#synchronize.start();
  }

  /** What NameServers say of the master; the first that has answered counts. */
  onRegistered([result]: readonly RegisterBrokerResult[]): void {
    if (result === undefined) return;
    const { haServerAddr, masterAddr } = result;
    // A master that is away keeps its address: the connection may still be there.
    if (this.#haMasterAddress === '' && haServerAddr !== undefined && haServerAddr !== '') {
      this.#replication?.updateHaMasterAddress(haServerAddr);
    }
    this.#synchronize.setMasterAddr(masterAddr === '' ? undefined : masterAddr);
  }

  /** The master is gone: neither its log nor its tables are followed any more. Java: onMasterOffline. */
  onMasterOffline(): void {
    if (this.#haMasterAddress === '') this.#replication?.updateHaMasterAddress(undefined);
    this.#synchronize.setMasterAddr(undefined);
  }

  /** The master is there, and listens for slaves at `haAddress`. Its tables are asked for when a registration has named it. Java: onMasterOnline. */
  onMasterOnline(haAddress: string): void {
    if (this.#haMasterAddress === '') this.#replication?.updateHaMasterAddress(haAddress);
  }

  async stop(): Promise<void> {
    this.#replication = undefined;
    await this.#synchronize.stop();
  }
}
