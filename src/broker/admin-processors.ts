/**
 * Request code → processor for all that is neither sending nor pulling. Main thread. Java: BrokerController.registerProcessor.
 * A new code means one header, one processor and one row here.
 */
import type { RequestProcessor } from '../remoting/connection.js';
import { RequestCode } from '../remoting/request-code.js';
import type { MessageStore } from '../workers/message-store.js';
import type { BrokerConfig } from './broker-config.js';
import { createAllDelayOffsetProcessor } from './processors/all-delay-offset-processor.js';
import { BrokerConfigProcessor, type BrokerConfigProcessorDeps } from './processors/broker-config-processor.js';
import { createBrokerRuntimeInfoProcessor } from './processors/broker-runtime-info-processor.js';
import { CleanStoreProcessor, type CleanStoreProcessorDeps } from './processors/clean-store-processor.js';
import { ClientManageProcessor, type ClientManageProcessorDeps } from './processors/client-manage-processor.js';
import {
  createConsumerConnectionListProcessor,
  createProducerConnectionListProcessor,
} from './processors/connection-list-processor.js';
import { ConsumeStatsProcessor, type ConsumeStatsProcessorDeps } from './processors/consume-stats-processor.js';
import { ConsumerRelayProcessor, type ConsumerRelayProcessorDeps } from './processors/consumer-relay-processor.js';
import { ConsumerManageProcessor, type ConsumerManageProcessorDeps } from './processors/consumer-manage-processor.js';
import { GroupAdminProcessor, type GroupAdminProcessorDeps } from './processors/group-admin-processor.js';
import {
  createExchangeHaInfoProcessor,
  createNotifyMinBrokerIdChangeProcessor,
  type GroupMemberProcessorDeps,
} from './processors/group-member-processor.js';
import { createLockBatchMqProcessor, createUnlockBatchMqProcessor } from './processors/lock-batch-mq-processor.js';
import { QueryMessageProcessor, type QueryMessageDeps } from './processors/query-message-processor.js';
import { QueueOffsetProcessor } from './processors/queue-offset-processor.js';
import {
  createGetAllConsumerOffsetProcessor,
  createGetBrokerHaStatusProcessor,
  type SlaveAdminProcessorDeps,
} from './processors/slave-admin-processor.js';
import {
  createGetAllMessageRequestModeProcessor,
  createGetTimerCheckPointProcessor,
  createGetTimerMetricsProcessor,
  type SlaveTimerProcessorDeps,
} from './processors/slave-timer-processor.js';
import { ResetOffsetProcessor, type ResetOffsetProcessorDeps } from './processors/reset-offset-processor.js';
import { TopicAdminProcessor, type TopicAdminProcessorDeps } from './processors/topic-admin-processor.js';
import { createTopicStatsProcessor, type TopicStatsProcessorDeps } from './processors/topic-stats-processor.js';
import { createViewMessageProcessor } from './processors/view-message-processor.js';
import type { RebalanceLockManager } from './rebalance-lock-manager.js';
import type { RuntimeInfoSources } from './runtime-info.js';

/** Everything that one of the processors needs; each takes its own part. */
export type AdminProcessorDeps = ClientManageProcessorDeps &
  ConsumerManageProcessorDeps &
  TopicAdminProcessorDeps &
  GroupAdminProcessorDeps &
  TopicStatsProcessorDeps &
  ResetOffsetProcessorDeps &
  ConsumerRelayProcessorDeps &
  ConsumeStatsProcessorDeps &
  QueryMessageDeps &
  BrokerConfigProcessorDeps &
  SlaveAdminProcessorDeps &
  CleanStoreProcessorDeps &
  SlaveTimerProcessorDeps &
  GroupMemberProcessorDeps &
  RuntimeInfoSources & {
    readonly config: BrokerConfig;
    readonly store: MessageStore;
    readonly locks: RebalanceLockManager;
  };

