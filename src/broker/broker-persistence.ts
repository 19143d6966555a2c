/**
 * Which tables are kept in which file of `config/`, and when they are written: topics and groups at every change, offsets every
 * `flushConsumerOffsetInterval` and at the end. Main thread. Java: BrokerPathConfigHelper, BrokerController.initializeBrokerScheduledTasks.
 */
import { join } from 'node:path';

import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { BrokerConfig } from './broker-config.js';
import { ConfigFile } from './config-file.js';
import type { ConsumerOffsetManager } from './consumer-offset-manager.js';
import type { SubscriptionGroupManager } from './subscription-group-manager.js';
import type { TopicConfigManager } from './topic-config-manager.js';

/** What a BrokerPersistence needs. */
export interface BrokerPersistenceOptions {
  readonly config: Pick<BrokerConfig, 'storePathRootDir' | 'flushConsumerOffsetInterval'>;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly offsets: ConsumerOffsetManager;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The files of `config/`. Call `load` before anything is served, then `start`; `stop` last. */
export class BrokerPersistence {
  readonly #options: BrokerPersistenceOptions;
  readonly #topicsFile: ConfigFile;
  readonly #groupsFile: ConfigFile;
  readonly #offsetsFile: ConfigFile;
  #timer: TimerHandle | undefined;

  constructor(options: BrokerPersistenceOptions) {
    this.#options = options;
    const { topics, groups, offsets, logger } = options;
    const pathOf = (name: string): string => join(options.config.storePathRootDir, 'config', name);
    this.#topicsFile = new ConfigFile(pathOf('topics.json'), topics, logger);
    this.#groupsFile = new ConfigFile(pathOf('subscriptionGroup.json'), groups, logger);
    this.#offsetsFile = new ConfigFile(pathOf('consumerOffset.json'), offsets, logger);
  }

  /** Reads all files. Rejects only with the system's errors. */
  async load(): Promise<void> {
    await Promise.all([this.#topicsFile.load(), this.#groupsFile.load(), this.#offsetsFile.load()]);
  }

  /** From here on changes are written. */
  start(): void {
    const { topics, groups, offsets, clock, config } = this.#options;
    topics.onChange(() => this.#topicsFile.save());
    groups.onChange(() => this.#groupsFile.save());
    this.#timer = clock.every(config.flushConsumerOffsetInterval, () => {
      if (offsets.takeChanged()) void this.#offsetsFile.save();
    });
  }

  /** Settles when everything is on disk. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all([this.#topicsFile.save(), this.#groupsFile.save(), this.#offsetsFile.save()]);
  }
}
