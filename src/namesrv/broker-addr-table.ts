/**
 * The broker names of each cluster and the addresses of each broker name. Main thread.
 * Java: RouteInfoManager.brokerAddrTable and clusterAddrTable.
 * Invariant: a broker name has at least one address, a cluster at least one broker name, and an address stands under one broker id.
 */
import type { BrokerData } from '../remoting/bodies/broker-data.js';

/** Broker id of a master. Java: MixAll.MASTER_ID. */
export const MASTER_ID = 0;

/** What a registration says of a broker beside its address. */
export type BrokerTraits = Pick<BrokerData, 'brokerName' | 'cluster' | 'enableActingMaster' | 'zoneName'>;

/** Where a broker stands in the table. */
export interface BrokerPosition {
  readonly brokerName: string;
  readonly brokerId: number;
}

/** Broker name → addresses, cluster → broker names. */
export class BrokerAddrTable {
  readonly #brokers = new Map<string, BrokerData>();
  readonly #clusters = new Map<string, Set<string>>();

  /** One broker name. */
  get(brokerName: string): Readonly<BrokerData> | undefined {
    return this.#brokers.get(brokerName);
  }

  /** All broker names. */
  brokers(): ReadonlyMap<string, BrokerData> {
    return this.#brokers;
  }

  /** Broker names by cluster. */
  clusters(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#clusters;
  }

  /** Broker names of a cluster, none if it is unknown. */
  brokerNames(cluster: string): Iterable<string> {
    return this.#clusters.get(cluster) ?? [];
  }

  /** The address that a broker id has. */
  address(brokerName: string, brokerId: number): string | undefined {
    return this.#brokers.get(brokerName)?.brokerAddrs.get(brokerId);
  }

  /** The smallest broker id that is there; undefined for an unknown broker name. */
  minBrokerId(brokerName: string): number | undefined {
    const broker = this.#brokers.get(brokerName);
    return broker === undefined ? undefined : Math.min(...broker.brokerAddrs.keys());
  }

  /** Where an address of a cluster stands. */
  find(cluster: string, brokerAddr: string): BrokerPosition | undefined {
    for (const brokerName of this.brokerNames(cluster)) {
      for (const [brokerId, address] of this.#brokers.get(brokerName)?.brokerAddrs ?? []) {
        if (address === brokerAddr) return { brokerName, brokerId };
      }
    }
    return undefined;
  }

  /** Adds or replaces an address. A slave that became master is taken out under its old id. */
  put(traits: BrokerTraits, brokerId: number, brokerAddr: string): void {
    const brokerAddrs = this.#brokers.get(traits.brokerName)?.brokerAddrs ?? new Map<number, string>();
    for (const [otherId, address] of brokerAddrs) {
      if (address === brokerAddr && otherId !== brokerId) brokerAddrs.delete(otherId);
    }
    brokerAddrs.set(brokerId, brokerAddr);
    // By id, as Java's HashMap happens to give small ones: bodies look alike, and the master comes first.
    const sorted = new Map([...brokerAddrs].toSorted(([one], [other]) => one - other));
    this.#brokers.set(traits.brokerName, { ...traits, brokerAddrs: sorted });
    const brokerNames = this.#clusters.get(traits.cluster) ?? new Set<string>();
    this.#clusters.set(traits.cluster, brokerNames.add(traits.brokerName));
  }

  /** Takes an address out, and with its last address the broker name: true if that went. */
  remove(cluster: string, brokerName: string, brokerAddr: string): boolean {
    const broker = this.#brokers.get(brokerName);
    if (broker === undefined) return false;
    for (const [brokerId, address] of broker.brokerAddrs) {
      if (address === brokerAddr) broker.brokerAddrs.delete(brokerId);
    }
    if (broker.brokerAddrs.size > 0) return false;
    this.#brokers.delete(brokerName);
    const brokerNames = this.#clusters.get(cluster);
    if (brokerNames?.delete(brokerName) && brokerNames.size === 0) this.#clusters.delete(cluster);
    return true;
  }
}
