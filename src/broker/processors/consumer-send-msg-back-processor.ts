/**
 * CONSUMER_SEND_MSG_BACK (36): a consumer could not handle a message and wants it again later. Main thread.
 * Java: AbstractSendMessageProcessor.consumerSendMsgBack.
 * Invariant: SUCCESS only when a copy of the message is stored: under its group's %RETRY% topic after a delay, or among its dead letters. A topic
 * made for it is in the route and on disk before that.
 */
import { RequestError } from '../../base/errors.js';
import { DelayLevelTable } from '../../message/delay-level-table.js';
import { createOffsetMessageId } from '../../message/message-id.js';
import { MessageConst, propertiesToMap, propertiesToString } from '../../message/message-properties.js';
import { decodeStoredMessage, type StoredMessage } from '../../message/stored-message.js';
import { PROPERTIES_BYTES_MAX } from '../../message/stored-record.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { ConsumerSendMsgBackRequestHeader } from '../../remoting/headers/consumer-send-msg-back-request-header.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { isSafeHere, type MessageStore, type MessageToStore, PutStatus } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import { FAQ_TIP } from '../message-checks.js';
import { toDelayedMessage } from '../schedule/delayed-message.js';
import type { SubscriptionGroupConfig } from '../subscription-group-config.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import { isWriteable } from '../topic-config.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { DLQ_TOPIC_PREFIX, RETRY_TOPIC_PREFIX } from '../topic-validator.js';
import { DLQ_QUEUE_NUMS, maxReconsumeTimesOf } from './send-retry-target.js';
import { SendTopics } from './send-topics.js';

/** The level of a message that comes back for the first time, when the consumer leaves it to the broker: 10 s by default. */
const FIRST_RETRY_LEVEL = 3;
/** Bit of a retry topic that is made for a unit's consumers. Java: TopicSysFlag. */
const UNIT_SUB_FLAG = 2;

/** What sending back needs. */
export interface ConsumerSendMsgBackDeps {
  readonly store: Pick<MessageStore, 'recordAt' | 'putMessage'>;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly config: Pick<BrokerConfig, 'brokerPermission' | 'brokerIP1' | 'brokerRole' | 'messageDelayLevel'>;
}