/** Rows for the broker's dispatch table. */
export function adminProcessors(deps: AdminProcessorDeps): ReadonlyMap<number, RequestProcessor> {
  const clients = new ClientManageProcessor(deps);
  const consumers = new ConsumerManageProcessor(deps);
  const queueOffsets = new QueueOffsetProcessor(deps.store);
  const topics = new TopicAdminProcessor(deps);
  const groups = new GroupAdminProcessor(deps);
  const config = new BrokerConfigProcessor(deps);
  const resets = new ResetOffsetProcessor(deps);
  const relays = new ConsumerRelayProcessor(deps);
  const consumption = new ConsumeStatsProcessor(deps);
  const cleaning = new CleanStoreProcessor(deps);
  return new Map<number, RequestProcessor>([
    [RequestCode.HEART_BEAT, clients.heartbeat],
    [RequestCode.UNREGISTER_CLIENT, clients.unregister],
    [RequestCode.CHECK_CLIENT_CONFIG, clients.checkConfig],
    [RequestCode.GET_CONSUMER_LIST_BY_GROUP, consumers.listConsumers],
    [RequestCode.UPDATE_CONSUMER_OFFSET, consumers.updateOffset],
    [RequestCode.QUERY_CONSUMER_OFFSET, consumers.queryOffset],
    [RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, queueOffsets.searchByTimestamp],
    [RequestCode.GET_MAX_OFFSET, queueOffsets.max],
    [RequestCode.GET_MIN_OFFSET, queueOffsets.min],
    [RequestCode.GET_EARLIEST_MSG_STORETIME, queueOffsets.earliestStoreTime],
    [RequestCode.QUERY_MESSAGE, new QueryMessageProcessor(deps).process],
    [RequestCode.VIEW_MESSAGE_BY_ID, createViewMessageProcessor(deps.store)],
    [RequestCode.UPDATE_AND_CREATE_TOPIC, topics.update],
    [RequestCode.DELETE_TOPIC_IN_BROKER, topics.delete],
    [RequestCode.GET_TOPIC_CONFIG, topics.get],
    [RequestCode.GET_ALL_TOPIC_CONFIG, topics.getAll],
    [RequestCode.GET_TOPIC_STATS_INFO, createTopicStatsProcessor(deps)],
    [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, groups.update],
    [RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, groups.getAll],
    [RequestCode.DELETE_SUBSCRIPTIONGROUP, groups.delete],
    [RequestCode.GET_CONSUMER_CONNECTION_LIST, createConsumerConnectionListProcessor(deps.consumers)],
    [RequestCode.GET_PRODUCER_CONNECTION_LIST, createProducerConnectionListProcessor(deps.producers)],
    [RequestCode.GET_CONSUME_STATS, consumption.consumeStats],
    [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, consumption.whoConsumes],
    [RequestCode.QUERY_CONSUME_TIME_SPAN, consumption.timeSpan],
    [RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, resets.reset],
    [RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, relays.status],
    [RequestCode.GET_CONSUMER_RUNNING_INFO, relays.runningInfo],
    [RequestCode.CONSUME_MESSAGE_DIRECTLY, relays.consumeDirectly],
    [RequestCode.LOCK_BATCH_MQ, createLockBatchMqProcessor(deps.locks)],
    [RequestCode.UNLOCK_BATCH_MQ, createUnlockBatchMqProcessor(deps.locks)],
    [RequestCode.GET_ALL_DELAY_OFFSET, createAllDelayOffsetProcessor(deps.delayOffsets)],
    [RequestCode.UPDATE_BROKER_CONFIG, config.update],
    [RequestCode.GET_BROKER_CONFIG, config.get],
    [RequestCode.GET_BROKER_RUNTIME_INFO, createBrokerRuntimeInfoProcessor(deps)],
    [RequestCode.GET_ALL_CONSUMER_OFFSET, createGetAllConsumerOffsetProcessor(deps)],
    [RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE, createNotifyMinBrokerIdChangeProcessor(deps)],
    [RequestCode.EXCHANGE_BROKER_HA_INFO, createExchangeHaInfoProcessor(deps)],
    [RequestCode.GET_BROKER_HA_STATUS, createGetBrokerHaStatusProcessor(deps)],
    [RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, cleaning.cleanExpiredConsumeQueue],
    [RequestCode.CLEAN_UNUSED_TOPIC, cleaning.cleanUnusedTopic],
    [RequestCode.DELETE_EXPIRED_COMMITLOG, cleaning.deleteExpiredCommitLog],
    [RequestCode.GET_ALL_MESSAGE_REQUEST_MODE, createGetAllMessageRequestModeProcessor(deps)],
    [RequestCode.GET_TIMER_CHECK_POINT, createGetTimerCheckPointProcessor(deps)],
    [RequestCode.GET_TIMER_METRICS, createGetTimerMetricsProcessor(deps)],
  ]);
}
