/**
 * SEND_MESSAGE (10), SEND_MESSAGE_V2 (310) and SEND_BATCH_MESSAGE (320). Main thread. Java: SendMessageProcessor.
 * Invariant: every request is answered once: at once when it is refused, else when the store has told how its put ended.
 * Hot: a plain message costs one decoded header, one walk over its properties, the store's record and one callback.
 */
import { RequestError } from '../../base/errors.js';
import type { Clock } from '../../base/clock.js';
import { DelayLevelTable } from '../../message/delay-level-table.js';
import type { MessageClientIdSource } from '../../message/message-client-id.js';
import { SysFlag } from '../../message/message-sys-flag.js';
import type { Connection, RequestProcessor } from '../../remoting/connection.js';
import {
  decodeSendMessageRequestHeader,
  type SendMessageRequestHeader,
} from '../../remoting/headers/send-message-request-header.js';
import { createResponse, isOneway, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore, MessageToStore, PutResult } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import { checkSizes } from '../message-checks.js';
import { delayLevelOf, toDelayedMessage } from '../schedule/delayed-message.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import type { TopicConfig } from '../topic-config.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { isRetryTopic } from '../topic-validator.js';
import { toHalfMessage } from '../transactions/half-message.js';
import { batchMessages } from './send-batch.js';
import { sendRefusal, sendResponse, type SentMessage } from './send-message-response.js';
import { isPriorityMessage, scanSendProperties, SendPropertiesWriter, type SendProperties } from './send-properties.js';
import { retryTarget, type RetryTarget } from './send-retry-target.js';
import { SendTopics } from './send-topics.js';

/** What sending needs. */
export interface SendMessageDeps {
  readonly store: Pick<MessageStore, 'putMessage' | 'putMessages'>;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly config: BrokerConfig;
  /** This broker's address in the stored form, 8 or 20 bytes: the first part of message ids. */
  readonly storeHost: () => Uint8Array;
  readonly clock: Clock;
  /** For messages whose client gave them no unique key. */
  readonly messageIds: Pick<MessageClientIdSource, 'next'>;
  /** True while a consumer of the group holds queue locks: its retries go to the dead letters at once. Java: RebalanceLockManager. */
  readonly isGroupLocked?: (group: string) => boolean;
}

/** Makes the processor of 10, 310 and 320. */
export function createSendMessageProcessor(deps: SendMessageDeps): RequestProcessor {
  return new SendMessageProcessor(deps).process;
}

/** Stored as it is, as half of a transaction, or until its delay level is over. */
type SendKind = 'plain' | 'half' | 'delayed';

class SendMessageProcessor {
  readonly #deps: SendMessageDeps;
  readonly #topics: SendTopics;
  readonly #properties: SendPropertiesWriter;
  readonly #maxDelayLevel: number;

  constructor(deps: SendMessageDeps) {
    this.#deps = deps;
    this.#topics = new SendTopics(deps.topics, deps.config);
    this.#properties = new SendPropertiesWriter(deps.config, deps.messageIds);
    this.#maxDelayLevel = DelayLevelTable.parse(deps.config.messageDelayLevel).maxLevel;
  }

  readonly process: RequestProcessor = (request, connection) => {
    const { config, clock } = this.#deps;
    if (config.brokerRole === 'SLAVE') {
      if (config.enableSlaveActingMaster)
        return sendRefusal(request, ResponseCode.SERVICE_NOT_AVAILABLE, 'this broker is a slave', config);
      return createResponse(
        request,
        ResponseCode.SYSTEM_BUSY,
        '[REJECTREQUEST]system busy, start flow control for a while',
      );
    }
    try {
      checkServiceTime(config.startAcceptSendRequestTimeStamp, clock);
      const header = decodeSendMessageRequestHeader(request);
      // Compat: the header's flag decides, not the request's code.
      if (header.batch) this.#sendBatch(request, connection, header);
      else this.#sendOne(request, connection, header);
      return undefined;
    } catch (error) {
      if (error instanceof RequestError) return sendRefusal(request, error.code, error.message, config);
      throw error;
    }
  };

