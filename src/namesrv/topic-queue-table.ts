/**
 * Which broker names hold queues of which topic. Main thread. Java: RouteInfoManager.topicQueueTable and topicQueueMappingInfoTable.
 * Invariant: a topic stands here only while at least one broker name holds queues of it.
 */
import type { FastjsonValue } from '../remoting/fastjson-reader.js';
import type { QueueData } from '../remoting/bodies/topic-route-data.js';

/** Topic → broker name → queues. */
export class TopicQueueTable {
  readonly #topics = new Map<string, Map<string, QueueData>>();
  /** Topic → broker name → TopicQueueMappingInfo of a static topic, as the broker sent it. */
  readonly #mappings = new Map<string, Map<string, FastjsonValue>>();

  /** All topics, in the order in which they came. */
  topics(): string[] {
    return [...this.#topics.keys()];
  }

  /** The topics for which `accepts` holds of their queues by broker name. */
  topicsWhere(accepts: (queues: ReadonlyMap<string, QueueData>) => boolean): string[] {
    return [...this.#topics].filter(([, queues]) => accepts(queues)).map(([topic]) => topic);
  }

  /** Queues of a topic by broker name. */
  queues(topic: string): ReadonlyMap<string, QueueData> | undefined {
    return this.#topics.get(topic);
  }

  /** Mappings of a static topic by broker name. */
  mappings(topic: string): ReadonlyMap<string, FastjsonValue> | undefined {
    return this.#mappings.get(topic);
  }

  /** Adds or replaces what `queueData.brokerName` holds of a topic. */
  put(topic: string, queueData: QueueData): void {
    memberMap(this.#topics, topic).set(queueData.brokerName, queueData);
  }

  /** Adds or replaces the mapping of a static topic on a broker name. */
  putMapping(topic: string, brokerName: string, mapping: FastjsonValue): void {
    memberMap(this.#mappings, topic).set(brokerName, mapping);
  }

  /** Takes a topic out, on all brokers. */
  remove(topic: string): void {
    this.#topics.delete(topic);
  }

  /** Takes a topic out on one broker name. */
  removeFrom(topic: string, brokerName: string): void {
    const queues = this.#topics.get(topic);
    if (queues?.delete(brokerName) && queues.size === 0) this.#topics.delete(topic);
  }

  /** Takes a broker name out of all topics but those that `keeps` holds of. */
  removeBroker(brokerName: string, keeps: (topic: string) => boolean = () => false): void {
    for (const topic of this.topics()) if (!keeps(topic)) this.removeFrom(topic, brokerName);
  }

  /** Gives every topic of a broker name a new permission. Returns how many topics that was. */
  changePerm(brokerName: string, newPerm: (perm: number) => number): number {
    let changed = 0;
    for (const queues of this.#topics.values()) {
      const queueData = queues.get(brokerName);
      if (queueData === undefined) continue;
      queueData.perm = newPerm(queueData.perm);
      changed++;
    }
    return changed;
  }
}

function memberMap<T>(table: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const members = table.get(key) ?? new Map<string, T>();
  table.set(key, members);
  return members;
}
