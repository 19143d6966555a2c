/**
 * INVOKE_BROKER_TO_RESET_OFFSET (222): sets a group back or forward in a topic. Main thread.
 * Java: AdminBrokerProcessor.resetOffset, Broker2Client.resetOffset.
 * With `useServerSideResetOffset` the broker changes the offsets itself and a consumer learns of it from its next pull; without, it works
 * out the offsets and hands them to all clients of the group (220), who carry them out.
 * Invariant: offsets change only after all of them are known, and within one turn.
 */
import { RequestError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { ResetOffsetBody, ResetOffsetBodyForC } from '../../remoting/bodies/reset-offset-body.js';
import type { Connection } from '../../remoting/connection.js';
import { ResetOffsetRequestHeader } from '../../remoting/headers/reset-offset-request-header.js';
import { oldVersionName, RESET_OFFSET_VERSION } from '../../remoting/mq-version.js';
import { createRequest, createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { RequestCode } from '../../remoting/request-code.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ClientChannelInfo } from '../client-channel-info.js';
import type { ConsumerManager } from '../consumer-manager.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import type { TopicConfigManager } from '../topic-config-manager.js';

/** Compat: the remark that Apache's responses begin with, and that stays in some that succeed. */
export const NOT_SET_REMARK = 'not set any response code';

/** What a ResetOffsetProcessor needs. */
export interface ResetOffsetProcessorDeps {
  readonly config: Pick<BrokerConfig, 'useServerSideResetOffset' | 'brokerRole' | 'brokerName'>;
  readonly topics: Pick<TopicConfigManager, 'select'>;
  readonly groups: Pick<SubscriptionGroupManager, 'contains'>;
  readonly offsets: Pick<ConsumerOffsetManager, 'query' | 'assignReset'>;
  readonly consumers: Pick<ConsumerManager, 'group'>;
  readonly store: Pick<MessageStore, 'minOffset' | 'maxOffset' | 'offsetByTimestamp'>;
  readonly logger: Logger;
}

type QueueOffset = readonly [queueId: number, offset: number];

/** One for each broker; its method is bound. */
export class ResetOffsetProcessor {
  readonly #deps: ResetOffsetProcessorDeps;

  constructor(deps: ResetOffsetProcessorDeps) {
    this.#deps = deps;
  }

  /** INVOKE_BROKER_TO_RESET_OFFSET. */
  readonly reset = (request: RemotingCommand, connection: Connection): Promise<RemotingCommand> => {
    const header = ResetOffsetRequestHeader.decode(request.extFields);
    const { config, logger } = this.#deps;
    logger.info('reset of offsets asked for', { ...header, by: connection.remoteAddress });
    return config.useServerSideResetOffset ? this.#resetHere(request, header) : this.#resetInClients(request, header);
  };

  async #resetHere(request: RemotingCommand, header: ResetOffsetRequestHeader): Promise<RemotingCommand> {
    const { config, topics, groups, offsets, logger } = this.#deps;
    const { topic, group } = header;
    if (config.brokerRole === 'SLAVE') {
      throw new RequestError(ResponseCode.SYSTEM_ERROR, 'Can not reset offset in slave broker');
    }
    const topicConfig = topics.select(topic);
    if (topicConfig === undefined) {
      throw new RequestError(ResponseCode.TOPIC_NOT_EXIST, `Topic ${topic} does not exist`);
    }
    if (!groups.contains(group)) {
      throw new RequestError(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, `Group ${group} does not exist`);
    }
    const queues = header.queueId >= 0 ? [header.queueId] : queueIds(topicConfig.readQueueNums);
    if (queues.length === 0) throw new RequestError(ResponseCode.SYSTEM_ERROR, 'No queues to reset.');
    const targets = await Promise.all(queues.map((queueId) => this.#target(header, queueId)));
    for (const [queueId, offset] of targets) offsets.assignReset(topic, group, queueId, offset);
    logger.info('offsets reset', { topic, group, queues: targets.map((target) => target.join(':')).join(' ') });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, this.#answerBody(topic, targets));
  }

  async #target(header: ResetOffsetRequestHeader, queueId: number): Promise<QueueOffset> {
    const { topic, offset, timestamp } = header;
    if (header.queueId < 0 || offset === undefined || offset === -1) {
      return [queueId, await this.#offsetAt(topic, queueId, timestamp)];
    }
    const { store } = this.#deps;
    const min = store.minOffset(topic, queueId);
    const max = store.maxOffset(topic, queueId);
    // Compat: one past the end is allowed.
    if (offset < min || offset > max + 1) {
      const remark = `Target offset ${offset} not in consume queue range [${min}-${max}]`;
      throw new RequestError(ResponseCode.SYSTEM_ERROR, remark);
    }
    return [queueId, offset];
  }

  async #offsetAt(topic: string, queueId: number, timestampMs: number): Promise<number> {
    const { store } = this.#deps;
    if (timestampMs < 0) return store.maxOffset(topic, queueId);
    return Math.max(0, await store.offsetByTimestamp(topic, queueId, timestampMs, 'LOWER'));
  }

  async #resetInClients(request: RemotingCommand, header: ResetOffsetRequestHeader): Promise<RemotingCommand> {
    const { topics, consumers, logger } = this.#deps;
    const { topic, group, timestamp } = header;
    const topicConfig = topics.select(topic);
    if (topicConfig === undefined) {
      const remark = `[reset-offset] reset offset failed, no topic in this broker. topic=${topic}`;
      throw new RequestError(ResponseCode.TOPIC_NOT_EXIST, remark);
    }
    const queues = queueIds(topicConfig.writeQueueNums);
    const targets = await Promise.all(queues.map((queueId) => this.#clientTarget(header, queueId)));
    const clients = [...(consumers.group(group)?.clients() ?? [])];
    if (clients.length === 0) {
      const remark = `Consumer not online, so can not reset offset, Group: ${group} Topic: ${topic} Timestamp: ${timestamp}`;
      throw new RequestError(ResponseCode.CONSUMER_NOT_ONLINE, remark);
    }
    checkVersions(clients);
    const extFields = ResetOffsetRequestHeader.encode({ topic, group, timestamp, queueId: -1, isForce: false });
    const body = request.language === 'CPP' ? this.#bodyForC(topic, targets) : this.#answerBody(topic, targets);
    for (const { connection, clientId } of clients) {
      connection.invokeOneway(createRequest(RequestCode.RESET_CONSUMER_CLIENT_OFFSET, { ...extFields }, body));
      logger.info('reset of offsets handed to a client', { topic, group, clientId });
    }
    return createResponse(request, ResponseCode.SUCCESS, NOT_SET_REMARK, undefined, this.#answerBody(topic, targets));
  }

  /** Without force a group is set back, never forward. */
  async #clientTarget(
    { topic, group, timestamp, isForce }: ResetOffsetRequestHeader,
    queueId: number,
  ): Promise<QueueOffset> {
    const consumerOffset = this.#deps.offsets.query(group, topic, queueId);
    if (consumerOffset === -1) {
      // Compat: the misspelling is Apache's.
      throw new RequestError(ResponseCode.SYSTEM_ERROR, `THe consumer group <${group}> not exist`);
    }
    const offset =
      timestamp === -1 ? this.#deps.store.maxOffset(topic, queueId) : await this.#offsetAt(topic, queueId, timestamp);
    return [queueId, isForce ? offset : Math.min(offset, consumerOffset)];
  }

  #answerBody(topic: string, targets: readonly QueueOffset[]): Buffer {
    const { brokerName } = this.#deps.config;
    return ResetOffsetBody.encode({
      offsetTable: new Map(targets.map(([queueId, offset]) => [{ brokerName, queueId, topic }, offset])),
    });
  }

  #bodyForC(topic: string, targets: readonly QueueOffset[]): Buffer {
    const { brokerName } = this.#deps.config;
    return ResetOffsetBodyForC.encode({
      offsetTable: targets.map(([queueId, offset]) => ({ brokerName, offset, queueId, topic })),
    });
  }
}

/** Throws unless every client knows what 220 and 221 are. */
export function checkVersions(clients: readonly ClientChannelInfo[]): void {
  for (const { version } of clients) {
    if (version >= RESET_OFFSET_VERSION) continue;
    const remark = `the client does not support this feature. version=${oldVersionName(version)}`;
    throw new RequestError(ResponseCode.SYSTEM_ERROR, remark);
  }
}

function queueIds(count: number): number[] {
  return Array.from({ length: count }, (_, queueId) => queueId);
}
