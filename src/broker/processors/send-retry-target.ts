/**
 * Where a message sent to `%RETRY%<group>` goes: there, or to the group's dead letters once it has been tried often enough.
 * Main thread. Java: SendMessageProcessor.handleRetryAndDLQ.
 */
import { RequestError } from '../../base/errors.js';
import type { SendMessageRequestHeader } from '../../remoting/headers/send-message-request-header.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { FAQ_TIP } from '../message-checks.js';
import type { SubscriptionGroupConfig } from '../subscription-group-config.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import type { TopicConfig } from '../topic-config.js';
import { DLQ_TOPIC_PREFIX, RETRY_TOPIC_PREFIX } from '../topic-validator.js';
import type { SendTopics } from './send-topics.js';

/** Queues of a dead-letter topic. */
export const DLQ_QUEUE_NUMS = 1;

/** Ordinal of MQVersion.Version.V3_4_9: the first clients whose maxReconsumeTimes counts. */
const VERSION_WITH_MAX_RECONSUME_TIMES = 121;

/** How often a message is tried again: as the request says, or as the group does. */
export function maxReconsumeTimesOf(
  asked: number | undefined,
  clientVersion: number,
  group: Pick<SubscriptionGroupConfig, 'retryMaxTimes'>,
): number {
  return clientVersion >= VERSION_WITH_MAX_RECONSUME_TIMES ? (asked ?? group.retryMaxTimes) : group.retryMaxTimes;
}

/** What differs from the request; undefined fields are as in the request. */
export interface RetryTarget {
  readonly topic: string;
  readonly queueId: number | undefined;
  readonly topicConfig: TopicConfig | undefined;
  /** Properties to set. */
  readonly properties: Readonly<Record<string, string>> | undefined;
  readonly isDeadLetter: boolean;
}

/** What the decision is taken from. */
export interface RetryTargetDeps {
  readonly groups: SubscriptionGroupManager;
  readonly isGroupLocked?: (group: string) => boolean;
}

/** Decides for a request whose topic is a retry topic. Throws RequestError. */
export function retryTarget(
  header: SendMessageRequestHeader,
  clientVersion: number,
  deps: RetryTargetDeps,
  topics: SendTopics,
): RetryTarget {
  const group = header.topic.slice(RETRY_TOPIC_PREFIX.length);
  const groupConfig = deps.groups.find(group);
  if (groupConfig === undefined) {
    throw new RequestError(
      ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
      `subscription group not exist, ${group} ${FAQ_TIP}`,
    );
  }
  const maxReconsumeTimes = maxReconsumeTimesOf(header.maxReconsumeTimes, clientVersion, groupConfig);
  // An ordered consumer blocks its queue while it retries, so what it sends here it has given up.
  const isGivenUp = header.reconsumeTimes > maxReconsumeTimes || deps.isGroupLocked?.(group) === true;
  if (!isGivenUp)
    return {
      topic: header.topic,
      queueId: undefined,
      topicConfig: undefined,
      properties: undefined,
      isDeadLetter: false,
    };
  const topic = DLQ_TOPIC_PREFIX + group;
  const topicConfig = topics.findOrCreate(topic, DLQ_QUEUE_NUMS, 0);
  return { topic, queueId: 0, topicConfig, properties: { DELAY: '-1' }, isDeadLetter: true };
}
