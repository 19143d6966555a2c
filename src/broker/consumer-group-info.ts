/**
 * The online members of a consumer group and what it subscribes to. Main thread. Java: ConsumerGroupInfo.
 * Invariant: one member a connection; the subscriptions are those of the member that spoke last, as RocketMQ wants all members alike.
 */
import type { ConsumerData } from '../remoting/bodies/heartbeat-data.js';
import type { SubscriptionData } from '../remoting/bodies/subscription-data.js';
import type { Connection } from '../remoting/connection.js';
import type { ClientChannelInfo } from './client-channel-info.js';

/** Java: ConsumeType. */
export type ConsumeType = ConsumerData['consumeType'];
/** Java: MessageModel. */
export type MessageModel = ConsumerData['messageModel'];
/** Java: ConsumeFromWhere. */
export type ConsumeFromWhere = ConsumerData['consumeFromWhere'];

/** How a group consumes; as its last heartbeat said. */
export interface ConsumeMode {
  readonly consumeType: ConsumeType;
  readonly messageModel: MessageModel;
  readonly consumeFromWhere: ConsumeFromWhere;
}

/** One group that has members online. */
export class ConsumerGroupInfo {
  readonly groupName: string;
  #mode: ConsumeMode;
  readonly #clients = new Map<Connection, ClientChannelInfo>();
  readonly #subscriptions = new Map<string, SubscriptionData>();

  constructor(groupName: string, mode: ConsumeMode) {
    this.groupName = groupName;
    this.#mode = mode;
  }

  get consumeType(): ConsumeType {
    return this.#mode.consumeType;
  }

  get messageModel(): MessageModel {
    return this.#mode.messageModel;
  }

  get consumeFromWhere(): ConsumeFromWhere {
    return this.#mode.consumeFromWhere;
  }

  /** Undefined if the group does not subscribe to the topic. */
  subscription(topic: string): SubscriptionData | undefined {
    return this.#subscriptions.get(topic);
  }

  /** By topic. */
  subscriptions(): ReadonlyMap<string, SubscriptionData> {
    return this.#subscriptions;
  }

  /** Ids of the members, by which the clients share out the queues. */
  clientIds(): string[] {
    return Array.from(this.#clients.values(), (client) => client.clientId);
  }

  /** The members. */
  clients(): Iterable<ClientChannelInfo> {
    return this.#clients.values();
  }

  /** The member with this id. */
  client(clientId: string): ClientChannelInfo | undefined {
    for (const client of this.#clients.values()) if (client.clientId === clientId) return client;
    return undefined;
  }

  /** The member on this connection. */
  clientOn(connection: Connection): ClientChannelInfo | undefined {
    return this.#clients.get(connection);
  }

  /** The members' connections. */
  connections(): Connection[] {
    return [...this.#clients.keys()];
  }

  /** True if nobody is online. */
  get isEmpty(): boolean {
    return this.#clients.size === 0;
  }

  /** Takes note of a member's heartbeat; true if it is a new one. Java: updateChannel. */
  updateClient(client: ClientChannelInfo, mode: ConsumeMode): boolean {
    this.#mode = mode;
    const known = this.#clients.get(client.connection);
    if (known?.clientId === client.clientId) {
      known.lastUpdateMs = client.lastUpdateMs;
      return false;
    }
    this.#clients.set(client.connection, client);
    return known === undefined;
  }

  /** Takes over a member's subscriptions; true if a topic was added or left out. Java: updateSubscription. */
  updateSubscriptions(subscriptions: readonly SubscriptionData[]): boolean {
    let hasChanged = false;
    const topics = new Set<string>();
    for (const subscription of subscriptions) {
      topics.add(subscription.topic);
      const known = this.#subscriptions.get(subscription.topic);
      if (known === undefined) hasChanged = true;
      if (known === undefined || subscription.subVersion > known.subVersion) {
        this.#subscriptions.set(subscription.topic, subscription);
      }
    }
    for (const topic of this.#subscriptions.keys()) {
      if (topics.has(topic)) continue;
      this.#subscriptions.delete(topic);
      hasChanged = true;
    }
    return hasChanged;
  }

  /** Takes the member on this connection out. */
  remove(connection: Connection): ClientChannelInfo | undefined {
    const client = this.#clients.get(connection);
    this.#clients.delete(connection);
    return client;
  }
}
