/**
 * UPDATE_AND_CREATE_TOPIC (17), DELETE_TOPIC_IN_BROKER (215), GET_TOPIC_CONFIG (351) and GET_ALL_TOPIC_CONFIG (21). Main thread. Java: AdminBrokerProcessor.
 * Invariant: a change is on disk and in the NameServers' routes before it is answered; "no route" right after createTopic is what
 * users of brokers that answer sooner complain about.
 */
import { RequestError } from '../../base/errors.js';
import {
  TOPIC_FILTER_TYPES,
  TopicConfig as TopicConfigBody,
  TopicConfigSerializeWrapper,
} from '../../remoting/bodies/topic-config-serialize-wrapper.js';
import { CreateTopicRequestHeader } from '../../remoting/headers/create-topic-request-header.js';
import { DeleteTopicRequestHeader } from '../../remoting/headers/delete-topic-request-header.js';
import { GetAllTopicConfigRequestHeader } from '../../remoting/headers/get-all-topic-config-request-header.js';
import { GetAllTopicConfigResponseHeader } from '../../remoting/headers/get-all-topic-config-response-header.js';
import { GetTopicConfigRequestHeader } from '../../remoting/headers/get-topic-config-request-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';
import { parseAttributeChanges, type Attributes } from '../attribute-changes.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import { isPaged, pageOf } from '../table-page.js';
import { MESSAGE_TYPE_ATTRIBUTE } from '../topic-attributes.js';
import { createTopicConfig, type TopicConfig } from '../topic-config.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { isSystemTopic, RETRY_TOPIC_PREFIX, topicFault } from '../topic-validator.js';

/** Compat: Apache's answer to 17 says SUCCESS with the remark that its responses begin with. */
const NOT_SET_REMARK = 'not set any response code';

/** What a TopicAdminProcessor needs. */
export interface TopicAdminProcessorDeps {
  readonly config: Pick<
    BrokerConfig,
    | 'brokerClusterName'
    | 'brokerName'
    | 'validateSystemTopicWhenUpdateTopic'
    | 'enableMixedMessageType'
    | 'clearRetryTopicWhenDeleteTopic'
  >;
  readonly topics: TopicConfigManager;
  readonly offsets: ConsumerOffsetManager;
  readonly store: Pick<MessageStore, 'deleteTopics'>;
}

/** One for each broker; its methods are bound. */
export class TopicAdminProcessor {
  readonly #deps: TopicAdminProcessorDeps;

  constructor(deps: TopicAdminProcessorDeps) {
    this.#deps = deps;
  }

  /** UPDATE_AND_CREATE_TOPIC. */
  readonly update = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { topics } = this.#deps;
    const header = CreateTopicRequestHeader.decode(request.extFields);
    const topicFilterType = TOPIC_FILTER_TYPES.find((type) => type === header.topicFilterType);
    if (topicFilterType === undefined) {
      const given = request.extFields?.['topicFilterType'] ?? 'null';
      throw new RequestError(ResponseCode.SYSTEM_ERROR, `topicFilterType = [${given}] value invalid`);
    }
    this.#checkName(header.topic, topicFault(header.topic));
    const changes = parseAttributeChanges(header.attributes);
    this.#checkMessageType(changes);
    const { topic, readQueueNums, writeQueueNums, perm, topicSysFlag = 0, order } = header;
    const settings = { readQueueNums, writeQueueNums, perm, topicFilterType, topicSysFlag, order };
    topics.updateWithAttributes(createTopicConfig(topic, settings), changes);
    await topics.settled();
    return createResponse(request, ResponseCode.SUCCESS, NOT_SET_REMARK);
  };

  /** DELETE_TOPIC_IN_BROKER; of a topic that is not here it succeeds. */
  readonly delete = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { topics, offsets, store } = this.#deps;
    const { topic } = DeleteTopicRequestHeader.decode(request.extFields);
    this.#checkName(topic, topic.trim() === '' ? 'The specified topic is blank.' : undefined);
    const doomed = [topic, ...this.#popRetryTopicsOf(topic)];
    for (const name of doomed) {
      topics.delete(name);
      offsets.removeTopic(name);
    }
    await Promise.all([store.deleteTopics(doomed), topics.settled()]);
    return createResponse(request, ResponseCode.SUCCESS);
  };

  /** GET_TOPIC_CONFIG. */
  readonly get = (request: RemotingCommand): RemotingCommand => {
    const { topic } = GetTopicConfigRequestHeader.decode(request.extFields);
    const config = this.#deps.topics.select(topic);
    if (config === undefined) {
      throw new RequestError(ResponseCode.TOPIC_NOT_EXIST, `No topic in this broker. topic: ${topic}`);
    }
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, TopicConfigBody.encode(config));
  };

  /** GET_ALL_TOPIC_CONFIG. */
  readonly getAll = (request: RemotingCommand): RemotingCommand => {
    const { topics } = this.#deps;
    const header = GetAllTopicConfigRequestHeader.decode(request.extFields);
    const page = { dataVersion: header.dataVersion, first: header.topicSeq, maxCount: header.maxTopicNum };
    const all = topics.all();
    const table: ReadonlyMap<string, TopicConfig> = isPaged(page) ? pageOf(all, topics.dataVersion, page) : all;
    const body = TopicConfigSerializeWrapper.encode({
      dataVersion: topics.dataVersion,
      mappingDataVersion: { counter: 0, stateVersion: 0, timestamp: 0 },
      topicConfigTable: new Map(table),
      topicQueueMappingDetailMap: {},
      topicQueueMappingInfoMap: {},
    });
    const extFields = GetAllTopicConfigResponseHeader.encode({ totalTopicNum: all.size });
    return createResponse(request, ResponseCode.SUCCESS, undefined, extFields, body);
  };

  #checkName(topic: string, fault: string | undefined): void {
    if (fault !== undefined) throw new RequestError(ResponseCode.INVALID_PARAMETER, fault);
    const { validateSystemTopicWhenUpdateTopic, brokerClusterName, brokerName } = this.#deps.config;
    if (!validateSystemTopicWhenUpdateTopic) return;
    const isOwn = topic === brokerClusterName || topic === brokerName || topic === `${brokerClusterName}_REPLY_TOPIC`;
    if (isOwn || isSystemTopic(topic)) {
      throw new RequestError(ResponseCode.INVALID_PARAMETER, `The topic[${topic}] is conflict with system topic.`);
    }
  }

  #checkMessageType(changes: Attributes): void {
    if (!this.#deps.config.enableMixedMessageType && changes[`+${MESSAGE_TYPE_ATTRIBUTE}`] === 'MIXED') {
      throw new RequestError(ResponseCode.INVALID_PARAMETER, 'MIXED message type is not supported.');
    }
  }

  /** Java: KeyBuilder.buildPopRetryTopic and buildPopRetryTopicV1. */
  #popRetryTopicsOf(topic: string): string[] {
    const { config, topics, offsets } = this.#deps;
    if (!config.clearRetryTopicWhenDeleteTopic) return [];
    const names = offsets
      .groupsOf(topic)
      .flatMap((group) => [`${RETRY_TOPIC_PREFIX}${group}+${topic}`, `${RETRY_TOPIC_PREFIX}${group}_${topic}`]);
    return names.filter((name) => topics.select(name) !== undefined);
  }
}
