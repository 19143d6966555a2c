/**
 * GET_CONSUME_STATS (208), QUERY_TOPIC_CONSUME_BY_WHO (300) and QUERY_CONSUME_TIME_SPAN (303): who consumes a topic, and how far behind.
 * Main thread. Java: AdminBrokerProcessor.
 */
import { RequestError } from '../../base/errors.js';
import type { Clock } from '../../base/clock.js';
import { ConsumeStats, type OffsetWrapper } from '../../remoting/bodies/consume-stats.js';
import { GroupList } from '../../remoting/bodies/group-list.js';
import type { MessageQueue } from '../../remoting/bodies/message-queue.js';
import { QueryConsumeTimeSpanBody, type QueueTimeSpan } from '../../remoting/bodies/query-consume-time-span-body.js';
import { GetConsumeStatsRequestHeader } from '../../remoting/headers/get-consume-stats-request-header.js';
import { QueryConsumeTimeSpanRequestHeader } from '../../remoting/headers/query-consume-time-span-request-header.js';
import { QueryTopicConsumeByWhoRequestHeader } from '../../remoting/headers/query-topic-consume-by-who-request-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ConsumerManager } from '../consumer-manager.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import type { GroupGetStats } from '../group-get-stats.js';
import type { TopicConfigManager } from '../topic-config-manager.js';

/** Between the names of `topicList`. */
const TOPIC_NAME_SEPARATOR = ';';

/** What a ConsumeStatsProcessor needs. */
export interface ConsumeStatsProcessorDeps {
  readonly config: Pick<BrokerConfig, 'brokerName'>;
  readonly topics: Pick<TopicConfigManager, 'select'>;
  readonly offsets: Pick<ConsumerOffsetManager, 'query' | 'queryPull' | 'topicsOf' | 'groupsOf'>;
  readonly consumers: Pick<ConsumerManager, 'group' | 'groupsSubscribing'>;
  readonly store: Pick<MessageStore, 'maxOffset' | 'storeTimestampAt' | 'earliestStoreTimestamp'>;
  readonly groupGets: Pick<GroupGetStats, 'tps'>;
  readonly clock: Clock;
}

/** One for each broker; its methods are bound. */
export class ConsumeStatsProcessor {
  readonly #deps: ConsumeStatsProcessorDeps;

  constructor(deps: ConsumeStatsProcessorDeps) {
    this.#deps = deps;
  }

  /** GET_CONSUME_STATS. */
  readonly consumeStats = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { topics, groupGets } = this.#deps;
    const header = GetConsumeStatsRequestHeader.decode(request.extFields);
    const { consumerGroup } = header;
    const queues: MessageQueue[] = [];
    let consumeTps = 0;
    for (const topic of this.#topicsAskedFor(header)) {
      const topicConfig = topics.select(topic);
      if (topicConfig === undefined) continue;
      queues.push(...this.#queuesOf(topic, topicConfig.readQueueNums));
      consumeTps += groupGets.tps(consumerGroup, topic);
    }
    const offsets = await Promise.all(queues.map((queue) => this.#offsetsOf(consumerGroup, queue)));
    const body = ConsumeStats.encode({ consumeTps, offsetTable: new Map(offsets) });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };

  /** QUERY_TOPIC_CONSUME_BY_WHO: groups online and groups that have been there. */
  readonly whoConsumes = (request: RemotingCommand): RemotingCommand => {
    const { consumers, offsets } = this.#deps;
    const { topic } = QueryTopicConsumeByWhoRequestHeader.decode(request.extFields);
    const groupList = [...new Set([...consumers.groupsSubscribing(topic), ...offsets.groupsOf(topic)])];
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, GroupList.encode({ groupList }));
  };

  /** QUERY_CONSUME_TIME_SPAN. */
  readonly timeSpan = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { topic, group } = QueryConsumeTimeSpanRequestHeader.decode(request.extFields);
    const topicConfig = this.#deps.topics.select(topic);
    if (topicConfig === undefined) throw new RequestError(ResponseCode.TOPIC_NOT_EXIST, `topic[${topic}] not exist`);
    const queues = this.#queuesOf(topic, topicConfig.writeQueueNums);
    const consumeTimeSpanSet = await Promise.all(queues.map((queue) => this.#timeSpanOf(group, queue)));
    const body = QueryConsumeTimeSpanBody.encode({ consumeTimeSpanSet });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };

  /** Compat: a topic that the online group does not subscribe to counts only if it is in `topicList`. */
  #topicsAskedFor({ consumerGroup, topic = '', topicList = '' }: GetConsumeStatsRequestHeader): Iterable<string> {
    const { consumers, offsets } = this.#deps;
    const listed = topicList.split(TOPIC_NAME_SEPARATOR).filter((name) => name.trim() !== '');
    if (listed.length > 0) return new Set(listed);
    const topics = new Set(topic.trim() === '' ? offsets.topicsOf(consumerGroup) : [topic]);
    const group = consumers.group(consumerGroup);
    if (group === undefined || group.subscriptions().size === 0) return topics;
    return [...topics].filter((name) => group.subscription(name) !== undefined);
  }

  #queuesOf(topic: string, count: number): MessageQueue[] {
    const { brokerName } = this.#deps.config;
    return Array.from({ length: count }, (_, queueId) => ({ brokerName, queueId, topic }));
  }

