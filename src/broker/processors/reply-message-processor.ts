/**
 * SEND_REPLY_MESSAGE (324) and SEND_REPLY_MESSAGE_V2 (325): a consumer's reply goes on to the client that asked (326), and is stored.
 * Main thread. Java: ReplyMessageProcessor.
 * Invariant: the replier is answered once, when the asker has taken the reply or cannot be reached; whether it could be stored changes the
 * answer's header fields only, never its code.
 */
import { RequestError } from '../../base/errors.js';
import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { createOffsetMessageId } from '../../message/message-id.js';
import { MessageConst, propertiesToMap, propertiesToString } from '../../message/message-properties.js';
import { SysFlag } from '../../message/message-sys-flag.js';
import type { Connection, RequestProcessor } from '../../remoting/connection.js';
import { ReplyMessageRequestHeader } from '../../remoting/headers/reply-message-request-header.js';
import {
  decodeSendMessageRequestHeader,
  type SendMessageRequestHeader,
} from '../../remoting/headers/send-message-request-header.js';
import { formatStoredHost } from '../../remoting/host-address.js';
import {
  createRequest,
  createResponse,
  type ExtFields,
  type RemotingCommand,
} from '../../remoting/remoting-command.js';
import { RequestCode } from '../../remoting/request-code.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { isStored, type MessageStore, type PutResult } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import { callClient } from '../call-client.js';
import { checkSizes } from '../message-checks.js';
import type { ProducerManager } from '../producer-manager.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { checkServiceTime } from './send-message-processor.js';
import { sendRefusal } from './send-message-response.js';
import { SendTopics } from './send-topics.js';

/** Names the client that asked. Java: MessageConst.PROPERTY_MESSAGE_REPLY_TO_CLIENT. */
const REPLY_TO_CLIENT = 'REPLY_TO_CLIENT';
/** When the broker handed the reply on, ms. Java: MessageConst.PROPERTY_PUSH_REPLY_TIME. */
const PUSH_REPLY_TIME = 'PUSH_REPLY_TIME';

/** Whether and how a body is compressed. Java: MessageSysFlag.COMPRESSED_FLAG, COMPRESSION_TYPE_COMPARATOR. */
const COMPRESSION_BITS = SysFlag.COMPRESSED | (0x7 << 8);

/** What replying needs. */
export interface ReplyMessageDeps {
  readonly store: Pick<MessageStore, 'putMessage'>;
  readonly topics: TopicConfigManager;
  readonly producers: Pick<ProducerManager, 'connectionOf'>;
  readonly config: BrokerConfig;
  /** This broker's address in the stored form. */
  readonly storeHost: () => Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes the processor of 324 and 325. */
export function createReplyMessageProcessor(deps: ReplyMessageDeps): RequestProcessor {
  return new ReplyMessageProcessor(deps).process;
}

/** A reply that has passed the checks. */
interface Reply {
  readonly header: SendMessageRequestHeader;
  readonly queueId: number;
  readonly body: Buffer;
  readonly properties: ReadonlyMap<string, string>;
}

class ReplyMessageProcessor {
  readonly #deps: ReplyMessageDeps;
  readonly #topics: SendTopics;

  constructor(deps: ReplyMessageDeps) {
    this.#deps = deps;
    this.#topics = new SendTopics(deps.topics, deps.config);
  }

  readonly process: RequestProcessor = (request, connection) => {
    const { config } = this.#deps;
    try {
      return this.#handOn(request, this.#check(request, connection), connection);
    } catch (error) {
      if (error instanceof RequestError) return sendRefusal(request, error.code, error.message, config);
      throw error;
    }
  };

  #check(request: RemotingCommand, connection: Connection): Reply {
    const { config, clock } = this.#deps;
    checkServiceTime(config.startAcceptSendRequestTimeStamp, clock);
    const header = decodeSendMessageRequestHeader(request);
    const topicConfig = this.#topics.find(header, connection.remoteAddress);
    // Differs: without a body Apache answers SYSTEM_ERROR with a NullPointerException.
    if (request.body === undefined) throw new RequestError(ResponseCode.MESSAGE_ILLEGAL, 'a reply without a body');
    const queueId =
      header.queueId >= 0 ? header.queueId : Math.floor(Math.random() * Math.max(1, topicConfig.writeQueueNums));
    const properties = propertiesToMap(header.properties);
    properties.set(MessageConst.MSG_REGION, config.regionId);
    properties.set(MessageConst.TRACE_SWITCH, String(config.traceOn));
    // Copied: it is stored after the asker's answer, long after the buffer it came in may be gone.
    return { header, queueId, body: Buffer.from(request.body), properties };
  }

