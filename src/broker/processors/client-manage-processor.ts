/**
 * HEART_BEAT (34), UNREGISTER_CLIENT (35) and CHECK_CLIENT_CONFIG (46): clients come and go. Main thread. Java: ClientManageProcessor.
 * Invariant: when a group's first heartbeat is answered its %RETRY% topic is in the route, since the client asks for it next.
 */
import { RequestError } from '../../base/errors.js';
import type { Clock } from '../../base/clock.js';
import { CheckClientRequestBody } from '../../remoting/bodies/check-client-request-body.js';
import { HeartbeatData, type ConsumerData } from '../../remoting/bodies/heartbeat-data.js';
import type { Connection } from '../../remoting/connection.js';
import { UnregisterClientRequestHeader } from '../../remoting/headers/unregister-client-request-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ClientChannelInfo } from '../client-channel-info.js';
import type { ConsumerManager } from '../consumer-manager.js';
import type { ProducerManager } from '../producer-manager.js';
import { compilePropertyFilter, isTagType } from '../pull-filter.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import { PERM, TOPIC_SYS_FLAG_UNIT_SUB } from '../topic-config.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { RETRY_TOPIC_PREFIX } from '../topic-validator.js';
import { checkPropertyFilter } from './pull-checks.js';

/** What a ClientManageProcessor needs. */
export interface ClientManageProcessorDeps {
  readonly config: Pick<BrokerConfig, 'rejectPullConsumerEnable' | 'enablePropertyFilter'>;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly consumers: ConsumerManager;
  readonly producers: ProducerManager;
  readonly clock: Clock;
}

/** One for each broker; its methods are bound. */
export class ClientManageProcessor {
  readonly #deps: ClientManageProcessorDeps;
  /** Heartbeat V2: a fingerprint of a client's subscriptions by group. Java: consumerGroupHeartbeatTable. */
  readonly #fingerprints = new Map<string, number>();

  constructor(deps: ClientManageProcessorDeps) {
    this.#deps = deps;
  }

  /** HEART_BEAT. */
  readonly heartbeat = (
    request: RemotingCommand,
    connection: Connection,
  ): RemotingCommand | Promise<RemotingCommand> => {
    if (request.body === undefined) throw new RequestError(ResponseCode.SYSTEM_ERROR, 'a heartbeat without a body');
    const heartbeat = HeartbeatData.decode(request.body);
    const { topics, producers, clock } = this.#deps;
    const versionBefore = topics.dataVersion;
    const client = (): ClientChannelInfo => ({
      connection,
      clientId: heartbeat.clientID,
      language: request.language,
      version: request.version,
      lastUpdateMs: clock.nowMs(),
    });
    let isSubChange = heartbeat.heartbeatFingerprint === 0;
    for (const consumer of heartbeat.consumerDataSet) {
      if (this.#isRejected(consumer)) continue;
      if (this.#noteFingerprint(consumer.groupName, heartbeat.heartbeatFingerprint)) isSubChange = true;
      this.#registerConsumer(consumer, client(), heartbeat.heartbeatFingerprint !== 0 && heartbeat.withoutSub);
    }
    for (const { groupName } of heartbeat.producerDataSet) producers.register(groupName, client());
    const extFields = { IS_SUPPORT_HEART_BEAT_V2: 'true', IS_SUB_CHANGE: String(isSubChange) };
    const response = createResponse(request, ResponseCode.SUCCESS, undefined, extFields);
    return topics.dataVersion === versionBefore ? response : topics.settled().then(() => response);
  };

  /** UNREGISTER_CLIENT. */
  readonly unregister = (request: RemotingCommand, connection: Connection): RemotingCommand => {
    const { producerGroup, consumerGroup } = UnregisterClientRequestHeader.decode(request.extFields);
    const { groups, consumers, producers } = this.#deps;
    if (producerGroup !== undefined) producers.unregister(producerGroup, connection);
    if (consumerGroup !== undefined) {
      const isNotifyEnabled = groups.find(consumerGroup)?.notifyConsumerIdsChangedEnable ?? true;
      consumers.unregister(consumerGroup, connection, isNotifyEnabled);
    }
    return createResponse(request, ResponseCode.SUCCESS);
  };

  /** CHECK_CLIENT_CONFIG: a client that filters by something other than tags does not start unless this succeeds. */
  readonly checkConfig = (request: RemotingCommand): RemotingCommand => {
    const { subscriptionData } = CheckClientRequestBody.decode(request.body);
    if (subscriptionData !== undefined && !isTagType(subscriptionData.expressionType)) {
      checkPropertyFilter(subscriptionData.expressionType, this.#deps.config);
      compilePropertyFilter(subscriptionData.expressionType, subscriptionData.subString);
    }
    return createResponse(request, ResponseCode.SUCCESS);
  };

  #isRejected(consumer: ConsumerData): boolean {
    return this.#deps.config.rejectPullConsumerEnable && consumer.consumeType === 'CONSUME_ACTIVELY';
  }

  /** True if another fingerprint than before speaks for the group. */
  #noteFingerprint(group: string, fingerprint: number): boolean {
    const before = this.#fingerprints.get(group);
    this.#fingerprints.set(group, fingerprint);
    return before !== undefined && before !== fingerprint;
  }

  #registerConsumer(consumer: ConsumerData, client: ClientChannelInfo, isWithoutSub: boolean): void {
    const { topics, groups, consumers } = this.#deps;
    const { groupName, subscriptionDataSet, consumeType, messageModel, consumeFromWhere, unitMode } = consumer;
    const group = groups.find(groupName);
    // Compat: the heartbeat of a group that may not be made succeeds; its pulls say what is wrong.
    if (group === undefined) return;
    const hasOrderTopic = subscriptionDataSet.some(({ topic }) => topics.isOrderTopic(topic));
    const sysFlag = unitMode ? TOPIC_SYS_FLAG_UNIT_SUB : 0;
    const retryTopic = RETRY_TOPIC_PREFIX + groupName;
    topics.createInSendBack(retryTopic, group.retryQueueNums, PERM.WRITE | PERM.READ, sysFlag, hasOrderTopic);
    consumers.register({
      group: groupName,
      client,
      mode: { consumeType, messageModel, consumeFromWhere },
      subscriptions: isWithoutSub ? undefined : subscriptionDataSet,
      isNotifyEnabled: group.notifyConsumerIdsChangedEnable,
    });
  }
}
