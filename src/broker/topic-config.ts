/**
 * What the broker knows of a topic, and what its permission bits mean. Main thread. Java: TopicConfig, PermName, TopicSysFlag.
 * Invariant: a config in a table is never changed in place; an update puts a new one there.
 */
import { TopicConfig as TopicConfigShape } from '../remoting/bodies/topic-config-serialize-wrapper.js';

/** A topic's settings. */
export type TopicConfig = Readonly<TopicConfigShape>;

/** Bits of a topic's or a broker's permission. Java: PermName. */
export const PERM = {
  /** Consumers take from queues of lower id first. */
  PRIORITY: 8,
  READ: 4,
  WRITE: 2,
  /** A topic made on first use may take its settings from this one. */
  INHERIT: 1,
} as const;

/** Bit 1 of topicSysFlag: a consumer in unit mode reads it. Java: TopicSysFlag.FLAG_UNIT_SUB. */
export const TOPIC_SYS_FLAG_UNIT_SUB = 2;

/** A topic with Java's initial values, except where `values` says otherwise. */
export function createTopicConfig(topicName: string, values: Partial<TopicConfig> = {}): TopicConfig {
  return { ...TopicConfigShape.read({ topicName }), ...values };
}

/** True if both say the same of the same topic. Java: TopicConfig.equals. */
export function isSameTopicConfig(a: TopicConfig, b: TopicConfig): boolean {
  return TopicConfigShape.encode(a).equals(TopicConfigShape.encode(b));
}

/** True if `perm` lets producers in. */
export function isWriteable(perm: number): boolean {
  return (perm & PERM.WRITE) !== 0;
}

/** True if `perm` lets consumers in. */
export function isReadable(perm: number): boolean {
  return (perm & PERM.READ) !== 0;
}
