/**
 * How far each group has consumed each queue. Main thread. Java: ConsumerOffsetManager.
 * Invariant: a key is `topic@group`; neither name can contain an `@`. Offsets are on disk within `flushConsumerOffsetInterval`, not at once:
 * a consumer that reads some messages twice after a crash is what RocketMQ promises.
 */
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';

import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { ConsumerOffsetTable } from '../remoting/bodies/consumer-offset-table.js';
import type { DataVersion } from '../remoting/bodies/data-version.js';
import { parseFastjson } from '../remoting/fastjson.js';
import { stringifyPretty, stringifyPrettyInSlices } from '../remoting/fastjson-pretty.js';
import type { BrokerConfig } from './broker-config.js';
import { firstVersion, nextVersion } from './table-version.js';

const SEPARATOR = '@';
/** Commits from one data version to the next. Java: consumerOffsetUpdateVersionStep. */
const COMMITS_PER_VERSION = 500;

/** Offsets by queue id. */
export type QueueOffsets = ReadonlyMap<number, number>;
type OffsetTable = Map<string, Map<number, number>>;

/** What a ConsumerOffsetManager needs. */
export interface ConsumerOffsetManagerOptions {
  readonly config: Pick<BrokerConfig, 'useServerSideResetOffset'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Offsets by topic, group and queue. */
export class ConsumerOffsetManager {
  readonly #config: ConsumerOffsetManagerOptions['config'];
  readonly #clock: Clock;
  readonly #logger: Logger;
  #offsets: OffsetTable = new Map();
  readonly #resetOffsets: OffsetTable = new Map();
  readonly #pullOffsets: OffsetTable = new Map();
  #dataVersion: DataVersion;
  #commits = 0;
  #hasChanged = false;

  constructor({ config, clock, logger }: ConsumerOffsetManagerOptions) {
    this.#config = config;
    this.#clock = clock;
    this.#logger = logger;
    this.#dataVersion = firstVersion(clock.nowMs());
  }

  /** The group's offset in a queue, or where it was reset to; -1 if there is none. Java: queryOffset. */
  query(group: string, topic: string, queueId: number): number {
    const key = keyOf(topic, group);
    const reset = this.#config.useServerSideResetOffset ? this.#resetOffsets.get(key)?.get(queueId) : undefined;
    return reset ?? this.#offsets.get(key)?.get(queueId) ?? -1;
  }

  /** The group's offsets in all queues of a topic that it has consumed. */
  queryAll(group: string, topic: string): QueueOffsets | undefined {
    return this.#offsets.get(keyOf(topic, group));
  }

