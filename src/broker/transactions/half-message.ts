/**
 * The forms that a message of a transaction takes: half, asked about again, committed, given up, and the op message that ends it. Main thread.
 * Java: TransactionalMessageBridge, TransactionalMessageUtil, EndTransactionProcessor.endMessageTransaction.
 * Invariant: topic, queue, body, flag, born fields, keys and tags of what a producer sent come through all of them unchanged.
 */
import { parseDelayLevel, SCHEDULE_TOPIC } from '../../message/delay-level-table.js';
import { MessageConst, propertiesToMap, propertiesToString } from '../../message/message-properties.js';
import { SysFlag } from '../../message/message-sys-flag.js';
import type { StoredMessage } from '../../message/stored-message.js';
import type { MessageToStore } from '../../workers/message-store.js';
import { toDelayedMessage } from '../schedule/delayed-message.js';

/** Messages of transactions that are not decided yet. All are in its queue 0. */
export const HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
/** Says which of them have ended: queue offsets of the half queue, each with a comma behind it. */
export const OP_HALF_TOPIC = 'RMQ_SYS_TRANS_OP_HALF_TOPIC';
/** Messages of transactions that nobody has decided. */
export const CHECK_MAX_TIME_TOPIC = 'TRANS_CHECK_MAX_TIME_TOPIC';
/** The group whose offsets in the two queues say how far transactions are done. Java: MixAll.CID_SYS_RMQ_TRANS. */
export const TRANSACTION_GROUP = 'CID_RMQ_SYS_TRANS';
/** The one queue of the half topic and of the op topic that is used. */
export const HALF_QUEUE_ID = 0;

const OP_PROPERTIES = 'WAIT\u0001true\u0002TAGS\u0001d\u0002';
const OP_TAG = 'd';

/** A message as it waits for its transaction. Its sysFlag has no transaction bits, or it would be in no queue. */
export function toHalfMessage(message: MessageToStore, uniqKey: string | undefined): MessageToStore {
  const properties = propertiesToMap(message.properties);
  if (uniqKey !== undefined) properties.set(MessageConst.TRANSACTION_ID, uniqKey);
  properties.set(MessageConst.REAL_TOPIC, message.topic);
  properties.set(MessageConst.REAL_QUEUE_ID, String(message.queueId));
  return {
    ...message,
    topic: HALF_TOPIC,
    queueId: HALF_QUEUE_ID,
    sysFlag: message.sysFlag & ~SysFlag.TRANSACTION_ROLLBACK,
    properties: propertiesToString(properties),
  };
}

/** A message of the half queue with its properties taken apart. */
export class HalfMessage {
  readonly stored: StoredMessage;
  readonly #properties: Map<string, string>;

  constructor(stored: StoredMessage) {
    this.stored = stored;
    this.#properties = propertiesToMap(stored.properties);
  }

  /** Undefined if the property is not there. */
  property(name: string): string | undefined {
    return this.#properties.get(name);
  }

  get realTopic(): string {
    return this.#properties.get(MessageConst.REAL_TOPIC) ?? '';
  }

