/**
 * What a broker knows beside its store: topics, groups, offsets, clients. Main thread. Java: the managers of BrokerController.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { BrokerConfig } from './broker-config.js';
import { ClientHousekeepingService } from './client-housekeeping-service.js';
import { ConsumerIdsChangeNotifier } from './consumer-ids-change-notifier.js';
import { ConsumerFilterManager } from './consumer-filter-manager.js';
import { ConsumerManager } from './consumer-manager.js';
import { ConsumerOffsetManager } from './consumer-offset-manager.js';
import { MessageRequestModes } from './message-request-modes.js';
import { ProducerManager } from './producer-manager.js';
import { GroupGetStats } from './group-get-stats.js';
import { RebalanceLockManager } from './rebalance-lock-manager.js';
import { DelayOffsetTable } from './schedule/delay-offset-table.js';
import { SubscriptionGroupManager } from './subscription-group-manager.js';
import { TopicConfigManager } from './topic-config-manager.js';

/** What the tables need. */
export interface BrokerTablesOptions {
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The tables of one broker, and the two that keep the clients' ones up to date. */
export interface BrokerTables {
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly offsets: ConsumerOffsetManager;
  readonly delayOffsets: DelayOffsetTable;
  readonly requestModes: MessageRequestModes;
  readonly consumers: ConsumerManager;
  readonly consumerFilters: ConsumerFilterManager;
  readonly producers: ProducerManager;
  readonly locks: RebalanceLockManager;
  readonly groupGets: GroupGetStats;
  readonly housekeeping: ClientHousekeepingService;
  readonly consumerIdsChanges: ConsumerIdsChangeNotifier;
}

/** Makes empty tables. */
export function createBrokerTables(options: BrokerTablesOptions): BrokerTables {
  const consumerIdsChanges = new ConsumerIdsChangeNotifier(options);
  const consumerFilters = new ConsumerFilterManager(options);
  const consumers = new ConsumerManager({
    ...options,
    onConsumerIdsChange: consumerIdsChanges.notify,
    subscriptionListener: consumerFilters,
  });
  const producers = new ProducerManager(options);
  return {
    topics: new TopicConfigManager(options),
    groups: new SubscriptionGroupManager(options),
    offsets: new ConsumerOffsetManager(options),
    delayOffsets: new DelayOffsetTable(options.clock),
    requestModes: new MessageRequestModes(),
    consumers,
    consumerFilters,
    producers,
    locks: new RebalanceLockManager(options.clock),
    groupGets: new GroupGetStats(options.clock),
    housekeeping: new ClientHousekeepingService(options.clock, consumers, producers),
    consumerIdsChanges,
  };
}