  /** Java: commitOffset. */
  commit(clientHost: string, group: string, topic: string, queueId: number, offset: number): void {
    const key = keyOf(topic, group);
    const queues = queuesOf(this.#offsets, key);
    const before = queues.get(queueId);
    queues.set(queueId, offset);
    this.#hasChanged = true;
    if (before !== undefined && offset < before) {
      this.#logger.warn('an offset went back', { clientHost, key, queueId, offset, before });
    }
    this.#commits += 1;
    if (this.#commits % COMMITS_PER_VERSION === 0)
      this.#dataVersion = nextVersion(this.#dataVersion, this.#clock.nowMs());
  }

  /** Remembers from where a group pulled last, which runs ahead of what it has consumed. Java: commitPullOffset. */
  commitPull(group: string, topic: string, queueId: number, offset: number): void {
    queuesOf(this.#pullOffsets, keyOf(topic, group)).set(queueId, offset);
  }

  /** From where the group pulled last; its offset if it has not. Java: queryPullOffset. */
  queryPull(group: string, topic: string, queueId: number): number {
    return this.#pullOffsets.get(keyOf(topic, group))?.get(queueId) ?? this.query(group, topic, queueId);
  }

  /** Sets a group back or forward; holds until the group's next pull of the queue has taken it. Java: assignResetOffset. */
  assignReset(topic: string, group: string, queueId: number, offset: number): void {
    const key = keyOf(topic, group);
    queuesOf(this.#resetOffsets, key).set(queueId, offset);
    queuesOf(this.#offsets, key).set(queueId, offset);
    this.#hasChanged = true;
  }

  /** True while a reset of the queue has not been taken. */
  hasReset(topic: string, group: string, queueId: number): boolean {
    return this.#resetOffsets.get(keyOf(topic, group))?.has(queueId) ?? false;
  }

  /** Where the queue was reset to, once. Java: queryThenEraseResetOffset. */
  takeReset(topic: string, group: string, queueId: number): number | undefined {
    const queues = this.#resetOffsets.get(keyOf(topic, group));
    const offset = queues?.get(queueId);
    queues?.delete(queueId);
    return offset;
  }

  /** Groups that have an offset in the topic. Java: whichGroupByTopic. */
  groupsOf(topic: string): string[] {
    return this.#keys().flatMap((key) => (key.topic === topic ? [key.group] : []));
  }

  /** Topics in which the group has an offset. Java: whichTopicByConsumer. */
  topicsOf(group: string): string[] {
    return this.#keys().flatMap((key) => (key.group === group ? [key.topic] : []));
  }

  /** Forgets all offsets of a group. Java: removeOffset. */
  removeGroup(group: string): void {
    this.#remove((key) => key.group === group);
  }

  /** Forgets all groups' offsets in a topic. Java: cleanOffsetByTopic. */
  removeTopic(topic: string): void {
    this.#remove((key) => key.topic === topic);
  }

  /**
   * After a start: no group is beyond the end of its queue. Differs: under ASYNC_FLUSH a power cut may take messages that a group has consumed, and at
   * Apache's the group then misses as many of the messages that get those offsets anew.
   */
  limitTo(maxOffsetOf: (topic: string, queueId: number) => number): void {
    for (const [key, queues] of this.#offsets) {
      for (const [queueId, offset] of queues) {
        const maxOffset = maxOffsetOf(partsOf(key).topic, queueId);
        if (offset <= maxOffset) continue;
        this.#logger.warn('the queue ends before the offset, which goes back', { key, queueId, offset, maxOffset });
        queues.set(queueId, maxOffset);
        this.#hasChanged = true;
      }
    }
  }

  /** On a slave: the master's offsets; those of groups that it does not name stay. Java: SlaveSynchronize.syncConsumerOffset. */
  putAll(offsets: ReadonlyMap<string, QueueOffsets>, dataVersion: DataVersion | undefined): void {
    for (const [key, queues] of offsets) this.#offsets.set(key, new Map(queues));
    if (dataVersion !== undefined) this.#dataVersion = dataVersion;
    this.#hasChanged = true;
  }

  /** On a master: what its slaves have heard of consumers since. Gives the number of offsets that are larger than those here, and are taken. */
  takeLarger(offsets: ReadonlyMap<string, QueueOffsets>): number {
    let taken = 0;
    for (const [key, queues] of offsets) {
      const own = queuesOf(this.#offsets, key);
      for (const [queueId, offset] of queues) {
        if (offset <= (own.get(queueId) ?? -1)) continue;
        own.set(queueId, offset);
        taken++;
      }
    }
    if (taken > 0) this.#dataVersion = nextVersion(this.#dataVersion, this.#clock.nowMs());
    this.#hasChanged ||= taken > 0;
    return taken;
  }

  /** All of it, as GET_ALL_CONSUMER_OFFSET (43) and consumerOffset.json have it. */
  toTable(): ConsumerOffsetTable {
    const groupTopicMap = new Map<string, string[]>();
    for (const { topic, group } of this.#keys()) {
      const topics = groupTopicMap.get(group);
      if (topics === undefined) groupTopicMap.set(group, [topic]);
      else topics.push(topic);
    }
    return {
      dataVersion: this.#dataVersion,
      groupTopicMap,
      offsetTable: this.#offsets,
      pullOffsetTable: this.#pullOffsets,
    };
  }

  /** Queue offsets by `topic@group`. */
  all(): ReadonlyMap<string, QueueOffsets> {
    return this.#offsets;
  }

  /** Grows every few hundred commits. */
  get dataVersion(): DataVersion {
    return this.#dataVersion;
  }

  /** True if something changed since the last call. */
  takeChanged(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  /** The content of consumerOffset.json. */
  encode(): string {
    return stringifyPretty(ConsumerOffsetTable.write(this.toTable()));
  }

  /** The same, a part a turn: it is written every few seconds, and a group may have offsets in ten thousands of queues. */
  encodeInSlices(): Promise<string> {
    // Its maps are as they are written already; to copy them would take as long as a slice may not.
    return stringifyPrettyInSlices({ ...this.toTable() }, nextTurnOfEventLoop);
  }

  /** Takes over the content of consumerOffset.json. */
  decode(text: string): void {
    const table = ConsumerOffsetTable.read(parseFastjson(text));
    this.#offsets = table.offsetTable;
    if (table.dataVersion !== undefined) this.#dataVersion = table.dataVersion;
  }

  #keys(): OffsetKey[] {
    return Array.from(this.#offsets.keys(), partsOf);
  }

  #remove(isUnwanted: (key: OffsetKey) => boolean): void {
    for (const table of [this.#offsets, this.#resetOffsets, this.#pullOffsets]) {
      for (const key of table.keys()) if (isUnwanted(partsOf(key))) table.delete(key);
    }
    this.#hasChanged = true;
  }
}

interface OffsetKey {
  readonly topic: string;
  readonly group: string;
}

function keyOf(topic: string, group: string): string {
  return topic + SEPARATOR + group;
}

function partsOf(key: string): OffsetKey {
  const [topic = '', group = ''] = key.split(SEPARATOR);
  return { topic, group };
}

function queuesOf(table: OffsetTable, key: string): Map<number, number> {
  let queues = table.get(key);
  if (queues === undefined) {
    queues = new Map();
    table.set(key, queues);
  }
  return queues;
}
