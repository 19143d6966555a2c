/**
 * What a broker knows beside its store: topics, groups, offsets, clients. Main thread. Java: the managers of BrokerController.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { BrokerConfig } from './broker-config.js';
import { ClientHousekeepingService } from './client-housekeeping-service.js';
import { ConsumerIdsChangeNotifier } from './consumer-ids-change-notifier.js';
import { ConsumerManager } from './consumer-manager.js';
import { ConsumerOffsetManager } from './consumer-offset-manager.js';
import { ProducerManager } from './producer-manager.js';
import { RebalanceLockManager } from './rebalance-lock-manager.js';
import { SubscriptionGroupManager } from './subscription-group-manager.js';
import { TopicConfigManager } from './topic-config-manager.js';

/** What the tables need. */
export interface BrokerTablesOptions {
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The tables of one broker. */
export class BrokerTables {
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly offsets: ConsumerOffsetManager;
  readonly consumers: ConsumerManager;
  readonly producers: ProducerManager;
  readonly locks: RebalanceLockManager;
  readonly #notifier: ConsumerIdsChangeNotifier;
  readonly #housekeeping: ClientHousekeepingService;

  constructor(options: BrokerTablesOptions) {
    this.topics = new TopicConfigManager(options);
    this.groups = new SubscriptionGroupManager(options);
    this.offsets = new ConsumerOffsetManager(options);
    this.#notifier = new ConsumerIdsChangeNotifier(options);
    this.consumers = new ConsumerManager({ ...options, onConsumerIdsChange: this.#notifier.notify });
    this.producers = new ProducerManager(options);
    this.locks = new RebalanceLockManager(options.clock);
    this.#housekeeping = new ClientHousekeepingService(options.clock, this.consumers, this.producers);
  }

  /** From here on clients without heartbeats are looked for. */
  start(): void {
    this.#housekeeping.start();
  }

  /** Nothing is sent or scanned from now on. */
  stop(): void {
    this.#housekeeping.stop();
    this.#notifier.stop();
  }
}