  #sendOne(request: RemotingCommand, connection: Connection, header: SendMessageRequestHeader): void {
    const { config, store } = this.#deps;
    const { body } = request;
    const topicConfig = this.#topics.find(header, connection.remoteAddress);
    const found = scanSendProperties(header.properties);
    const target = isRetryTopic(header.topic)
      ? retryTarget(header, request.version, this.#deps, this.#topics)
      : undefined;
    const topic = target?.topic ?? header.topic;
    const kind = kindOf(found, header.reconsumeTimes, target, config);
    const properties = this.#properties.write(header.properties, found, target?.properties);
    checkSizes(topic, body, properties, config);
    const queueId = queueFor(header.queueId, found, topicConfig);
    const message = {
      topic,
      queueId: target?.queueId ?? queueId,
      flag: header.flag,
      sysFlag: sysFlagFor(header.sysFlag, target?.topicConfig ?? topicConfig),
      bornTimestampMs: header.bornTimestamp,
      bornHost: connection.remoteHost,
      reconsumeTimes: header.reconsumeTimes,
      preparedTransactionOffset: 0,
      body,
      properties,
    };
    const sent: SentMessage = { topic, queueId, uniqKey: found.uniqKey };
    store.putMessage(this.#formOf(kind, message, found), (result) => this.#answer(request, connection, sent, result));
  }

  #formOf(kind: SendKind, message: MessageToStore, found: SendProperties): MessageToStore {
    if (kind === 'plain') return message;
    return kind === 'half' ? toHalfMessage(message, found.uniqKey) : toDelayedMessage(message, this.#maxDelayLevel);
  }

  #sendBatch(request: RemotingCommand, connection: Connection, header: SendMessageRequestHeader): void {
    const { config, store } = this.#deps;
    const topicConfig = this.#topics.find(header, connection.remoteAddress);
    const found = scanSendProperties(header.properties);
    const queueId = queueFor(header.queueId, undefined, topicConfig);
    const place = { queueId, sysFlag: sysFlagFor(header.sysFlag, topicConfig), bornHost: connection.remoteHost };
    const messages = batchMessages(header, found, request.body, place, config);
    const sent: SentMessage = { topic: header.topic, queueId, uniqKey: found.uniqKey };
    store.putMessages(messages, (result) => this.#answer(request, connection, sent, result));
  }

  #answer(request: RemotingCommand, connection: Connection, sent: SentMessage, result: PutResult): void {
    if (isOneway(request)) return;
    const response = sendResponse(request, sent, result, this.#deps.storeHost(), this.#deps.config);
    const settling = this.#topics.settling(sent.topic);
    if (settling === undefined) connection.write(response);
    else void settling.then(() => connection.write(response));
  }
}

/**
 * Throws RequestError before the time from which sends are taken.
 * Differs: the time is given in UTC, and not in the machine's time zone.
 */
export function checkServiceTime(startMs: number, clock: Clock): void {
  if (startMs === 0 || clock.nowMs() >= startMs) return;
  throw new RequestError(
    ResponseCode.SYSTEM_ERROR,
    `broker unable to service, until ${new Date(startMs).toISOString()}`,
  );
}

/**
 * What becomes of a message. Refuses the kinds that this broker does not serve: one that should wait for a time of its own is never handed to
 * consumers at once.
 */
function kindOf(
  found: SendProperties,
  reconsumeTimes: number,
  target: RetryTarget | undefined,
  config: BrokerConfig,
): SendKind {
  if (target?.isDeadLetter === true) return 'plain';
  const isDelayed = delayLevelOf(found.delay) > 0;
  // A retry that an old client sends with the property of the message that it could not consume is no half message.
  const isHalf = found.isTransactional && !(reconsumeTimes > 0 && isDelayed);
  if (isHalf && config.rejectTransactionMessage) {
    throw new RequestError(
      ResponseCode.NO_PERMISSION,
      `the broker[${config.brokerIP1}] sending transaction message is forbidden`,
    );
  }
  if (found.isTimed && !isDelayed) {
    throw new RequestError(
      ResponseCode.SYSTEM_ERROR,
      'accurate timer message is not enabled, timerWheelEnable is false',
    );
  }
  if (isHalf) return 'half';
  return isDelayed ? 'delayed' : 'plain';
}

/** The queue that the priority names, else the one asked for, else any. `found` is undefined for a batch. */
function queueFor(
  queueId: number,
  found: SendProperties | undefined,
  { topicName, writeQueueNums }: TopicConfig,
): number {
  if (found !== undefined && isPriorityMessage(found)) return Math.min(found.priority, writeQueueNums - 1);
  if (queueId >= 0) return queueId;
  // Apache fails here with a division by zero.
  if (writeQueueNums < 1)
    throw new RequestError(ResponseCode.SYSTEM_ERROR, `topic[${topicName}] has no queue to write to`);
  return Math.floor(Math.random() * writeQueueNums);
}

function sysFlagFor(sysFlag: number, topicConfig: TopicConfig): number {
  return topicConfig.topicFilterType === 'MULTI_TAG' ? sysFlag | SysFlag.MULTI_TAGS : sysFlag;
}
