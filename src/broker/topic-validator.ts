/**
 * Which names a topic or a consumer group may have, and which topics are the broker's own.
 * Main thread. Java: TopicValidator, MixAll (the %RETRY% and %DLQ% prefixes).
 * Invariant: a name that passes has only one-byte characters, so its length in characters is its length in bytes.
 */

/** First part of the topic to which a group's messages return. Java: MixAll.RETRY_GROUP_TOPIC_PREFIX. */
export const RETRY_TOPIC_PREFIX = '%RETRY%';
/** First part of the topic for messages that a group gave up. Java: MixAll.DLQ_GROUP_TOPIC_PREFIX. */
export const DLQ_TOPIC_PREFIX = '%DLQ%';
/** First part of the names of internal topics. */
export const SYSTEM_TOPIC_PREFIX = 'rmq_sys_';

/** Past it a topic is refused. */
export const TOPIC_LENGTH_MAX = 127;
/** The same for topics made of a group's name. */
export const RETRY_OR_DLQ_TOPIC_LENGTH_MAX = 255;
/** Past it a group is refused: its retry topic has to be a topic too. */
export const GROUP_LENGTH_MAX = 120;

/** Topics to which no client may send. */
const SEND_FORBIDDEN_TOPICS: ReadonlySet<string> = new Set([
  'SCHEDULE_TOPIC_XXXX',
  'RMQ_SYS_TRANS_HALF_TOPIC',
  'RMQ_SYS_TRANS_OP_HALF_TOPIC',
  'TRANS_CHECK_MAX_TIME_TOPIC',
  'SELF_TEST_TOPIC',
  'OFFSET_MOVED_EVENT',
  'RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC',
  'RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC',
]);

/** The broker's own topics, whatever its name and cluster are. */
export const SYSTEM_TOPICS: ReadonlySet<string> = new Set([
  ...SEND_FORBIDDEN_TOPICS,
  'TBW102',
  'BenchmarkTest',
  'RMQ_SYS_TRACE_TOPIC',
  'CHECKPOINT_TOPIC',
]);

const NAME_CHARACTERS = '%|-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const IS_NAME_CHARACTER = new Uint8Array(128);
for (const character of NAME_CHARACTERS) IS_NAME_CHARACTER[character.charCodeAt(0)] = 1;

// Hot: a table look-up for each character is several times faster than a regular expression on names of topics' length.
function hasIllegalCharacter(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    if (IS_NAME_CHARACTER[name.charCodeAt(index)] !== 1) return true;
  }
  return false;
}

/** Undefined for a good topic name, else Apache's remark on what is wrong with it. */
export function topicFault(topic: string): string | undefined {
  if (isBlank(topic)) return 'The specified topic is blank.';
  if (hasIllegalCharacter(topic)) {
    return `The specified topic: ${topic}, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$`;
  }
  if (topic.length <= TOPIC_LENGTH_MAX) return undefined;
  if (!isRetryTopic(topic) && !isDlqTopic(topic)) {
    return `The specified topic: ${topic}, is longer than topic max length: ${TOPIC_LENGTH_MAX}`;
  }
  if (topic.length <= RETRY_OR_DLQ_TOPIC_LENGTH_MAX) return undefined;
  return `The specified topic is DLQ or Retry topic: ${topic}, and it's longer than topic max length: ${RETRY_OR_DLQ_TOPIC_LENGTH_MAX}`;
}

/** Undefined for a good group name, else Apache's remark on what is wrong with it. */
export function groupFault(group: string): string | undefined {
  if (isBlank(group)) return 'The specified group is blank.';
  if (hasIllegalCharacter(group)) {
    return `The specified group: ${group}, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$`;
  }
  if (group.length <= GROUP_LENGTH_MAX) return undefined;
  return `The specified group: ${group}, is longer than group max length: ${GROUP_LENGTH_MAX}`;
}

function isBlank(name: string): boolean {
  return name.length === 0 || name.trim().length === 0;
}

/** True for `%RETRY%<group>`. */
export function isRetryTopic(topic: string): boolean {
  return topic.startsWith(RETRY_TOPIC_PREFIX);
}

/** True for `%DLQ%<group>`. */
export function isDlqTopic(topic: string): boolean {
  return topic.startsWith(DLQ_TOPIC_PREFIX);
}

/** True for the broker's own topics, except the two named like the broker and its cluster. */
export function isSystemTopic(topic: string): boolean {
  return SYSTEM_TOPICS.has(topic) || topic.startsWith(SYSTEM_TOPIC_PREFIX);
}

/** True for the system topics that take messages from the broker only. */
export function isSendForbiddenTopic(topic: string): boolean {
  return SEND_FORBIDDEN_TOPICS.has(topic);
}
