/**
 * Where a slave that acts for its master puts messages: its own log is its master's copy and takes none, so they are sent to another master of the
 * cluster, like a producer's. Main thread. Java: EscapeBridge.
 * Invariant: `done` is called exactly once, and never with a status that says stored before another broker has said so.
 */
import type { Logger } from '../../base/log.js';
import { MessageConst, propertiesToMap, propertiesToString } from '../../message/message-properties.js';
import { SysFlag, transactionTypeOf } from '../../message/message-sys-flag.js';
import { SendMessageRequestHeaderV2 } from '../../remoting/headers/send-message-request-header.js';
import type { RemotingClient } from '../../remoting/remoting-client.js';
import { createRequest, type RemotingCommand } from '../../remoting/remoting-command.js';
import { RequestCode } from '../../remoting/request-code.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { type MessageStore, type MessageToStore, type PutResult, PutStatus } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import { reasonOf } from '../namesrv-link.js';
import type { PublishRoutes } from './publish-routes.js';

/** Java: EscapeBridge.SEND_TIMEOUT. */
const SEND_TIMEOUT_MS = 3_000;
/** Java: TopicValidator.AUTO_CREATE_TOPIC_KEY_TOPIC, and the queues of a topic that is made by it. */
const AUTO_CREATE_TOPIC = 'TBW102';
const AUTO_CREATE_QUEUES = 8;

/** Say how hosts are stored here; the other master has its own. */
const HOST_FLAGS = SysFlag.BORN_HOST_V6 | SysFlag.STORE_HOST_V6;

const STATUS_OF_CODE: ReadonlyMap<number, PutStatus> = new Map([
  [ResponseCode.SUCCESS, PutStatus.OK],
  [ResponseCode.FLUSH_DISK_TIMEOUT, PutStatus.FLUSH_DISK_TIMEOUT],
  [ResponseCode.FLUSH_SLAVE_TIMEOUT, PutStatus.FLUSH_SLAVE_TIMEOUT],
  [ResponseCode.SLAVE_NOT_AVAILABLE, PutStatus.SLAVE_NOT_AVAILABLE],
]);

/** What an EscapeBridge needs. */
export interface EscapeBridgeOptions {
  readonly client: Pick<RemotingClient, 'invoke'>;
  readonly routes: Pick<PublishRoutes, 'select' | 'forget'>;
  readonly config: Pick<BrokerConfig, 'brokerName' | 'brokerId' | 'enableRemoteEscape'>;
  readonly logger: Logger;
}

/** One for each slave. */
export class EscapeBridge implements Pick<MessageStore, 'putMessage'> {
  readonly #options: EscapeBridgeOptions;
  readonly #innerProducerGroup: string;

  constructor(options: EscapeBridgeOptions) {
    this.#options = options;
    const { brokerName, brokerId } = options.config;
    this.#innerProducerGroup = `InnerProducerGroup_${brokerName}_${brokerId}`;
  }

  /** As of a store. `message` must stay as it is until `done` is called. */
  putMessage(message: MessageToStore, done: (result: PutResult) => void): void {
    void this.#put(message, done);
  }

  async #put(message: MessageToStore, done: (result: PutResult) => void): Promise<void> {
    done(await this.#send(message).catch((error: unknown) => refused(reasonOf(error))));
  }

  async #send(message: MessageToStore): Promise<PutResult> {
    const { client, routes, config } = this.#options;
    if (!config.enableRemoteEscape) return refused('this broker is a slave, and enableRemoteEscape is false');
    const { topic } = message;
    const queue = await routes.select(topic);
    if (queue === undefined) return refused(`no other master has the topic ${topic}`);
    try {
      const response = await client.invoke(queue.brokerAddr, this.#request(message, queue.queueId), SEND_TIMEOUT_MS);
      const status = STATUS_OF_CODE.get(response.code);
      if (status !== undefined) return result(status, response.remark);
      routes.forget(topic);
      return refused(`${queue.brokerName} answered ${response.code}: ${response.remark}`);
    } catch (error) {
      routes.forget(topic);
      throw error;
    }
  }

  #request(message: MessageToStore, queueId: number): RemotingCommand {
    const properties = propertiesToMap(message.properties);
    // Its time has come; with it the other master would delay it once more.
    properties.delete(MessageConst.DELAY_TIME_LEVEL);
    const isHalf = transactionTypeOf(message.sysFlag) === SysFlag.TRANSACTION_PREPARED;
    // Differs: one that was committed before it was delayed would be a half message again; at Apache's it is.
    if (!isHalf) properties.delete(MessageConst.TRANSACTION_PREPARED);
    // Differs: WAIT stays as it was sent. Apache sets it to false, so that the other master promises less than it would to a producer.
    const group = properties.get(MessageConst.PRODUCER_GROUP) ?? '';
    const header = SendMessageRequestHeaderV2.encode({
      producerGroup: group === '' ? this.#innerProducerGroup : group,
      topic: message.topic,
      defaultTopic: AUTO_CREATE_TOPIC,
      defaultTopicQueueNums: AUTO_CREATE_QUEUES,
      queueId,
      sysFlag: message.sysFlag & ~HOST_FLAGS & (isHalf ? ~0 : ~SysFlag.TRANSACTION_ROLLBACK),
      bornTimestamp: message.bornTimestampMs,
      flag: message.flag,
      properties: propertiesToString(properties),
      reconsumeTimes: message.reconsumeTimes,
      unitMode: false,
      batch: false,
    });
    return createRequest(RequestCode.SEND_MESSAGE_V2, header, Buffer.from(message.body));
  }
}

function result(status: PutStatus, remark: string | undefined): PutResult {
  return { status, remark, queueOffset: -1, physicalOffset: -1, storeTimestampMs: 0, physicalOffsets: [] };
}

function refused(remark: string): PutResult {
  return result(PutStatus.SERVICE_NOT_AVAILABLE, remark);
}