/** Makes the processor. */
export function createConsumerSendMsgBackProcessor(deps: ConsumerSendMsgBackDeps): RequestProcessor {
  const { store, groups, config } = deps;
  const topics = new SendTopics(deps.topics, config);
  const { maxLevel } = DelayLevelTable.parse(config.messageDelayLevel);
  return async (request) => {
    const header = ConsumerSendMsgBackRequestHeader.decode(request.extFields);
    if (config.brokerRole === 'SLAVE')
      throw new RequestError(ResponseCode.SYSTEM_ERROR, `no master available along with ${config.brokerIP1}`);
    const group = groups.find(header.group);
    if (group === undefined) throw groupMissing(header.group);
    if (!isWriteable(config.brokerPermission)) throw brokerForbids(config.brokerIP1);
    // Compat: a group without retry queues gives its messages up, and is told that all is well.
    if (group.retryQueueNums <= 0) return createResponse(request, ResponseCode.SUCCESS);
    const retryTopic = RETRY_TOPIC_PREFIX + header.group;
    const { perm } = topics.findOrCreate(retryTopic, group.retryQueueNums, header.unitMode ? UNIT_SUB_FLAG : 0);
    if (!isWriteable(perm)) throw topicForbids(retryTopic);
    const stored = await findMessage(store, header.offset);
    const copy = copyFor(stored, header, request.version, group);
    if (copy.isDeadLetter) topics.findOrCreate(copy.message.topic, DLQ_QUEUE_NUMS, 0);
    await put(store, toDelayedMessage(copy.message, maxLevel));
    await topics.settling(copy.message.topic);
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

async function findMessage(store: Pick<MessageStore, 'recordAt'>, offset: number): Promise<StoredMessage> {
  const record = offset < 0 ? undefined : await store.recordAt(offset);
  const stored = record === undefined ? undefined : decodeStoredMessage(record);
  if (stored !== undefined) return stored;
  throw new RequestError(ResponseCode.SYSTEM_ERROR, `look message by offset failed, ${offset}`);
}

/** The message as it goes to the retry topic, with its DELAY, or to the dead letters. */
function copyFor(
  stored: StoredMessage,
  header: ConsumerSendMsgBackRequestHeader,
  clientVersion: number,
  group: SubscriptionGroupConfig,
): { readonly message: MessageToStore; readonly isDeadLetter: boolean } {
  const { flag, sysFlag, bornTimestampMs, bornHost, reconsumeTimes, body } = stored;
  const maxReconsumeTimes = maxReconsumeTimesOf(header.maxReconsumeTimes, clientVersion, group);
  const isDeadLetter = reconsumeTimes >= maxReconsumeTimes || header.delayLevel < 0;
  const delayLevel = header.delayLevel === 0 ? FIRST_RETRY_LEVEL + reconsumeTimes : header.delayLevel;
  const properties = propertiesToMap(stored.properties);
  if (!properties.has(MessageConst.RETRY_TOPIC)) properties.set(MessageConst.RETRY_TOPIC, stored.topic);
  properties.set(MessageConst.WAIT_STORE_MSG_OK, 'false');
  properties.set(MessageConst.DELAY_TIME_LEVEL, String(isDeadLetter ? 0 : delayLevel));
  if ((properties.get(MessageConst.ORIGIN_MESSAGE_ID) ?? '').trim() === '') {
    properties.set(MessageConst.ORIGIN_MESSAGE_ID, createOffsetMessageId(stored.storeHost, stored.physicalOffset));
  }
  const message = {
    topic: (isDeadLetter ? DLQ_TOPIC_PREFIX : RETRY_TOPIC_PREFIX) + header.group,
    queueId: Math.floor(Math.random() * (isDeadLetter ? DLQ_QUEUE_NUMS : group.retryQueueNums)),
    flag,
    sysFlag,
    bornTimestampMs,
    bornHost,
    reconsumeTimes: reconsumeTimes + 1,
    preparedTransactionOffset: 0,
    body,
    properties: propertiesToString(properties),
  };
  return { message, isDeadLetter };
}

/** Settles when the message is stored; rejects with Apache's name of what went wrong, by which the client sends it as a message of its own. */
async function put(store: Pick<MessageStore, 'putMessage'>, message: MessageToStore): Promise<void> {
  if (Buffer.byteLength(message.properties) > PROPERTIES_BYTES_MAX)
    throw new RequestError(ResponseCode.SYSTEM_ERROR, 'PROPERTIES_SIZE_EXCEEDED');
  const { status, remark } = await new Promise<PutOutcome>((resolve) => store.putMessage(message, resolve));
  if (isSafeHere(status)) return;
  // Differs: Apache gives the name alone; the store knows the cause.
  const name = STATUS_NAMES[status];
  throw new RequestError(ResponseCode.SYSTEM_ERROR, remark === undefined ? name : `${name}: ${remark}`);
}

interface PutOutcome {
  readonly status: PutStatus;
  readonly remark: string | undefined;
}

/** Java: the names of PutMessageStatus. */
const STATUS_NAMES: Readonly<Record<PutStatus, string>> = {
  [PutStatus.OK]: 'PUT_OK',
  [PutStatus.FLUSH_DISK_TIMEOUT]: 'FLUSH_DISK_TIMEOUT',
  [PutStatus.SERVICE_NOT_AVAILABLE]: 'SERVICE_NOT_AVAILABLE',
  [PutStatus.MESSAGE_ILLEGAL]: 'MESSAGE_ILLEGAL',
  // Differs: there is no page cache here that could be busy; the store has no room.
  [PutStatus.SYSTEM_BUSY]: 'OS_PAGE_CACHE_BUSY',
  [PutStatus.FLUSH_SLAVE_TIMEOUT]: 'FLUSH_SLAVE_TIMEOUT',
  [PutStatus.SLAVE_NOT_AVAILABLE]: 'SLAVE_NOT_AVAILABLE',
};

function groupMissing(group: string): RequestError {
  return new RequestError(
    ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
    `subscription group not exist, ${group} ${FAQ_TIP}`,
  );
}

function brokerForbids(brokerIP1: string): RequestError {
  return new RequestError(ResponseCode.NO_PERMISSION, `the broker[${brokerIP1}] sending message is forbidden`);
}

function topicForbids(topic: string): RequestError {
  return new RequestError(ResponseCode.NO_PERMISSION, `the topic[${topic}] sending message is forbidden`);
}