  async #handOn(request: RemotingCommand, reply: Reply, connection: Connection): Promise<RemotingCommand> {
    const { config } = this.#deps;
    const { topic } = reply.header;
    const problem = await this.#push(reply, connection);
    const stored = config.storeReplyMessageEnable ? await this.#store(reply, connection) : undefined;
    await this.#topics.settling(topic);
    const extFields: ExtFields = { MSG_REGION: config.regionId, TRACE_ON: String(config.traceOn) };
    if (stored !== undefined || problem === undefined) {
      // Compat: clients fail to read an answer without these, so that a reply that is not stored has zeros.
      extFields['msgId'] =
        stored === undefined ? '0' : createOffsetMessageId(this.#deps.storeHost(), stored.physicalOffset);
      extFields['queueId'] = String(reply.queueId);
      extFields['queueOffset'] = String(stored?.queueOffset ?? 0);
    }
    const code = problem === undefined ? ResponseCode.SUCCESS : ResponseCode.SYSTEM_ERROR;
    return createResponse(request, code, problem, extFields);
  }

  /** Hands the reply to the client that asked; gives a remark if that failed. */
  async #push(reply: Reply, from: Connection): Promise<string | undefined> {
    const { producers, logger } = this.#deps;
    const senderId = reply.properties.get(REPLY_TO_CLIENT);
    if (senderId === undefined) return `reply message properties[${REPLY_TO_CLIENT}] is null`;
    const asker = producers.connectionOf(senderId);
    if (asker === undefined) {
      logger.warn('a reply to a client that is not here', { senderId });
      return `push reply message fail, channel of <${senderId}> not found.`;
    }
    // Compat: without a space, as Apache has it.
    const failed = `push reply message to ${senderId}fail.`;
    try {
      const { code, remark } = await callClient(asker, this.#createPush(reply, from));
      if (code === ResponseCode.SUCCESS) return undefined;
      logger.warn('a client did not take a reply', { senderId, code, remark });
    } catch (error) {
      logger.warn('a reply could not be handed on', { senderId, error });
    }
    return failed;
  }

  #createPush({ header, body, properties }: Reply, from: Connection): RemotingCommand {
    const { clock, storeHost } = this.#deps;
    const nowMs = clock.nowMs();
    const { producerGroup, topic, defaultTopic, defaultTopicQueueNums, queueId, sysFlag } = header;
    const { bornTimestamp, flag, reconsumeTimes, unitMode } = header;
    const extFields = ReplyMessageRequestHeader.encode({
      producerGroup,
      topic,
      defaultTopic,
      defaultTopicQueueNums,
      queueId,
      sysFlag,
      bornTimestamp,
      flag,
      reconsumeTimes,
      unitMode,
      properties: propertiesToString(new Map([...properties, [PUSH_REPLY_TIME, String(nowMs)]])),
      bornHost: from.remoteAddress,
      storeHost: formatStoredHost(storeHost()),
      storeTimestamp: nowMs,
    });
    return createRequest(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, extFields, body);
  }

  /** Undefined if it could not be stored, which is logged and no more. */
  async #store({ header, queueId, body, properties }: Reply, from: Connection): Promise<PutResult | undefined> {
    const { config, logger, store } = this.#deps;
    const { topic, flag, bornTimestamp, reconsumeTimes } = header;
    const text = propertiesToString(properties);
    try {
      checkSizes(topic, body, text, config);
    } catch (error) {
      logger.warn('a reply is not stored', { topic, error });
      return undefined;
    }
    const message = {
      topic,
      queueId,
      flag,
      // Differs: Apache stores 0, so that a compressed reply cannot be read from its topic.
      sysFlag: header.sysFlag & COMPRESSION_BITS,
      bornTimestampMs: bornTimestamp,
      bornHost: from.remoteHost,
      reconsumeTimes,
      preparedTransactionOffset: 0,
      body,
      properties: text,
    };
    const result = await new Promise<PutResult>((resolve) => store.putMessage(message, resolve));
    if (isStored(result.status)) return result;
    logger.warn('a reply is not stored', { topic, remark: result.remark });
    return undefined;
  }
}
