/**
 * The topics of this broker. Main thread. Java: TopicConfigManager.
 * Invariant: every change gives the table a new data version and is announced in the same turn; `settled` tells when it is on disk and in
 * the route. Whoever acknowledges something that rests on a change waits for that first.
 */
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';

import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { parseFastjson } from '../remoting/fastjson.js';
import { stringifyPretty, stringifyPrettyInSlices } from '../remoting/fastjson-pretty.js';
import type { DataVersion } from '../remoting/bodies/data-version.js';
import { TopicConfigSerializeWrapper } from '../remoting/bodies/topic-config-serialize-wrapper.js';
import { applyAttributeChanges, type Attributes } from './attribute-changes.js';
import type { BrokerConfig } from './broker-config.js';
import { ChangeAnnouncer, type ChangeListener } from './change-announcer.js';
import { AUTO_CREATE_TOPIC, systemTopics, type SystemTopicSettings } from './system-topics.js';
import { firstVersion, nextVersion } from './table-version.js';
import { TOPIC_ATTRIBUTES } from './topic-attributes.js';
import { createTopicConfig, isSameTopicConfig, PERM, type TopicConfig } from './topic-config.js';

/** What a TopicConfigManager needs. */
export interface TopicConfigManagerOptions {
  readonly config: SystemTopicSettings & Pick<BrokerConfig, 'autoCreateTopicEnable'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Topics by name. */
export class TopicConfigManager {
  readonly #config: TopicConfigManagerOptions['config'];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #announcer: ChangeAnnouncer<TopicConfig>;
  readonly #topics = new Map<string, TopicConfig>();
  #dataVersion: DataVersion;

  /** Begins with the system topics. */
  constructor({ config, clock, logger }: TopicConfigManagerOptions) {
    this.#config = config;
    this.#clock = clock;
    this.#logger = logger;
    this.#announcer = new ChangeAnnouncer(logger);
    this.#dataVersion = firstVersion(clock.nowMs());
    for (const topic of systemTopics(config)) this.#topics.set(topic.topicName, topic);
  }

  /** Undefined for a topic that is not here. */
  select(topic: string): TopicConfig | undefined {
    return this.#topics.get(topic);
  }

  /** All topics, the oldest first. */
  all(): ReadonlyMap<string, TopicConfig> {
    return this.#topics;
  }

  /** Grows with every change. */
  get dataVersion(): DataVersion {
    return this.#dataVersion;
  }

  /** True for a topic whose queues are to be read in order. */
  isOrderTopic(topic: string): boolean {
    return this.#topics.get(topic)?.order ?? false;
  }

