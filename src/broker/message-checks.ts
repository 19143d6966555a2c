/**
 * What a message must fulfil before it is given to the store, with Apache's codes and remarks. Main thread.
 * Java: HookUtils.checkBeforePutMessage, the size checks of MessageExtEncoder.
 * Invariant: a message that passes is one that the store's encoder takes.
 */
import { RequestError } from '../base/errors.js';
import { ResponseCode } from '../remoting/response-code.js';
import type { BrokerConfig } from './broker-config.js';
import { PERM, type TopicConfig } from './topic-config.js';
import { isRetryTopic, TOPIC_LENGTH_MAX } from './topic-validator.js';

/** Longest text of properties, bytes of UTF-8: its length travels as a Java short. */
export const PROPERTIES_LENGTH_MAX_BYTES = 32_767;
/** UTF-8 makes at most this many bytes of one UTF-16 unit. */
const UTF8_BYTES_PER_UNIT_MAX = 3;

/** Ends the remarks that send users to the documentation. Java: FAQUrl.suggestTodo. */
export const FAQ_TIP = '\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.';

/** The part of the configuration that limits messages. */
export type MessageLimits = Pick<BrokerConfig, 'maxMessageSize'>;

/** Checks what the store would not take. Throws RequestError; `body` is undefined if the request had none. */
export function checkSizes(
  topic: string,
  body: Buffer | undefined,
  properties: string,
  limits: MessageLimits,
): asserts body is Buffer {
  // Differs: without a body Apache answers SYSTEM_ERROR with a NullPointerException, and its clients try the next broker.
  const isIllegal =
    body === undefined ||
    body.length > limits.maxMessageSize ||
    propertiesTooLong(properties) ||
    (topic.length > TOPIC_LENGTH_MAX && !isRetryTopic(topic));
  if (isIllegal) throw new RequestError(ResponseCode.MESSAGE_ILLEGAL, illegalMessageRemark(limits.maxMessageSize));
}

// Hot: most texts are so short that their bytes need not be counted.
function propertiesTooLong(properties: string): boolean {
  if (properties.length * UTF8_BYTES_PER_UNIT_MAX <= PROPERTIES_LENGTH_MAX_BYTES) return false;
  return Buffer.byteLength(properties) > PROPERTIES_LENGTH_MAX_BYTES;
}

/** Apache's remark on every message of a wrong size or form. */
export function illegalMessageRemark(maxMessageSize: number): string {
  return (
    'the message is illegal, maybe msg body or properties length not matched. ' +
    `msg body length limit ${maxMessageSize}B, msg properties length limit 32KB.`
  );
}

/** As Apache prints a topic in remarks. Java: TopicConfig.toString. */
export function describeTopicConfig(config: TopicConfig): string {
  const { topicName, readQueueNums, writeQueueNums, perm, topicFilterType, topicSysFlag, order, attributes } = config;
  const attributeText = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  return (
    `TopicConfig [topicName=${topicName}, readQueueNums=${readQueueNums}, writeQueueNums=${writeQueueNums}, ` +
    `perm=${describePermission(perm)}, topicFilterType=${topicFilterType}, topicSysFlag=${topicSysFlag}, order=${order}, ` +
    `attributes={${attributeText.join(', ')}}]`
  );
}

/** Java: PermName.perm2String. */
function describePermission(perm: number): string {
  return `${perm & PERM.READ ? 'R' : '-'}${perm & PERM.WRITE ? 'W' : '-'}${perm & PERM.INHERIT ? 'X' : '-'}`;
}
