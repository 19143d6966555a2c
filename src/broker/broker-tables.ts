/**
 * What a broker knows beside its store: topics, groups, offsets, clients. Main thread. Java: the managers of BrokerController.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { BrokerConfig } from './broker-config.js';
import { ConsumerIdsChangeNotifier } from './consumer-ids-change-notifier.js';
import { ConsumerManager } from './consumer-manager.js';
import { ConsumerOffsetManager } from './consumer-offset-manager.js';
import { ProducerManager } from './producer-manager.js';
import { RebalanceLockManager } from './rebalance-lock-manager.js';
import { SubscriptionGroupManager } from './subscription-group-manager.js';
import { TopicConfigManager } from './topic-config-manager.js';

/** How often clients are looked for that have sent no heartbeat for `channelExpiredTimeout`. */
const CLIENT_SCAN_INTERVAL_MS = 10_000;

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
  readonly #clock: Clock;
  #clientScan: TimerHandle | undefined;

  constructor(options: BrokerTablesOptions) {
    this.topics = new TopicConfigManager(options);
    this.groups = new SubscriptionGroupManager(options);
    this.offsets = new ConsumerOffsetManager(options);
    this.#notifier = new ConsumerIdsChangeNotifier(options);
    this.consumers = new ConsumerManager({ ...options, onConsumerIdsChange: this.#notifier.notify });
    this.producers = new ProducerManager(options);
    this.locks = new RebalanceLockManager(options.clock);
    this.#clock = options.clock;
  }

  /** From here on clients without heartbeats are looked for. Java: ClientHousekeepingService. */
  start(): void {
    this.#clientScan = this.#clock.every(CLIENT_SCAN_INTERVAL_MS, () => {
      this.consumers.scanNotActive();
      this.producers.scanNotActive();
    });
  }

  /** Nothing is sent or scanned from now on. */
  stop(): void {
    this.#clientScan?.cancel();
    this.#notifier.stop();
  }
}
