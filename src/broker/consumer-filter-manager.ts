/**
 * The filter expressions that consumers subscribed with, by topic and group. Main thread. Java: ConsumerFilterManager, ConsumerFilterData.
 * Invariant: every expression here compiles. A group's expression changes only with a higher version; it outlives the group's last member by
 * `filterDataCleanTimeSpan`, so that one that comes back finds it.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { FilterError } from '../filter/filter-error.js';
import { PropertyFilter } from '../filter/property-filter.js';
import { ConsumerFilterTable, type ConsumerFilterData } from '../remoting/bodies/consumer-filter-table.js';
import type { SubscriptionData } from '../remoting/bodies/subscription-data.js';
import { parseFastjson } from '../remoting/fastjson.js';
import { stringifyPretty } from '../remoting/fastjson-pretty.js';
import { BloomFilter } from './bloom-filter.js';
import type { BrokerConfig } from './broker-config.js';
import { isTagType, SQL92 } from './pull-filter.js';

/** A group that was online when the broker stopped counts as gone for this long when it starts. */
const DEAD_BEFORE_START_MS = 30_000;

/** What a ConsumerFilterManager needs. */
export interface ConsumerFilterManagerOptions {
  readonly config: Pick<
    BrokerConfig,
    'filterDataCleanTimeSpan' | 'maxErrorRateOfBloomFilter' | 'expectConsumerNumUseFilter'
  >;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A group's expression for a topic, ready for use. */
export interface ConsumerFilter {
  readonly data: ConsumerFilterData;
  readonly filter: PropertyFilter;
}

type GroupFilters = Map<string, ConsumerFilter>;

/** See the file's comment. */
export class ConsumerFilterManager {
  readonly #options: ConsumerFilterManagerOptions;
  readonly #bloomFilter: BloomFilter;
  readonly #byTopic = new Map<string, GroupFilters>();
  #hasChanged = false;

  constructor(options: ConsumerFilterManagerOptions) {
    this.#options = options;
    const { maxErrorRateOfBloomFilter, expectConsumerNumUseFilter } = options.config;
    this.#bloomFilter = new BloomFilter(maxErrorRateOfBloomFilter, expectConsumerNumUseFilter);
  }

  /** The group's expression for the topic, if it has one. */
  find(topic: string, group: string): ConsumerFilter | undefined {
    return this.#byTopic.get(topic)?.get(group);
  }

  /** All expressions of a group, by topic. */
  expressionsOf(group: string): (readonly [topic: string, expression: string])[] {
    return this.#of(group).map(({ data }) => [data.topic, data.expression]);
  }

  /** Takes note of what a member's heartbeat subscribes to. Java: register. */
  register(group: string, subscriptions: readonly SubscriptionData[]): void {
    for (const subscription of subscriptions) this.#registerOne(group, subscription);
    if (this.#byTopic.size === 0) return;
    const topics = new Set(subscriptions.map(({ topic }) => topic));
    for (const { data } of this.#of(group)) if (!topics.has(data.topic)) this.#bury(data);
  }

  /** The group's last member has gone. Java: unRegister. */
  unregister(group: string): void {
    for (const { data } of this.#of(group)) this.#bury(data);
  }

  /** Forgets what has been unused for too long. Java: clean. */
  clean(): void {
    const oldestMs = this.#options.clock.nowMs() - this.#options.config.filterDataCleanTimeSpan;
    for (const [topic, groups] of this.#byTopic) {
      for (const [group, { data }] of groups) if (isDead(data) && data.deadTime <= oldestMs) groups.delete(group);
      if (groups.size > 0) continue;
      this.#byTopic.delete(topic);
      this.#hasChanged = true;
    }
  }

  /** True if something changed since the last call. */
  takeChanged(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  /** The content of consumerFilter.json. */
  encode(): string {
    const filterDataByTopic = new Map(
      Array.from(this.#byTopic, ([topic, groups]) => {
        const groupFilterData = new Map(
          Array.from(groups, ([group, { data }]) => [group, { ...data, dead: isDead(data) }]),
        );
        return [topic, { groupFilterData, topic }];
      }),
    );
    return stringifyPretty(ConsumerFilterTable.write({ filterDataByTopic }));
  }

  /** Takes over the content of consumerFilter.json. All groups count as gone until they are heard of. */
  decode(text: string): void {
    const { filterDataByTopic } = ConsumerFilterTable.read(parseFastjson(text));
    const deadTime = this.#options.clock.nowMs() - DEAD_BEFORE_START_MS;
    for (const [topic, { groupFilterData }] of filterDataByTopic) {
      for (const [group, read] of groupFilterData) {
        // Differs: Apache throws the whole file away if the bloom filter's size is another than now. Here nothing is filtered by it.
        const data = { ...read, topic, consumerGroup: group, bloomFilterData: this.#bitsOf(group, topic) };
        if (data.deadTime === 0) data.deadTime = Math.max(deadTime, data.bornTime);
        this.#put(data);
      }
    }
  }

  #of(group: string): ConsumerFilter[] {
    return [...this.#byTopic.values()].flatMap((groups) => groups.get(group) ?? []);
  }

  #registerOne(group: string, { topic, subString, expressionType, subVersion }: SubscriptionData): void {
    if (isTagType(expressionType) || subString === '') return;
    const known = this.find(topic, group)?.data;
    if (known !== undefined && subVersion <= known.clientVersion) {
      if (subVersion === known.clientVersion) this.#revive(known);
      return;
    }
    if (known !== undefined && known.expression === subString && known.expressionType === expressionType) {
      known.clientVersion = subVersion;
      this.#revive(known);
      this.#hasChanged = true;
      return;
    }
    // A new expression that is wrong takes the old one's place: the client's pulls are told.
    if (known !== undefined) this.#remove(topic, group);
    this.#put({
      bloomFilterData: this.#bitsOf(group, topic),
      bornTime: this.#options.clock.nowMs(),
      clientVersion: subVersion,
      consumerGroup: group,
      dead: false,
      deadTime: 0,
      expression: subString,
      expressionType,
      topic,
    });
  }

  /** Adds an expression, unless it is wrong. */
  #put(data: ConsumerFilterData): void {
    const { topic, consumerGroup, expression, expressionType } = data;
    try {
      if (expressionType !== SQL92) throw new FilterError(`no filter is called ${expressionType}`, expression, 0);
      const filter = new PropertyFilter({ expression, byRealTopic: undefined });
      const groups: GroupFilters = this.#byTopic.get(topic) ?? new Map<string, ConsumerFilter>();
      this.#byTopic.set(topic, groups);
      groups.set(consumerGroup, { data, filter });
      this.#hasChanged = true;
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      const cause = error.message;
      this.#options.logger.warn('a filter expression is wrong', { consumerGroup, topic, expression, cause });
    }
  }

  #remove(topic: string, group: string): void {
    this.#byTopic.get(topic)?.delete(group);
    this.#hasChanged = true;
  }

  #revive(data: ConsumerFilterData): void {
    if (!isDead(data)) return;
    data.deadTime = 0;
    this.#hasChanged = true;
  }

  #bury(data: ConsumerFilterData): void {
    if (isDead(data)) return;
    data.deadTime = this.#options.clock.nowMs();
    this.#hasChanged = true;
  }

  #bitsOf(group: string, topic: string): ReturnType<BloomFilter['dataOf']> {
    return this.#bloomFilter.dataOf(`${group}#${topic}`);
  }
}

function isDead({ bornTime, deadTime }: ConsumerFilterData): boolean {
  return deadTime >= bornTime;
}
