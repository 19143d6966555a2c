/**
 * The topics that a broker has from the start. Main thread. Java: TopicConfigManager.init.
 * Tools rely on them: mqadmin clusterRT, the dashboard, createTopic with a cluster's name as key.
 */
import type { BrokerConfig } from './broker-config.js';
import { createTopicConfig, PERM, type TopicConfig } from './topic-config.js';

/** The topic whose settings a topic made on first use takes. Java: TopicValidator.AUTO_CREATE_TOPIC_KEY_TOPIC. */
export const AUTO_CREATE_TOPIC = 'TBW102';

const READ_WRITE = PERM.READ | PERM.WRITE;
const BENCHMARK_QUEUE_NUMS = 1024;
const SCHEDULE_QUEUE_NUMS = 18;
const REVIVE_QUEUE_NUMS = 8;

/** What the list depends on. */
export type SystemTopicSettings = Pick<
  BrokerConfig,
  | 'autoCreateTopicEnable'
  | 'defaultTopicQueueNums'
  | 'brokerClusterName'
  | 'brokerName'
  | 'clusterTopicEnable'
  | 'brokerTopicEnable'
  | 'traceTopicEnable'
  | 'msgTraceTopicName'
>;

/** All of them, as Apache makes them with these settings. */
export function systemTopics(config: SystemTopicSettings): TopicConfig[] {
  const { brokerClusterName, brokerName } = config;
  const topics = [
    topicOf('SELF_TEST_TOPIC', 1),
    topicOf('BenchmarkTest', BENCHMARK_QUEUE_NUMS),
    createTopicConfig(brokerClusterName, { perm: PERM.INHERIT | (config.clusterTopicEnable ? READ_WRITE : 0) }),
    topicOf(brokerName, 1, PERM.INHERIT | (config.brokerTopicEnable ? READ_WRITE : 0)),
    topicOf('OFFSET_MOVED_EVENT', 1),
    topicOf('SCHEDULE_TOPIC_XXXX', SCHEDULE_QUEUE_NUMS),
    topicOf(`${brokerClusterName}_REPLY_TOPIC`, 1),
    topicOf(`rmq_sys_REVIVE_LOG_${brokerClusterName}`, REVIVE_QUEUE_NUMS),
    topicOf(`rmq_sys_SYNC_BROKER_MEMBER_${brokerName}`, 1, PERM.INHERIT),
    topicOf('RMQ_SYS_TRANS_HALF_TOPIC', 1),
    topicOf('RMQ_SYS_TRANS_OP_HALF_TOPIC', 1),
    topicOf('RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC', 1),
    topicOf('RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC', 1),
    topicOf('rmq_sys_wheel_timer', 1),
  ];
  if (config.autoCreateTopicEnable) {
    topics.push(topicOf(AUTO_CREATE_TOPIC, config.defaultTopicQueueNums, READ_WRITE | PERM.INHERIT));
  }
  if (config.traceTopicEnable) topics.push(topicOf(config.msgTraceTopicName, 1));
  return topics;
}

function topicOf(topicName: string, queueNums: number, perm: number = READ_WRITE): TopicConfig {
  return createTopicConfig(topicName, { readQueueNums: queueNums, writeQueueNums: queueNums, perm });
}
