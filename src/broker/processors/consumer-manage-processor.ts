/**
 * GET_CONSUMER_LIST_BY_GROUP (38), UPDATE_CONSUMER_OFFSET (15) and QUERY_CONSUMER_OFFSET (14): what a group's members need to share
 * out queues and to know where to go on. Main thread. Java: ConsumerManageProcessor.
 */
import { RequestError } from '../../base/errors.js';
import { GetConsumerListByGroupResponseBody } from '../../remoting/bodies/get-consumer-list-by-group-response-body.js';
import type { Connection } from '../../remoting/connection.js';
import { GetConsumerListByGroupRequestHeader } from '../../remoting/headers/get-consumer-list-by-group-request-header.js';
import {
  QueryConsumerOffsetRequestHeader,
  QueryConsumerOffsetResponseHeader,
} from '../../remoting/headers/query-consumer-offset-request-header.js';
import { UpdateConsumerOffsetRequestHeader } from '../../remoting/headers/update-consumer-offset-request-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ConsumerManager } from '../consumer-manager.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import { fitsMemory } from '../message-memory.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import type { TopicConfigManager } from '../topic-config-manager.js';

/** What a ConsumerManageProcessor needs. */
export interface ConsumerManageProcessorDeps {
  readonly config: Pick<BrokerConfig, 'useServerSideResetOffset' | 'accessMessageInMemoryMaxRatio'>;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly offsets: ConsumerOffsetManager;
  readonly consumers: ConsumerManager;
  readonly store: Pick<MessageStore, 'minOffset' | 'maxOffset' | 'isInMemory' | 'stats'>;
}

/** One for each broker; its methods are bound. */
export class ConsumerManageProcessor {
  readonly #deps: ConsumerManageProcessorDeps;

  constructor(deps: ConsumerManageProcessorDeps) {
    this.#deps = deps;
  }

  /** GET_CONSUMER_LIST_BY_GROUP. */
  readonly listConsumers = (request: RemotingCommand): RemotingCommand => {
    const { consumerGroup } = GetConsumerListByGroupRequestHeader.decode(request.extFields);
    const consumerIdList = this.#deps.consumers.group(consumerGroup)?.clientIds() ?? [];
    if (consumerIdList.length === 0) {
      throw new RequestError(ResponseCode.SYSTEM_ERROR, `no consumer for this group, ${consumerGroup}`);
    }
    const body = GetConsumerListByGroupResponseBody.encode({ consumerIdList });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };

  /** UPDATE_CONSUMER_OFFSET. */
  readonly updateOffset = (request: RemotingCommand, connection: Connection): RemotingCommand => {
    const { config, topics, groups, offsets } = this.#deps;
    const header = UpdateConsumerOffsetRequestHeader.decode(request.extFields);
    const { consumerGroup, topic, queueId, commitOffset } = header;
    if (!groups.contains(consumerGroup)) {
      throw new RequestError(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, `Group ${consumerGroup} not exist!`);
    }
    if (topics.select(topic) === undefined) {
      throw new RequestError(ResponseCode.TOPIC_NOT_EXIST, `Topic ${topic} not exist!`);
    }
    if (request.extFields?.['queueId'] === undefined) {
      throw new RequestError(ResponseCode.INVALID_PARAMETER, `QueueId is null, topic is ${topic}`);
    }
    if (request.extFields['commitOffset'] === undefined) {
      throw new RequestError(ResponseCode.INVALID_PARAMETER, `Offset is null, topic is ${topic}`);
    }
    if (config.useServerSideResetOffset && offsets.hasReset(topic, consumerGroup, queueId)) {
      return createResponse(request, ResponseCode.SUCCESS, 'Offset has been previously reset');
    }
    offsets.commit(connection.remoteAddress, consumerGroup, topic, queueId, commitOffset);
    return createResponse(request, ResponseCode.SUCCESS);
  };

  /**
   * True while the queue's first message is there and in memory. Apache asks the operating system whether its page is; here a log that is
   * no longer than `accessMessageInMemoryMaxRatio` of the memory counts, as with Apache 4.x.
   */
  #isYoung(topic: string, queueId: number): boolean {
    const { store, config } = this.#deps;
    if (store.minOffset(topic, queueId) > 0 || store.maxOffset(topic, queueId) <= 0) return false;
    if (store.isInMemory(topic, queueId, 0)) return true;
    const { minPhysicalOffset, maxPhysicalOffset } = store.stats();
    return fitsMemory(maxPhysicalOffset - minPhysicalOffset, config);
  }

  /**
   * QUERY_CONSUMER_OFFSET. A group without an offset begins at 0 if the queue's first message is still there and in memory: a young queue is
   * read from its start whatever the client's CONSUME_FROM_… says. Else QUERY_NOT_FOUND lets the client decide.
   */
  readonly queryOffset = (request: RemotingCommand): RemotingCommand => {
    const { offsets } = this.#deps;
    const header = QueryConsumerOffsetRequestHeader.decode(request.extFields);
    const { consumerGroup, topic, queueId, setZeroIfNotFound } = header;
    const offset = offsets.query(consumerGroup, topic, queueId);
    if (offset >= 0) return offsetResponse(request, offset);
    if (setZeroIfNotFound === false) {
      throw new RequestError(
        ResponseCode.QUERY_NOT_FOUND,
        'Not found, do not set to zero, maybe this group boot first',
      );
    }
    if (this.#isYoung(topic, queueId)) return offsetResponse(request, 0);
    throw new RequestError(
      ResponseCode.QUERY_NOT_FOUND,
      'Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first',
    );
  };
}

function offsetResponse(request: RemotingCommand, offset: number): RemotingCommand {
  return createResponse(request, ResponseCode.SUCCESS, undefined, QueryConsumerOffsetResponseHeader.encode({ offset }));
}
