/** GET_TOPIC_STATS_INFO (202): each queue's first and last offset and newest store time. Main thread. Java: AdminBrokerProcessor.getTopicStatsInfo. */
import { RequestError } from '../../base/errors.js';
import { TopicStatsTable, type TopicOffset } from '../../remoting/bodies/topic-stats-table.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { GetTopicStatsInfoRequestHeader } from '../../remoting/headers/get-topic-stats-info-request-header.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import type { TopicConfigManager } from '../topic-config-manager.js';

/** What the processor needs. */
export interface TopicStatsProcessorDeps {
  readonly config: Pick<BrokerConfig, 'brokerName'>;
  readonly topics: TopicConfigManager;
  readonly store: Pick<MessageStore, 'minOffset' | 'maxOffset' | 'storeTimestampAt'>;
}

/** Makes the processor. */
export function createTopicStatsProcessor({ config, topics, store }: TopicStatsProcessorDeps): RequestProcessor {
  const offsetOf = async (topic: string, queueId: number): Promise<TopicOffset> => {
    const minOffset = store.minOffset(topic, queueId);
    const maxOffset = store.maxOffset(topic, queueId);
    const lastUpdateTimestamp = maxOffset > 0 ? await store.storeTimestampAt(topic, queueId, maxOffset - 1) : 0;
    return { lastUpdateTimestamp, maxOffset, minOffset };
  };
  return async (request) => {
    const { topic } = GetTopicStatsInfoRequestHeader.decode(request.extFields);
    const topicConfig = topics.select(topic);
    if (topicConfig === undefined) throw new RequestError(ResponseCode.TOPIC_NOT_EXIST, `topic[${topic}] not exist`);
    const queueIds = Array.from(
      { length: Math.max(topicConfig.writeQueueNums, topicConfig.readQueueNums) },
      (_, id) => id,
    );
    const offsets = await Promise.all(queueIds.map((queueId) => offsetOf(topic, queueId)));
    const { brokerName } = config;
    const offsetTable = new Map(offsets.map((offset, queueId) => [{ brokerName, queueId, topic }, offset]));
    const body = TopicStatsTable.encode({ offsetTable, topicPutTps: 0 });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}
