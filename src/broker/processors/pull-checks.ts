/**
 * What a pull must fulfil, with Apache's codes and remarks in Apache's order. Main thread. Java: PullMessageProcessor.processRequest.
 */
import { RequestError } from '../../base/errors.js';
import type { SubscriptionGroupConfig } from '../../remoting/bodies/subscription-group-wrapper.js';
import type { PullMessageRequestHeader } from '../../remoting/headers/pull-message-request-header.js';
import { RequestCode } from '../../remoting/request-code.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ConsumerManager } from '../consumer-manager.js';
import { FAQ_TIP } from '../message-checks.js';
import { isTagType, type PullFilter, type PullFilters } from '../pull-filter.js';
import type { PullRequest } from '../pull-request.js';
import { hasPullFlag, PullSysFlag } from '../pull-sys-flag.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import { isReadable, type TopicConfig } from '../topic-config.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { rejectPullConsumer } from './pull-consumer-rejection.js';
import { ForbiddenType, PullForbiddenError } from './pull-message-response.js';

/** What the checks look into. */
export interface PullCheckDeps {
  readonly topics: Pick<TopicConfigManager, 'select'>;
  readonly groups: Pick<SubscriptionGroupManager, 'find'>;
  readonly consumers: Pick<ConsumerManager, 'group'>;
  readonly config: BrokerConfig;
}

/** What an allowed pull is served with. */
export interface PullGrant {
  readonly topicConfig: TopicConfig;
  readonly groupConfig: SubscriptionGroupConfig;
  readonly filter: PullFilter;
}

/** Throws RequestError unless `pull` is allowed. */
export function checkPull(pull: PullRequest, deps: PullCheckDeps, filters: PullFilters): PullGrant {
  const { header, request, connection } = pull;
  checkBroker(request.code, deps.config);
  const groupConfig = checkGroup(header.consumerGroup, deps);
  const topicConfig = checkQueue(header, connection.remoteAddress, deps);
  const filter = hasPullFlag(header.sysFlag, PullSysFlag.SUBSCRIPTION)
    ? filterOfRequest(header, filters)
    : filterOfHeartbeat(header, groupConfig, deps, filters);
  if (deps.config.rejectPullConsumerEnable) rejectPullConsumer(pull, deps.consumers.group(header.consumerGroup));
  return { topicConfig, groupConfig, filter };
}

function checkBroker(code: number, config: BrokerConfig): void {
  if (!isReadable(config.brokerPermission)) {
    throw new PullForbiddenError(ForbiddenType.BROKER, `the broker[${config.brokerIP1}] pulling message is forbidden`);
  }
  if (code === RequestCode.LITE_PULL_MESSAGE && !config.litePullMessageEnable) {
    throw new PullForbiddenError(
      ForbiddenType.BROKER,
      `the broker[${config.brokerIP1}] for lite pull consumer is forbidden`,
    );
  }
}

function checkGroup(group: string, deps: PullCheckDeps): SubscriptionGroupConfig {
  const groupConfig = deps.groups.find(group);
  if (groupConfig === undefined) {
    throw new RequestError(
      ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
      `subscription group [${group}] does not exist, ${FAQ_TIP}`,
    );
  }
  if (!groupConfig.consumeEnable) {
    throw new PullForbiddenError(ForbiddenType.GROUP, `subscription group no permission, ${group}`);
  }
  return groupConfig;
}

function checkQueue(header: PullMessageRequestHeader, remoteAddress: string, deps: PullCheckDeps): TopicConfig {
  const { topic, queueId } = header;
  const topicConfig = deps.topics.select(topic);
  if (topicConfig === undefined) {
    throw new RequestError(ResponseCode.TOPIC_NOT_EXIST, `topic[${topic}] not exist, apply first please! ${FAQ_TIP}`);
  }
  if (!isReadable(topicConfig.perm)) {
    throw new PullForbiddenError(ForbiddenType.TOPIC, `the topic[${topic}] pulling message is forbidden`);
  }
  if (queueId < 0 || queueId >= topicConfig.readQueueNums) {
    // Compat: Java prints a socket's address with a slash before it.
    const remark = `queueId[${queueId}] is illegal, topic:[${topic}] topicConfig.readQueueNums:[${topicConfig.readQueueNums}] consumer:[/${remoteAddress}]`;
    throw new RequestError(ResponseCode.INVALID_PARAMETER, remark);
  }
  return topicConfig;
}

function filterOfRequest(header: PullMessageRequestHeader, filters: PullFilters): PullFilter {
  if (!isTagType(header.expressionType)) {
    if (header.subscription === undefined || header.subscription === '') {
      throw new RequestError(ResponseCode.SUBSCRIPTION_PARSE_FAILED, "parse the consumer's subscription failed");
    }
    throw noSuchFilter(header.expressionType);
  }
  return filters.ofExpression(header.subscription);
}

function filterOfHeartbeat(
  header: PullMessageRequestHeader,
  groupConfig: SubscriptionGroupConfig,
  deps: PullCheckDeps,
  filters: PullFilters,
): PullFilter {
  const { consumerGroup, topic } = header;
  const group = deps.consumers.group(consumerGroup);
  if (group === undefined) {
    throw new RequestError(ResponseCode.SUBSCRIPTION_NOT_EXIST, `the consumer's group info not exist${FAQ_TIP}`);
  }
  if (!groupConfig.consumeBroadcastEnable && group.messageModel === 'BROADCASTING') {
    throw new PullForbiddenError(
      ForbiddenType.BROADCASTING_DISABLE,
      `the consumer group[${consumerGroup}] can not consume by broadcast way`,
    );
  }
  const subscription = group.subscription(topic);
  if (subscription === undefined) {
    throw new RequestError(ResponseCode.SUBSCRIPTION_NOT_EXIST, `the consumer's subscription not exist${FAQ_TIP}`);
  }
  if (subscription.subVersion < header.subVersion) {
    throw new RequestError(ResponseCode.SUBSCRIPTION_NOT_LATEST, "the consumer's subscription not latest");
  }
  if (!isTagType(subscription.expressionType)) throw noSuchFilter(subscription.expressionType);
  return filters.ofSubscription(subscription);
}

// Differs: refused even with enablePropertyFilter=true, until SQL92 expressions are served.
function noSuchFilter(expressionType: string | undefined): RequestError {
  return new RequestError(
    ResponseCode.SYSTEM_ERROR,
    `The broker does not support consumer to filter message by ${expressionType}`,
  );
}
