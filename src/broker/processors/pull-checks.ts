/**
 * What a pull must fulfil, with Apache's codes and remarks in Apache's order. Main thread. Java: PullMessageProcessor.processRequest.
 */
import { RequestError } from '../../base/errors.js';
import { PropertyFilter } from '../../filter/property-filter.js';
import type { SubscriptionGroupConfig } from '../../remoting/bodies/subscription-group-wrapper.js';
import type { PullMessageRequestHeader } from '../../remoting/headers/pull-message-request-header.js';
import { RequestCode } from '../../remoting/request-code.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ConsumerFilterManager } from '../consumer-filter-manager.js';
import type { ConsumerManager } from '../consumer-manager.js';
import { FAQ_TIP } from '../message-checks.js';
import { isTagType, type PullFilter, type PullFilters } from '../pull-filter.js';
import type { PullRequest } from '../pull-request.js';
import { hasPullFlag, PullSysFlag } from '../pull-sys-flag.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import { isReadable, type TopicConfig } from '../topic-config.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { RETRY_TOPIC_PREFIX } from '../topic-validator.js';
import { rejectPullConsumer } from './pull-consumer-rejection.js';
import { ForbiddenType, PullForbiddenError } from './pull-message-response.js';

/** What the checks look into. */
export interface PullCheckDeps {
  readonly topics: Pick<TopicConfigManager, 'select'>;
  readonly groups: Pick<SubscriptionGroupManager, 'find'>;
  readonly consumers: Pick<ConsumerManager, 'group'>;
  readonly consumerFilters: Pick<ConsumerFilterManager, 'find' | 'expressionsOf'>;
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
    ? filterOfRequest(header, deps, filters)
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

function filterOfRequest(header: PullMessageRequestHeader, deps: PullCheckDeps, filters: PullFilters): PullFilter {
  const { expressionType, subscription } = header;
  if (expressionType === undefined || isTagType(expressionType)) return filters.ofExpression(subscription);
  if (subscription === undefined || subscription === '') {
    throw new RequestError(ResponseCode.SUBSCRIPTION_PARSE_FAILED, "parse the consumer's subscription failed");
  }
  checkPropertyFilter(expressionType, deps.config);
  // Differs: at Apache's a wrong expression lets every message pass, since it is caught by an assert, and those are off.
  const filter = filters.ofProperties(expressionType, subscription);
  return filterOfRetryTopic(header, deps) ?? filter;
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
  if (isTagType(subscription.expressionType)) return filters.ofSubscription(subscription);
  const known = deps.consumerFilters.find(topic, consumerGroup);
  if (known === undefined) {
    const remark = "The broker's consumer filter data is not exist!Your expression may be wrong!";
    throw new RequestError(ResponseCode.FILTER_DATA_NOT_EXIST, remark);
  }
  if (known.data.clientVersion < header.subVersion) {
    throw new RequestError(ResponseCode.FILTER_DATA_NOT_LATEST, "the consumer's consumer filter data not latest");
  }
  checkPropertyFilter(subscription.expressionType, deps.config);
  if (subscription.classFilterMode) return undefined;
  return filterOfRetryTopic(header, deps) ?? known.filter;
}

/** With filterSupportRetry: retried messages are judged by the expression for the topic that they came from. Java: ExpressionForRetryMessageFilter. */
function filterOfRetryTopic({ topic }: PullMessageRequestHeader, deps: PullCheckDeps): PullFilter {
  if (!deps.config.filterSupportRetry || !topic.startsWith(RETRY_TOPIC_PREFIX)) return undefined;
  const byRealTopic = deps.consumerFilters.expressionsOf(topic.slice(RETRY_TOPIC_PREFIX.length));
  return new PropertyFilter({ expression: undefined, byRealTopic });
}

/** Throws RequestError unless the broker filters by properties. */
export function checkPropertyFilter(expressionType: string, config: Pick<BrokerConfig, 'enablePropertyFilter'>): void {
  if (config.enablePropertyFilter) return;
  const remark = `The broker does not support consumer to filter message by ${expressionType}`;
  throw new RequestError(ResponseCode.SYSTEM_ERROR, remark);
}
