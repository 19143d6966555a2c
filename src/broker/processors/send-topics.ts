/**
 * The topic of a send: checked, and made on first use if that is allowed. Main thread. Java: AbstractSendMessageProcessor.msgCheck.
 * Invariant: a message of a topic made here is not acknowledged before the topic is on disk, or a crash could lose the one with the other.
 */
import { RequestError } from '../../base/errors.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { BrokerConfig } from '../broker-config.js';
import { describeTopicConfig, FAQ_TIP } from '../message-checks.js';
import { isWriteable, PERM, type TopicConfig } from '../topic-config.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { isRetryTopic, isSendForbiddenTopic, topicFault } from '../topic-validator.js';

/** The fields of a send request that decide about its topic. */
export interface SendTarget {
  readonly topic: string;
  readonly queueId: number;
  readonly defaultTopic: string;
  readonly defaultTopicQueueNums: number;
  readonly unitMode: boolean;
}

/** Finds topics for the send processor. */
export class SendTopics {
  readonly #topics: TopicConfigManager;
  readonly #config: Pick<BrokerConfig, 'brokerPermission' | 'brokerIP1'>;
  /** Made here, and not yet where they have to be. */
  readonly #unsettled = new Map<string, Promise<void>>();

  constructor(topics: TopicConfigManager, config: Pick<BrokerConfig, 'brokerPermission' | 'brokerIP1'>) {
    this.#topics = topics;
    this.#config = config;
  }

  /** The topic of a send from `remoteAddress`. Throws RequestError. */
  find(target: SendTarget, remoteAddress: string): TopicConfig {
    const { topic, queueId } = target;
    const known = this.#topics.select(topic);
    // Compat: a broker without write permission refuses ordered topics only; clients learn of the others from the route.
    if (!isWriteable(this.#config.brokerPermission) && known?.order === true) {
      throw new RequestError(
        ResponseCode.NO_PERMISSION,
        `the broker[${this.#config.brokerIP1}] sending message is forbidden`,
      );
    }
    const fault = topicFault(topic);
    if (fault !== undefined) throw new RequestError(ResponseCode.INVALID_PARAMETER, fault);
    if (isSendForbiddenTopic(topic)) {
      throw new RequestError(ResponseCode.NO_PERMISSION, `Sending message to topic[${topic}] is forbidden.`);
    }
    const config = known ?? this.#create(target, remoteAddress);
    // Compat: ids up to the larger of the two numbers pass, so that a topic can be shrunk for writing first.
    if (queueId >= Math.max(config.writeQueueNums, config.readQueueNums)) {
      const remark = `request queueId[${queueId}] is illegal, ${describeTopicConfig(config)} Producer: ${remoteAddress}`;
      throw new RequestError(ResponseCode.INVALID_PARAMETER, remark);
    }
    return config;
  }

  /** A retry or dead-letter topic, made if it is not there. */
  findOrCreate(topic: string, queueNums: number, topicSysFlag: number): TopicConfig {
    const known = this.#topics.select(topic);
    if (known !== undefined) return known;
    const created = this.#topics.createInSendBack(topic, queueNums, PERM.WRITE | PERM.READ, topicSysFlag);
    this.#watch(topic);
    return created;
  }

  /** Undefined for a topic that is where it has to be, as nearly all are; else settles when it is. */
  settling(topic: string): Promise<void> | undefined {
    return this.#unsettled.size === 0 ? undefined : this.#unsettled.get(topic);
  }

  #create(target: SendTarget, remoteAddress: string): TopicConfig {
    const { topic, defaultTopic, defaultTopicQueueNums, unitMode } = target;
    const isRetry = isRetryTopic(topic);
    const topicSysFlag = unitMode ? unitFlag(isRetry) : 0;
    const created =
      this.#topics.createInSend(topic, defaultTopic, remoteAddress, defaultTopicQueueNums, topicSysFlag) ??
      (isRetry ? this.findOrCreate(topic, 1, topicSysFlag) : undefined);
    if (created === undefined) {
      throw new RequestError(ResponseCode.TOPIC_NOT_EXIST, `topic[${topic}] not exist, apply first please!${FAQ_TIP}`);
    }
    this.#watch(topic);
    return created;
  }

  #watch(topic: string): void {
    const settled = this.#topics.settled().then(() => void this.#unsettled.delete(topic));
    this.#unsettled.set(topic, settled);
  }
}

/** Java: TopicSysFlag.buildSysFlag(unit, hasUnitSub). */
function unitFlag(isRetry: boolean): number {
  return isRetry ? 2 : 1;
}