  /**
   * The topic, made after `defaultTopic` if it is not there yet and that one may be inherited from; else undefined.
   * Java: createTopicInSendMessageMethod.
   */
  createInSend(
    topic: string,
    defaultTopic: string,
    remoteAddress: string,
    clientDefaultQueueNums: number,
    topicSysFlag: number,
  ): TopicConfig | undefined {
    const existing = this.#topics.get(topic);
    if (existing !== undefined) return existing;
    const model = this.#inheritable(defaultTopic);
    if (model === undefined) {
      this.#logger.warn('a topic is not made on first use: nothing to inherit from', {
        topic,
        defaultTopic,
        remoteAddress,
      });
      return undefined;
    }
    const queueNums = Math.max(0, Math.min(clientDefaultQueueNums, model.writeQueueNums));
    const created = createTopicConfig(topic, {
      readQueueNums: queueNums,
      writeQueueNums: queueNums,
      perm: model.perm & ~PERM.INHERIT,
      topicSysFlag,
      topicFilterType: model.topicFilterType,
    });
    this.#put(created, { defaultTopic, remoteAddress });
    return created;
  }

  /**
   * The topic, made if it is not there yet: for retry and dead-letter topics. An existing one takes on `order`.
   * Java: createTopicInSendMessageBackMethod.
   */
  createInSendBack(topic: string, queueNums: number, perm: number, topicSysFlag: number, order = false): TopicConfig {
    const existing = this.#topics.get(topic);
    if (existing?.order === order) return existing;
    const config =
      existing === undefined
        ? createTopicConfig(topic, { readQueueNums: queueNums, writeQueueNums: queueNums, perm, topicSysFlag, order })
        : { ...existing, order };
    this.#put(config);
    return config;
  }

  /** Puts a topic there as it is, its attributes too. */
  update(config: TopicConfig): void {
    this.#put(config);
  }

  /**
   * Makes or changes a topic as an administrator asks; `changes` are its attributes' (`+key`, `-key`). True if anything is different now.
   * Throws RequestError. Java: updateTopicConfig.
   */
  updateWithAttributes(config: TopicConfig, changes: Attributes): boolean {
    const current = this.#topics.get(config.topicName);
    const updated = {
      ...config,
      attributes: { ...applyAttributeChanges(TOPIC_ATTRIBUTES, current?.attributes, changes) },
    };
    if (current !== undefined && isSameTopicConfig(current, updated)) return false;
    this.#put(updated);
    return true;
  }

  /** Marks topics as ordered that a NameServer's ORDER_TOPIC_CONFIG names. Java: updateOrderTopicConfig. */
  markOrdered(topics: Iterable<string>): void {
    for (const topic of topics) {
      const config = this.#topics.get(topic);
      if (config !== undefined && !config.order) this.#put({ ...config, order: true });
    }
  }

  /** Forgets a topic; one that is not here is no error. */
  delete(topic: string): void {
    const deleted = this.#topics.get(topic);
    if (deleted === undefined) return;
    this.#topics.delete(topic);
    this.#logger.info('topic deleted', { topic });
    this.touch();
    this.#announcer.announce([]);
  }

  /** On a slave: the master's topics, and no others, under the master's data version. */
  replaceAll(topics: ReadonlyMap<string, TopicConfig>, dataVersion: DataVersion): void {
    for (const topic of this.#topics.keys()) if (!topics.has(topic)) this.#topics.delete(topic);
    for (const [topic, config] of topics) this.#topics.set(topic, { ...config, topicName: topic });
    this.#dataVersion = dataVersion;
    this.#logger.info('topics taken over from the master', { topics: topics.size });
    this.#announcer.announce([...this.#topics.values()]);
  }

  /** A new data version, for a change that is not of a topic (the broker's permission). */
  touch(): void {
    this.#dataVersion = nextVersion(this.#dataVersion, this.#clock.nowMs());
  }

  /** Calls `listener` after every change, with the topics that are new or different; none after a deletion. */
  onChange(listener: ChangeListener<TopicConfig>): void {
    this.#announcer.onChange(listener);
  }

  /** True when every change so far is where it has to be. */
  get isSettled(): boolean {
    return this.#announcer.isSettled;
  }

  /** Settles when every change so far is where it has to be. */
  settled(): Promise<void> {
    return this.#announcer.settled();
  }

  /** The content of topics.json. */
  encode(): string {
    return stringifyPretty(this.#written());
  }

  /** The same, a part a turn: there may be ten thousand topics, and it is written at each change. */
  encodeInSlices(): Promise<string> {
    return stringifyPrettyInSlices({ ...this.#written() }, nextTurnOfEventLoop);
  }

  /** Takes over the content of topics.json; what it does not name stays. */
  decode(text: string): void {
    const wrapper = TopicConfigSerializeWrapper.read(parseFastjson(text));
    for (const [topic, config] of wrapper.topicConfigTable) this.#topics.set(topic, { ...config, topicName: topic });
    this.#dataVersion = wrapper.dataVersion;
  }

  #written(): object {
    const table = { dataVersion: this.#dataVersion, topicConfigTable: new Map(this.#topics) };
    return TopicConfigSerializeWrapper.write(table) as object;
  }

  #inheritable(defaultTopic: string): TopicConfig | undefined {
    const model = this.#topics.get(defaultTopic);
    if (model === undefined) return undefined;
    // A TBW102 that was saved when topics were still made on first use.
    if (defaultTopic === AUTO_CREATE_TOPIC && !this.#config.autoCreateTopicEnable) return undefined;
    return (model.perm & PERM.INHERIT) === 0 ? undefined : model;
  }

  #put(config: TopicConfig, why: Readonly<Record<string, string>> = {}): void {
    const isNew = !this.#topics.has(config.topicName);
    this.#topics.set(config.topicName, config);
    this.#logger.info(isNew ? 'topic created' : 'topic changed', { ...config, ...why });
    this.touch();
    this.#announcer.announce([config]);
  }
}