  async #offsetsOf(group: string, queue: MessageQueue): Promise<[MessageQueue, OffsetWrapper]> {
    const { offsets, store } = this.#deps;
    const { topic, queueId } = queue;
    const brokerOffset = store.maxOffset(topic, queueId);
    const consumerOffset = Math.max(0, offsets.query(group, topic, queueId));
    const pullOffset = Math.max(consumerOffset, offsets.queryPull(group, topic, queueId));
    const lastTimestamp = consumerOffset > 0 ? await store.storeTimestampAt(topic, queueId, consumerOffset - 1) : 0;
    return [queue, { brokerOffset, consumerOffset, lastTimestamp: Math.max(0, lastTimestamp), pullOffset }];
  }

  async #timeSpanOf(group: string, messageQueue: MessageQueue): Promise<QueueTimeSpan> {
    const { clock, offsets, store } = this.#deps;
    const { topic, queueId } = messageQueue;
    const maxOffset = store.maxOffset(topic, queueId);
    const consumerOffset = offsets.query(group, topic, queueId);
    const timeAt = (offset: number): Promise<number> => store.storeTimestampAt(topic, queueId, offset);
    const minTimeStamp = await store.earliestStoreTimestamp(topic, queueId);
    const maxTimeStamp = await timeAt(maxOffset - 1);
    const consumeTimeStamp = consumerOffset > 0 ? await timeAt(consumerOffset - 1) : minTimeStamp;
    // Compat: of a group without an offset the delay is that of a message of 1970.
    const delayTime = consumerOffset < maxOffset ? clock.nowMs() - (await timeAt(consumerOffset)) : 0;
    return {
      consumeTimeStamp,
      consumeTimeStampStr: formatLocalTime(consumeTimeStamp),
      delayTime,
      maxTimeStamp,
      maxTimeStampStr: formatLocalTime(maxTimeStamp),
      messageQueue,
      minTimeStamp,
      minTimeStampStr: formatLocalTime(minTimeStamp),
    };
  }
}

/** `2026-01-31#23:59:59:999`. Java: UtilAll.YYYY_MM_DD_HH_MM_SS_SSS. */
function formatLocalTime(timeMs: number): string {
  const date = new Date(timeMs);
  const digits = (value: number, count = 2): string => String(value).padStart(count, '0');
  const day = [date.getFullYear(), digits(date.getMonth() + 1), digits(date.getDate())].join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((value) => digits(value));
  return `${day}#${[...time, digits(date.getMilliseconds(), 3)].join(':')}`;
}
