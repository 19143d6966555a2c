/**
 * A message on its way into SCHEDULE_TOPIC_XXXX, and on its way out of it. Main thread.
 * Java: HookUtils.handleScheduleMessage and transformDelayLevelMessage, ScheduleMessageService.messageTimeUp.
 * Invariant: pure functions; what goes in is not changed.
 */
import { RequestError } from '../../base/errors.js';
import { parseDelayLevel, SCHEDULE_TOPIC } from '../../message/delay-level-table.js';
import { getProperty, MessageConst, propertiesToMap, propertiesToString } from '../../message/message-properties.js';
import { SysFlag, transactionTypeOf } from '../../message/message-sys-flag.js';
import type { StoredMessage } from '../../message/stored-message.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageToStore } from '../../workers/message-store.js';

/** Times of another kind; a message with a delay level loses them. */
const TIMER_PROPERTIES = [MessageConst.TIMER_DELIVER_MS, MessageConst.TIMER_DELAY_SEC, MessageConst.TIMER_DELAY_MS];
/** Half messages wait for their transaction, not for a time. */
const TRANS_HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';

/** The level in a DELAY property, 0 for none. Throws RequestError for a text that is no whole number. Java: Message.getDelayTimeLevel. */
export function delayLevelOf(delay: string | undefined): number {
  if (delay === undefined) return 0;
  const level = parseDelayLevel(delay);
  // Differs: Apache's remark is a Java exception.
  if (level === undefined) throw new RequestError(ResponseCode.SYSTEM_ERROR, `DELAY is no delay level: ${delay}`);
  return level;
}

/**
 * `message` as it is stored: if its DELAY is above 0, in the queue of its level (of the highest, for a higher one), with its own topic and
 * queue in REAL_TOPIC and REAL_QID; else, or as a half of a transaction, as it is. Throws RequestError as {@link delayLevelOf}.
 */
export function toDelayedMessage(message: MessageToStore, maxDelayLevel: number): MessageToStore {
  const transactionType = transactionTypeOf(message.sysFlag);
  if (transactionType !== 0 && transactionType !== SysFlag.TRANSACTION_COMMIT) return message;
  const properties = propertiesToMap(message.properties);
  const asked = delayLevelOf(properties.get(MessageConst.DELAY_TIME_LEVEL));
  if (asked <= 0) return message;
  for (const name of TIMER_PROPERTIES) properties.delete(name);
  const level = Math.min(asked, maxDelayLevel);
  if (level < asked) properties.set(MessageConst.DELAY_TIME_LEVEL, String(level));
  properties.set(MessageConst.REAL_TOPIC, message.topic);
  properties.set(MessageConst.REAL_QUEUE_ID, String(message.queueId));
  return { ...message, topic: SCHEDULE_TOPIC, queueId: level - 1, properties: propertiesToString(properties) };
}

/**
 * A delayed message whose time has come, under its own topic and queue; undefined for one that cannot be delivered: it does not say
 * where it belongs, or is half of a transaction. Body and born host are views into the record.
 * Compat: all properties stay, DELAY, REAL_TOPIC and REAL_QID among them: Apache takes DELAY out after it has made the text that is stored.
 */
export function toDeliveredMessage(stored: StoredMessage): MessageToStore | undefined {
  const topic = getProperty(stored.properties, MessageConst.REAL_TOPIC);
  const queueId = parseDelayLevel(getProperty(stored.properties, MessageConst.REAL_QUEUE_ID) ?? '');
  if (topic === undefined || topic === TRANS_HALF_TOPIC || queueId === undefined || queueId < 0) return undefined;
  const { flag, sysFlag, bornTimestampMs, bornHost, reconsumeTimes, body, properties } = stored;
  return {
    topic,
    queueId,
    flag,
    sysFlag,
    bornTimestampMs,
    bornHost,
    reconsumeTimes,
    preparedTransactionOffset: 0,
    body,
    properties,
  };
}
