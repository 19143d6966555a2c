/**
 * The producers that are online, by group. Main thread. Java: ProducerManager.
 * Invariant: a producer leaves with its connection, and a group with its last producer.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { Connection } from '../remoting/connection.js';
import type { BrokerConfig } from './broker-config.js';
import type { ClientChannelInfo } from './client-channel-info.js';
import { ConnectionGroups } from './connection-groups.js';

/** Java: ProducerManager.CHANNEL_EXPIRED_TIMEOUT, which no key changes. */
const EXPIRED_MS = 120_000;

/** What a ProducerManager needs. */
export interface ProducerManagerOptions {
  readonly config: Pick<BrokerConfig, 'enableRegisterProducer' | 'rejectTransactionMessage'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Producers = Map<Connection, ClientChannelInfo>;

/** Producer groups by name. */
export class ProducerManager {
  readonly #options: ProducerManagerOptions;
  readonly #groups = new Map<string, Producers>();
  /** The connection that spoke for a client id last. Java: clientChannelTable. */
  readonly #connections = new Map<string, Connection>();
  readonly #memberships = new ConnectionGroups((connection) => this.onConnectionClosed(connection));
  #nextChoice = 0;

  constructor(options: ProducerManagerOptions) {
    this.#options = options;
  }

  /** The producers of a group; undefined if nobody is online. */
  group(name: string): ReadonlyMap<Connection, ClientChannelInfo> | undefined {
    return this.#groups.get(name);
  }

  /** All groups that have someone online. */
  groups(): ReadonlyMap<string, ReadonlyMap<Connection, ClientChannelInfo>> {
    return this.#groups;
  }

  /** Takes note of a producer's heartbeat. Java: registerProducer. */
  register(group: string, client: ClientChannelInfo): void {
    const { connection } = client;
    const known = this.#groups.get(group)?.get(connection);
    if (known !== undefined) {
      known.lastUpdateMs = client.lastUpdateMs;
      return;
    }
    const { enableRegisterProducer, rejectTransactionMessage } = this.#options.config;
    // Nobody asks for producers but the checks of transactions.
    if (!connection.isOpen || (!enableRegisterProducer && rejectTransactionMessage)) return;
    const producers = this.#groups.get(group) ?? new Map<Connection, ClientChannelInfo>();
    this.#groups.set(group, producers.set(connection, client));
    this.#memberships.add(connection, group);
    this.#connections.set(client.clientId, connection);
    const { clientId, language, version } = client;
    this.#options.logger.info('producer joined', {
      group,
      clientId,
      remoteAddress: connection.remoteAddress,
      language,
      version,
    });
  }

  /** Takes a producer out that says goodbye. */
  unregister(group: string, connection: Connection): void {
    this.#memberships.delete(connection, group);
    this.#remove(group, connection, 'unregistered');
  }

  /** Takes out whoever was on this connection; a second call does nothing. Java: doChannelCloseEvent. */
  onConnectionClosed(connection: Connection): void {
    for (const group of this.#memberships.takeAll(connection)) this.#remove(group, connection, 'connection closed');
  }

  /** Closes the connections of producers that have sent no heartbeat for too long. Java: scanNotActiveChannel. */
  scanNotActive(): void {
    const oldestMs = this.#options.clock.nowMs() - EXPIRED_MS;
    for (const [group, producers] of this.#groups) {
      for (const client of producers.values()) {
        if (client.lastUpdateMs >= oldestMs) continue;
        client.connection.close(`no heartbeat of ${client.clientId} in producer group ${group}`);
        this.onConnectionClosed(client.connection);
      }
    }
  }

  /** The connection of the client with this id, by which a reply finds who asked. Java: findChannel. */
  connectionOf(clientId: string): Connection | undefined {
    return this.#connections.get(clientId);
  }

  /** One of the group's connections, in turn, a writable one if there is one. Java: getAvailableChannel. */
  availableConnection(group: string): Connection | undefined {
    const connections = [...(this.#groups.get(group)?.keys() ?? [])].filter((connection) => connection.isOpen);
    const writable = connections.filter((connection) => connection.isWritable);
    const choices = writable.length > 0 ? writable : connections;
    this.#nextChoice += 1;
    return choices[this.#nextChoice % choices.length];
  }

  #remove(group: string, connection: Connection, reason: string): void {
    const producers = this.#groups.get(group);
    const client = producers?.get(connection);
    if (producers === undefined || client === undefined) return;
    producers.delete(connection);
    if (producers.size === 0) this.#groups.delete(group);
    this.#forgetConnection(client);
    this.#options.logger.info('producer left', { group, clientId: client.clientId, reason });
  }

  // Differs: Apache forgets a client as soon as it leaves one of its groups; replies to its others would be lost.
  #forgetConnection({ clientId, connection }: ClientChannelInfo): void {
    if (this.#connections.get(clientId) !== connection) return;
    for (const producers of this.#groups.values()) {
      const other = producers.get(connection);
      if (other?.clientId === clientId) return;
    }
    this.#connections.delete(clientId);
  }
}
