/** A small client over the real sockets: what the end-to-end tests need of a producer and a consumer. */
import { systemClock } from '#src/base/clock.js';
import { createLogger } from '#src/base/log.js';
import { emptyRecordParts, locateParts, readInt64, RECORD } from '#src/message/stored-record.js';
import {
  PullMessageRequestHeader,
  PullMessageResponseHeader,
} from '#src/remoting/headers/pull-message-request-header.js';
import {
  SendMessageRequestHeaderV2,
  SendMessageResponseHeader,
} from '#src/remoting/headers/send-message-request-header.js';
import { RemotingClient } from '#src/remoting/remoting-client.js';
import { createRequest, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { RequestCode } from '#src/remoting/request-code.js';

const TIMEOUT_MS = 20_000;
/** FLAG_SUSPEND and FLAG_SUBSCRIPTION of a pull. */
const SUSPEND = 2;
const SUBSCRIPTION = 4;

/** How a send was answered. */
export interface Sent {
  readonly code: number;
  readonly remark: string | undefined;
  readonly queueOffset: number;
  readonly msgId: string;
}

/** A message as a consumer sees it. */
export interface Received {
  readonly body: string;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly properties: string;
}

/** What a pull gave. */
export interface Pulled {
  readonly code: number;
  readonly messages: readonly Received[];
  readonly nextBeginOffset: number;
  readonly maxOffset: number;
}

/** One client of one broker. */
export class TestClient {
  readonly address: string;
  readonly #client = new RemotingClient({ logger: createLogger('client', 'silent'), clock: systemClock });

  constructor(address: string) {
    this.address = address;
  }

  invoke(code: number, extFields: Record<string, string>, body?: Buffer): Promise<RemotingCommand> {
    return this.#client.invoke(this.address, createRequest(code, extFields, body), TIMEOUT_MS);
  }

  async send(
    topic: string,
    body: string | Buffer,
    fields: { queueId?: number; properties?: string; sysFlag?: number } = {},
  ): Promise<Sent> {
    const header = SendMessageRequestHeaderV2.encode({
      producerGroup: 'test-producer',
      topic,
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: 4,
      queueId: fields.queueId ?? 0,
      sysFlag: fields.sysFlag ?? 0,
      bornTimestamp: 1_795_000_000_000,
      flag: 0,
      properties: fields.properties ?? '',
      reconsumeTimes: 0,
      unitMode: false,
      batch: false,
    });
    const response = await this.invoke(RequestCode.SEND_MESSAGE_V2, header, Buffer.from(body));
    const { queueOffset, msgId } = SendMessageResponseHeader.decode(response.extFields);
    return { code: response.code, remark: response.remark, queueOffset, msgId };
  }

  async pull(
    topic: string,
    queueOffset: number,
    fields: { queueId?: number; tags?: string; sql?: string; suspendMs?: number; count?: number } = {},
  ): Promise<Pulled> {
    const header = PullMessageRequestHeader.encode({
      consumerGroup: 'CID_RMQ_SYS_test',
      topic,
      queueId: fields.queueId ?? 0,
      queueOffset,
      maxMsgNums: fields.count ?? 32,
      sysFlag: SUBSCRIPTION | (fields.suspendMs === undefined ? 0 : SUSPEND),
      commitOffset: 0,
      suspendTimeoutMillis: fields.suspendMs ?? 0,
      subscription: fields.sql ?? fields.tags ?? '*',
      subVersion: 1,
      expressionType: fields.sql === undefined ? 'TAG' : 'SQL92',
    });
    const response = await this.invoke(RequestCode.PULL_MESSAGE, header);
    const { nextBeginOffset, maxOffset } = PullMessageResponseHeader.decode(response.extFields);
    return { code: response.code, messages: decodeRecords(response.body), nextBeginOffset, maxOffset };
  }

  /** Everything in a queue, from its start. */
  async pullAll(topic: string, queueId = 0): Promise<Received[]> {
    const all: Received[] = [];
    for (let offset = 0; ;) {
      const { code, messages, nextBeginOffset } = await this.pull(topic, offset, { queueId });
      if (code !== 0) return all;
      all.push(...messages);
      offset = nextBeginOffset;
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function decodeRecords(body: Buffer | undefined): Received[] {
  const messages: Received[] = [];
  const parts = emptyRecordParts();
  if (body === undefined) return messages;
  for (let at = 0; at < body.length; at += body.readInt32BE(at)) {
    if (!locateParts(body, at, body.length, parts)) throw new Error(`no whole record at ${at}`);
    messages.push({
      body: body.toString('utf8', parts.bodyStart, parts.bodyEnd),
      queueOffset: readInt64(body, at + RECORD.QUEUE_OFFSET),
      physicalOffset: readInt64(body, at + RECORD.PHYSICAL_OFFSET),
      properties: body.toString('utf8', parts.propertiesStart, parts.propertiesEnd),
    });
  }
  return messages;
}
