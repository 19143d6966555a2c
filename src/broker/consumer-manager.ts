/**
 * The consumers that are online, by group. Main thread. Java: ConsumerManager.
 * Invariant: a group is here while it has a member; a member leaves with its connection, without which the Go client would never leave.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { SubscriptionData } from '../remoting/bodies/subscription-data.js';
import type { Connection } from '../remoting/connection.js';
import type { BrokerConfig } from './broker-config.js';
import type { ClientChannelInfo } from './client-channel-info.js';
import { ConnectionGroups } from './connection-groups.js';
import { ConsumerGroupInfo, type ConsumeMode } from './consumer-group-info.js';

/** Told that a group's members or topics have changed; `connections` are those of the members now. */
export type ConsumerIdsChangeListener = (group: string, connections: readonly Connection[]) => void;

/** Told what groups subscribe to, and when a group has no member any more. Java: ConsumerGroupEvent REGISTER and UNREGISTER. */
export interface SubscriptionListener {
  register(group: string, subscriptions: readonly SubscriptionData[]): void;
  unregister(group: string): void;
}

/** A consumer's heartbeat. */
export interface ConsumerRegistration {
  readonly group: string;
  readonly client: ClientChannelInfo;
  readonly mode: ConsumeMode;
  /** Undefined: as before (heartbeat V2 without subscriptions). */
  readonly subscriptions: readonly SubscriptionData[] | undefined;
  /** The group's notifyConsumerIdsChangedEnable. */
  readonly isNotifyEnabled: boolean;
}

/** What a ConsumerManager needs. */
export interface ConsumerManagerOptions {
  readonly config: Pick<BrokerConfig, 'channelExpiredTimeout'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onConsumerIdsChange: ConsumerIdsChangeListener;
  readonly subscriptionListener?: SubscriptionListener;
}

/** Consumer groups by name. */
export class ConsumerManager {
  readonly #options: ConsumerManagerOptions;
  readonly #groups = new Map<string, ConsumerGroupInfo>();
  readonly #memberships = new ConnectionGroups((connection) => this.onConnectionClosed(connection));

  constructor(options: ConsumerManagerOptions) {
    this.#options = options;
  }

  /** Undefined for a group of which nobody is online. */
  group(name: string): ConsumerGroupInfo | undefined {
    return this.#groups.get(name);
  }

  /** All groups that have someone online. */
  groups(): ReadonlyMap<string, ConsumerGroupInfo> {
    return this.#groups;
  }

  /** Groups online that subscribe to the topic. Java: queryTopicConsumeByWho. */
  groupsSubscribing(topic: string): string[] {
    return [...this.#groups.values()].flatMap((group) =>
      group.subscription(topic) === undefined ? [] : [group.groupName],
    );
  }

  /** Takes note of a consumer's heartbeat; true if it is new or its topics are others. Java: registerConsumer, registerConsumerWithoutSub. */
  register({ group, client, mode, subscriptions, isNotifyEnabled }: ConsumerRegistration): boolean {
    if (!client.connection.isOpen) return false;
    const info = this.#groups.get(group) ?? new ConsumerGroupInfo(group, mode);
    this.#groups.set(group, info);
    const isNewClient = info.updateClient(client, mode);
    const hasNewTopics = subscriptions !== undefined && info.updateSubscriptions(subscriptions);
    if (isNewClient) {
      this.#memberships.add(client.connection, group);
      const { clientId, connection, language, version } = client;
      const { remoteAddress } = connection;
      this.#options.logger.info('consumer joined', { group, clientId, remoteAddress, language, version, ...mode });
    }
    const hasChanged = isNewClient || hasNewTopics;
    if (hasChanged && isNotifyEnabled) this.#notify(info);
    if (subscriptions !== undefined) this.#options.subscriptionListener?.register(group, subscriptions);
    return hasChanged;
  }

  /** Takes a consumer out that says goodbye. */
  unregister(group: string, connection: Connection, isNotifyEnabled: boolean): void {
    const info = this.#groups.get(group);
    if (info === undefined) return;
    this.#memberships.delete(connection, group);
    this.#remove(info, connection, 'unregistered');
    if (isNotifyEnabled) this.#notify(info);
  }

  /** Takes out whoever was on this connection; a second call does nothing. Java: doChannelCloseEvent. */
  onConnectionClosed(connection: Connection): void {
    for (const group of this.#memberships.takeAll(connection)) {
      const info = this.#groups.get(group);
      if (info === undefined) continue;
      this.#remove(info, connection, 'connection closed');
      this.#notify(info);
    }
  }

  /** Closes the connections of consumers that have sent no heartbeat for too long. Java: scanNotActiveChannel. */
  scanNotActive(): void {
    const oldestMs = this.#options.clock.nowMs() - this.#options.config.channelExpiredTimeout;
    for (const info of this.#groups.values()) {
      for (const client of info.clients()) {
        if (client.lastUpdateMs >= oldestMs) continue;
        client.connection.close(`no heartbeat of ${client.clientId} in group ${info.groupName}`);
        // Differs: Apache leaves it to the others' next rebalance, up to 20 s later, to find out.
        this.onConnectionClosed(client.connection);
      }
    }
  }

  #remove(info: ConsumerGroupInfo, connection: Connection, reason: string): void {
    const client = info.remove(connection);
    if (client !== undefined) {
      this.#options.logger.info('consumer left', { group: info.groupName, clientId: client.clientId, reason });
    }
    if (!info.isEmpty) return;
    this.#groups.delete(info.groupName);
    this.#options.subscriptionListener?.unregister(info.groupName);
  }

  #notify(info: ConsumerGroupInfo): void {
    // Each broadcasting consumer reads all queues, whoever else there is.
    if (info.messageModel !== 'BROADCASTING') this.#options.onConsumerIdsChange(info.groupName, info.connections());
  }
}
