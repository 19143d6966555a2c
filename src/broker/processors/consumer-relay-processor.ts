/**
 * Requests about one consumer that only its client can answer: GET_CONSUMER_RUNNING_INFO (307), CONSUME_MESSAGE_DIRECTLY (309) and
 * INVOKE_BROKER_TO_GET_CONSUMER_STATUS (223), which is handed on as GET_CONSUMER_STATUS_FROM_CLIENT (221). Main thread.
 * Java: AdminBrokerProcessor, Broker2Client.getConsumeStatus.
 */
import { RequestError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { physicalOffsetOfMessageId } from '../../message/message-id.js';
import { GetConsumerStatusBody } from '../../remoting/bodies/get-consumer-status-body.js';
import { ConsumeMessageDirectlyResultRequestHeader } from '../../remoting/headers/consume-message-directly-result-request-header.js';
import { GetConsumerRunningInfoRequestHeader } from '../../remoting/headers/get-consumer-running-info-request-header.js';
import { GetConsumerStatusRequestHeader } from '../../remoting/headers/get-consumer-status-request-header.js';
import { createRequest, createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { RequestCode } from '../../remoting/request-code.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import { callClient, callConsumer } from '../call-client.js';
import type { ClientChannelInfo } from '../client-channel-info.js';
import type { ConsumerManager } from '../consumer-manager.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { checkVersions, NOT_SET_REMARK } from './reset-offset-processor.js';

/** How long clients have for their status; one that takes longer is left out. Java: the same, as a constant. */
export const STATUS_TIMEOUT_MS = 5_000;

/** What a ConsumerRelayProcessor needs. */
export interface ConsumerRelayProcessorDeps {
  readonly config: Pick<BrokerConfig, 'brokerName'>;
  readonly topics: Pick<TopicConfigManager, 'select'>;
  readonly groups: Pick<SubscriptionGroupManager, 'find'>;
  readonly consumers: Pick<ConsumerManager, 'group'>;
  readonly store: Pick<MessageStore, 'recordAt'>;
  readonly logger: Logger;
}

type Status = readonly [clientId: string, offsets: GetConsumerStatusBody['messageQueueTable']];

/** One for each broker; its methods are bound. */
export class ConsumerRelayProcessor {
  readonly #deps: ConsumerRelayProcessorDeps;

  constructor(deps: ConsumerRelayProcessorDeps) {
    this.#deps = deps;
  }

  /** GET_CONSUMER_RUNNING_INFO. */
  readonly runningInfo = (request: RemotingCommand): Promise<RemotingCommand> => {
    const header = GetConsumerRunningInfoRequestHeader.decode(request.extFields);
    return callConsumer(this.#deps.consumers, header, request);
  };

  /** CONSUME_MESSAGE_DIRECTLY: the client gets the stored record and hands it to its listener. */
  readonly consumeDirectly = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { config, topics, groups, consumers, store } = this.#deps;
    const header = ConsumeMessageDirectlyResultRequestHeader.decode(request.extFields);
    const { consumerGroup, clientId = '', msgId = '', topic } = header;
    const topicConfig = topic === undefined ? undefined : topics.select(topic);
    const groupConfig = consumerGroup === '' ? undefined : groups.find(consumerGroup);
    const extFields = ConsumeMessageDirectlyResultRequestHeader.encode({
      ...header,
      brokerName: config.brokerName,
      ...(topicConfig !== undefined && { topicSysFlag: topicConfig.topicSysFlag }),
      ...(groupConfig !== undefined && { groupSysFlag: groupConfig.groupSysFlag }),
    });
    const physicalOffset = physicalOffsetOfMessageId(msgId);
    const body = physicalOffset === undefined || physicalOffset < 0 ? undefined : await store.recordAt(physicalOffset);
    // Apache's code too; its remark is a Java exception.
    if (body === undefined)
      throw new RequestError(ResponseCode.SYSTEM_ERROR, `there is no message with the id ${msgId}`);
    return callConsumer(consumers, { consumerGroup, clientId }, { code: request.code, extFields, body });
  };

  /** INVOKE_BROKER_TO_GET_CONSUMER_STATUS. Differs: all clients are asked at once, and not one after the other. */
  readonly status = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { topic, group, clientAddr = '' } = GetConsumerStatusRequestHeader.decode(request.extFields);
    const isForAll = clientAddr.trim() === '';
    const clients = [...(this.#deps.consumers.group(group)?.clients() ?? [])];
    if (clients.length === 0) {
      const remark = `No Any Consumer online in the consumer group: [${group}]`;
      throw new RequestError(ResponseCode.SYSTEM_ERROR, remark);
    }
    checkVersions(clients);
    const asked = clients.filter(({ clientId }) => isForAll || clientId === clientAddr);
    const statuses = await Promise.all(asked.map((client) => this.#statusOf(client, topic, group)));
    const consumerTable = new Map(statuses.filter((status) => status !== undefined));
    const body = GetConsumerStatusBody.encode({ consumerTable, messageQueueTable: new Map() });
    return createResponse(request, ResponseCode.SUCCESS, NOT_SET_REMARK, undefined, body);
  };

  /** Undefined for a client that does not answer, or not with success. */
  async #statusOf(
    { connection, clientId }: ClientChannelInfo,
    topic: string,
    group: string,
  ): Promise<Status | undefined> {
    const header = GetConsumerStatusRequestHeader.encode({ topic, group });
    const call = createRequest(RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, header);
    try {
      const { code, body } = await callClient(connection, call, STATUS_TIMEOUT_MS);
      if (code !== ResponseCode.SUCCESS || body === undefined) return undefined;
      return [clientId, GetConsumerStatusBody.decode(body).messageQueueTable];
    } catch (error) {
      this.#deps.logger.warn('a client did not tell its status', { topic, group, clientId, error });
      return undefined;
    }
  }
}