  get realQueueId(): number {
    return Number(this.#properties.get(MessageConst.REAL_QUEUE_ID) ?? Number.NaN);
  }

  get producerGroup(): string | undefined {
    return this.#properties.get(MessageConst.PRODUCER_GROUP);
  }

  get uniqKey(): string | undefined {
    return this.#properties.get(MessageConst.UNIQ_CLIENT_MESSAGE_ID_KEYIDX);
  }

  /** How often it has been asked about. */
  get checkTimes(): number | undefined {
    const text = this.#properties.get(MessageConst.TRANSACTION_CHECK_TIMES);
    return text === undefined ? undefined : javaInteger(text);
  }

  /** False for a record that somebody else has put there, of which nobody knows where it should go. */
  get isComplete(): boolean {
    return this.realTopic !== '' && Number.isInteger(this.realQueueId) && this.realQueueId >= 0;
  }

  /**
   * The message as consumers get it, or as it waits for its delay level first. Throws RequestError for a level that is no number.
   * Compat: TRAN_MSG stays, which Apache takes out of a map that it has written already.
   */
  committed(maxDelayLevel: number): MessageToStore {
    const { stored } = this;
    const message = {
      ...stored,
      topic: this.realTopic,
      queueId: this.realQueueId,
      sysFlag: (stored.sysFlag & ~SysFlag.TRANSACTION_ROLLBACK) | SysFlag.TRANSACTION_COMMIT,
      preparedTransactionOffset: stored.physicalOffset,
      properties: this.propertiesWith((properties) => {
        properties.delete(MessageConst.REAL_TOPIC);
        properties.delete(MessageConst.REAL_QUEUE_ID);
      }),
    };
    return toDelayedMessage(message, maxDelayLevel);
  }

  /** The queue that `committed` goes to. */
  commitPlace(maxDelayLevel: number): { readonly topic: string; readonly queueId: number } {
    const level = parseDelayLevel(this.#properties.get(MessageConst.DELAY_TIME_LEVEL) ?? '') ?? 0;
    if (level <= 0) return { topic: this.realTopic, queueId: this.realQueueId };
    return { topic: SCHEDULE_TOPIC, queueId: Math.min(level, maxDelayLevel) - 1 };
  }

  /**
   * The half message once more, to be asked about for the `checkTimes`th time.
   * Differs: Apache's loses the message's flag and reconsumeTimes.
   */
  askedAgain(checkTimes: number): MessageToStore {
    const properties = this.propertiesWith((map) => map.set(MessageConst.TRANSACTION_CHECK_TIMES, String(checkTimes)));
    return { ...this.stored, properties };
  }

  /** The half message once more, still within the time in which it must not be asked about. It names its first place. */
  stillImmune(): MessageToStore {
    const name = MessageConst.TRANSACTION_PREPARED_QUEUE_OFFSET;
    const properties = this.propertiesWith((map) => {
      if (!map.has(name)) map.set(name, String(this.stored.queueOffset));
    });
    return { ...this.stored, properties };
  }

  /** As it is kept when nobody has decided it. */
  givenUp(): MessageToStore {
    return { ...this.stored, topic: CHECK_MAX_TIME_TOPIC, queueId: 0 };
  }

  /** As an administrator has it asked about from the beginning. Java: AdminBrokerProcessor.resumeCheckHalfMessage. */
  resumed(): MessageToStore {
    return { ...this.askedAgain(0), topic: HALF_TOPIC, queueId: HALF_QUEUE_ID };
  }

  /** All properties, changed, as text. */
  propertiesWith(change: (properties: Map<string, string>) => void): string {
    const properties = new Map(this.#properties);
    change(properties);
    return propertiesToString(properties);
  }
}

/** Says that the half messages at these offsets have ended. */
export function createOpMessage(
  halfOffsets: readonly number[],
  bornTimestampMs: number,
  host: Uint8Array,
): MessageToStore {
  return {
    topic: OP_HALF_TOPIC,
    queueId: HALF_QUEUE_ID,
    flag: 0,
    sysFlag: 0,
    bornTimestampMs,
    bornHost: host,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from(halfOffsets.map((offset) => `${offset},`).join('')),
    properties: OP_PROPERTIES,
  };
}

/** The half offsets that an op message names; brokers before 5.0 wrote one without a comma. Undefined for a message that is none. */
export function halfOffsetsOf({ properties, body }: StoredMessage): number[] | undefined {
  if (propertiesToMap(properties).get(MessageConst.TAGS) !== OP_TAG) return undefined;
  return body
    .toString('latin1')
    .split(',')
    .filter((text) => /^\d+$/.test(text))
    .map(Number);
}

/**
 * How long a message must not be asked about, ms. Java: TransactionalMessageServiceImpl.getImmunityTime, whose minimum is not
 * transactionTimeOut as it is for END_TRANSACTION ({@link immunityForEndMs}).
 */
export function immunityForCheckMs(seconds: string | undefined, transactionTimeOutMs: number): number {
  const parsed = seconds === undefined ? -1 : javaInteger(seconds);
  return parsed === -1 ? transactionTimeOutMs : parsed * 1000;
}

/** How long a producer may end a transaction unasked, ms. Java: TransactionalMessageUtil.getImmunityTime. */
export function immunityForEndMs(seconds: string, transactionTimeOutMs: number): number {
  return Math.max(javaInteger(seconds) * 1000, transactionTimeOutMs);
}

/** -1 for a text that is no whole number, as where Apache reads these properties. */
function javaInteger(text: string): number {
  return /^[+-]?\d+$/.test(text) ? Number(text) : -1;
}
