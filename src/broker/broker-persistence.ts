/**
 * Which tables are kept in which file of `config/`, and when they are written: topics and groups at every change, consumers' offsets every
 * `flushConsumerOffsetInterval`, those of the delay levels every `flushDelayOffsetInterval`, filters and request modes every 10 s, if they have changed, and
 * all at the end. What could not be written is tried again at the interval, or after 10 s. Main thread. Java: BrokerPathConfigHelper, BrokerController.initializeBrokerScheduledTasks.
 */
import { join } from 'node:path';

import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { BrokerConfig } from './broker-config.js';
import { ConfigFile } from './config-file.js';
import type { ConsumerFilterManager } from './consumer-filter-manager.js';
import type { ConsumerOffsetManager } from './consumer-offset-manager.js';
import type { MessageRequestModes } from './message-request-modes.js';
import type { DelayOffsetTable } from './schedule/delay-offset-table.js';
import type { SubscriptionGroupManager } from './subscription-group-manager.js';
import type { TopicConfigManager } from './topic-config-manager.js';

/** Time between two looks at the filters and request modes, ms. */
const FILTER_INTERVAL_MS = 10_000;

/** Time until a file that could not be written, and that is not written at an interval, is tried again, ms. */
const RETRY_INTERVAL_MS = 10_000;

/** What a BrokerPersistence needs. */
export interface BrokerPersistenceOptions {
  readonly config: Pick<BrokerConfig, 'storePathRootDir' | 'flushConsumerOffsetInterval' | 'flushDelayOffsetInterval'>;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly offsets: ConsumerOffsetManager;
  readonly delayOffsets: DelayOffsetTable;
  readonly consumerFilters: ConsumerFilterManager;
  readonly requestModes: MessageRequestModes;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The files of `config/`. Call `load` before anything is served, then `start`; `stop` last. */
export class BrokerPersistence {
  readonly #options: BrokerPersistenceOptions;
  readonly #topicsFile: ConfigFile;
  readonly #groupsFile: ConfigFile;
  readonly #offsetsFile: ConfigFile;
  readonly #delayOffsetsFile: ConfigFile;
  readonly #filtersFile: ConfigFile;
  readonly #requestModesFile: ConfigFile;
  readonly #timers: TimerHandle[] = [];

  constructor(options: BrokerPersistenceOptions) {
    this.#options = options;
    const { topics, groups, offsets, delayOffsets, consumerFilters, requestModes, logger } = options;
    const pathOf = (name: string): string => join(options.config.storePathRootDir, 'config', name);
    this.#topicsFile = new ConfigFile(pathOf('topics.json'), topics, logger);
    this.#groupsFile = new ConfigFile(pathOf('subscriptionGroup.json'), groups, logger);
    this.#offsetsFile = new ConfigFile(pathOf('consumerOffset.json'), offsets, logger);
    this.#delayOffsetsFile = new ConfigFile(pathOf('delayOffset.json'), delayOffsets, logger);
    this.#filtersFile = new ConfigFile(pathOf('consumerFilter.json'), consumerFilters, logger);
    this.#requestModesFile = new ConfigFile(pathOf('messageRequestMode.json'), requestModes, logger);
  }

  /** Reads all files. Rejects only with the system's errors. */
  async load(): Promise<void> {
    await Promise.all(this.#files().map((file) => file.load()));
  }

  /** From here on changes are written. */
  start(): void {
    const { topics, groups, offsets, delayOffsets, consumerFilters, requestModes, clock, config } = this.#options;
    topics.onChange(() => this.#topicsFile.save());
    groups.onChange(() => this.#groupsFile.save());
    this.#saveEvery(config.flushConsumerOffsetInterval, clock, offsets, this.#offsetsFile);
    this.#saveEvery(config.flushDelayOffsetInterval, clock, delayOffsets, this.#delayOffsetsFile);
    this.#timers.push(clock.every(FILTER_INTERVAL_MS, () => consumerFilters.clean()));
    this.#timers.push(clock.every(RETRY_INTERVAL_MS, () => this.#saveOwed()));
    this.#saveEvery(FILTER_INTERVAL_MS, clock, consumerFilters, this.#filtersFile);
    this.#saveEvery(FILTER_INTERVAL_MS, clock, requestModes, this.#requestModesFile);
  }

  /** Settles when no file is being written. */
  async settled(): Promise<void> {
    await Promise.all(this.#files().map((file) => file.settled()));
  }

  /** Settles when everything is on disk. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await Promise.all(this.#files().map((file) => file.save()));
  }

  #saveOwed(): void {
    for (const file of [this.#topicsFile, this.#groupsFile]) if (file.isOwed) void file.save();
  }

  #files(): readonly ConfigFile[] {
    return [
      this.#topicsFile,
      this.#groupsFile,
      this.#offsetsFile,
      this.#delayOffsetsFile,
      this.#filtersFile,
      this.#requestModesFile,
    ];
  }

  #saveEvery(intervalMs: number, clock: Clock, table: { takeChanged(): boolean }, file: ConfigFile): void {
    const save = (): void => {
      if (table.takeChanged() || file.isOwed) void file.save();
    };
    this.#timers.push(clock.every(intervalMs, save));
  }
}
