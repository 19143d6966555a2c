/**
 * Who registered, when, and over which connection: what decides when a broker is gone. Main thread.
 * Java: RouteInfoManager.brokerLiveTable with BrokerAddrInfo and BrokerLiveInfo.
 */
import type { Connection } from '../remoting/connection.js';
import type { DataVersion } from '../remoting/bodies/data-version.js';

/** A broker that does not say otherwise is out after this time without a registration. Java: DEFAULT_BROKER_CHANNEL_EXPIRED_TIME. */
export const BROKER_EXPIRED_MS = 120_000;

/** One registered broker. */
export interface BrokerLiveInfo {
  readonly clusterName: string;
  readonly brokerAddr: string;
  readonly haServerAddr: string;
  readonly heartbeatTimeoutMs: number;
  readonly dataVersion: DataVersion;
  readonly connection: Connection;
  readonly filterServers: readonly string[];
  lastUpdateMs: number;
}

/** Cluster and address → liveness. */
export class BrokerLiveTable {
  readonly #brokers = new Map<string, BrokerLiveInfo>();

  /** One broker. */
  get(clusterName: string, brokerAddr: string): BrokerLiveInfo | undefined {
    return this.#brokers.get(keyOf(clusterName, brokerAddr));
  }

  /** Adds or replaces a broker; true if it was not there before. */
  put(info: BrokerLiveInfo): boolean {
    const key = keyOf(info.clusterName, info.brokerAddr);
    const isNew = !this.#brokers.has(key);
    this.#brokers.set(key, info);
    return isNew;
  }

  /** Takes a broker out. */
  remove(clusterName: string, brokerAddr: string): void {
    this.#brokers.delete(keyOf(clusterName, brokerAddr));
  }

  /** Notes a sign of life of a broker that is registered. */
  touch(clusterName: string, brokerAddr: string, nowMs: number): void {
    const info = this.get(clusterName, brokerAddr);
    if (info !== undefined) info.lastUpdateMs = nowMs;
  }

  /** Those whose last sign of life is too long ago. */
  expired(nowMs: number): BrokerLiveInfo[] {
    return [...this.#brokers.values()].filter((info) => info.lastUpdateMs + info.heartbeatTimeoutMs < nowMs);
  }

  /** Those that registered last over this connection: one, or all of a broker container. */
  registeredOver(connection: Connection): BrokerLiveInfo[] {
    return [...this.#brokers.values()].filter((info) => info.connection === connection);
  }
}

/** Neither a cluster name nor an address has a line end in it. */
function keyOf(clusterName: string, brokerAddr: string): string {
  return `${clusterName}\n${brokerAddr}`;
}

/** Whether two data versions stand for the same table. Java: DataVersion.equals. */
export function isSameVersion(one: DataVersion, other: DataVersion): boolean {
  return one.counter === other.counter && one.stateVersion === other.stateVersion && one.timestamp === other.timestamp;
}
