/** The few requests about topics that a load or a check needs before and after. Generator's thread. Java: MQClientAPIImpl. */
import type { RequestClient } from './request-client.js';

const UPDATE_AND_CREATE_TOPIC = 17;
const GET_MAX_OFFSET = 30;
const GET_MIN_OFFSET = 31;
const READ_AND_WRITE = 6;

/** Makes `topic`, or changes it to have this many queues. */
export async function createTopic(client: RequestClient, topic: string, queues: number): Promise<void> {
  await client.demand(UPDATE_AND_CREATE_TOPIC, {
    topic,
    defaultTopic: 'TBW102',
    readQueueNums: String(queues),
    writeQueueNums: String(queues),
    perm: String(READ_AND_WRITE),
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: '0',
    order: 'false',
  });
}

/** One past the last message of a queue. */
export async function maxOffset(client: RequestClient, topic: string, queueId: number): Promise<number> {
  const reply = await client.demand(GET_MAX_OFFSET, { topic, queueId: String(queueId), committed: 'true' });
  return Number(reply.extFields['offset']);
}

/** The offset of a queue's first message. */
export async function minOffset(client: RequestClient, topic: string, queueId: number): Promise<number> {
  const reply = await client.demand(GET_MIN_OFFSET, { topic, queueId: String(queueId) });
  return Number(reply.extFields['offset']);
}

const PULL_MESSAGE = 11;
/** The subscription of this request counts, not one from a heartbeat. Java: PullSysFlag.FLAG_SUBSCRIPTION. */
const WITH_SUBSCRIPTION = 4;
/** Wait for a message if there is none yet. Java: PullSysFlag.FLAG_SUSPEND. */
const SUSPEND = 2;

/** One pull. */
export interface PullTarget {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly maxMessages: number;
  /** 0: be answered at once. */
  readonly suspendMs: number;
  /** Tags with `||` between them; default all. */
  readonly subscription?: string;
}

/** Request code of a pull, and its header fields. */
export function pullRequest(target: PullTarget): { code: number; extFields: Record<string, string> } {
  return {
    code: PULL_MESSAGE,
    extFields: {
      consumerGroup: target.group,
      topic: target.topic,
      queueId: String(target.queueId),
      queueOffset: String(target.offset),
      maxMsgNums: String(target.maxMessages),
      sysFlag: String(target.suspendMs > 0 ? WITH_SUBSCRIPTION | SUSPEND : WITH_SUBSCRIPTION),
      commitOffset: '0',
      suspendTimeoutMillis: String(target.suspendMs),
      subscription: target.subscription ?? '*',
      subVersion: '1',
      expressionType: 'TAG',
    },
  };
}

/** What a load looks at in a stored record. */
export interface SeenRecord {
  readonly storeTimestampMs: number;
  readonly body: Buffer;
}

/**
 * Stored records laid one after the other, as a pull answers them. Java: MessageDecoder.decodes.
 * The record's fixed part is 84 bytes up to the body's length with IPv4 hosts, the store time at 56; each IPv6 host adds 12.
 */
export function storedRecords(records: Buffer): SeenRecord[] {
  const found: SeenRecord[] = [];
  for (let at = 0; at < records.length; at += records.readUInt32BE(at)) {
    const sysFlag = records.readUInt32BE(at + 36);
    const storeTimestampAt = at + 56 + ((sysFlag & 0x10) === 0 ? 0 : 12);
    const bodyLengthAt = storeTimestampAt + 28 + ((sysFlag & 0x20) === 0 ? 0 : 12);
    const bodyAt = bodyLengthAt + 4;
    found.push({
      storeTimestampMs: Number(records.readBigInt64BE(storeTimestampAt)),
      body: records.subarray(bodyAt, bodyAt + records.readUInt32BE(bodyLengthAt)),
    });
  }
  return found;
}

/** The bodies of {@link storedRecords}. */
export function recordBodies(records: Buffer): Buffer[] {
  return storedRecords(records).map(({ body }) => body);
}
