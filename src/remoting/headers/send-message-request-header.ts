/**
 * Header of SEND_MESSAGE (10), SEND_MESSAGE_V2 (310), SEND_BATCH_MESSAGE (320) and of the replies 324 and 325: the same fields, under
 * long names in 10 and 324 and under single letters in the others. Main thread.
 * Java: SendMessageRequestHeader, SendMessageRequestHeaderV2 and SendMessageResponseHeader.
 */
import { boolean, defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';
import type { RemotingCommand } from '../remoting-command.js';
import { RequestCode } from '../request-code.js';

const fields = {
  producerGroup: string(),
  topic: string(),
  defaultTopic: string(),
  defaultTopicQueueNums: int(),
  queueId: int(),
  sysFlag: int(),
  bornTimestamp: long(),
  flag: int(),
  properties: string().default(''),
  reconsumeTimes: int().default(0),
  unitMode: boolean().default(false),
  maxReconsumeTimes: int().optional(),
  batch: boolean().default(false),
  brokerName: string().optional(),
};

/** The request under long names. */
export const SendMessageRequestHeader = defineHeader('SendMessageRequestHeader', fields, { brokerName: 'bname' });
/** Decoded {@link SendMessageRequestHeader}, and V2. */
export type SendMessageRequestHeader = HeaderOf<typeof SendMessageRequestHeader>;

/** The request under one-letter names. */
export const SendMessageRequestHeaderV2 = defineHeader('SendMessageRequestHeaderV2', fields, {
  producerGroup: 'a',
  topic: 'b',
  defaultTopic: 'c',
  defaultTopicQueueNums: 'd',
  queueId: 'e',
  sysFlag: 'f',
  bornTimestamp: 'g',
  flag: 'h',
  properties: 'i',
  reconsumeTimes: 'j',
  unitMode: 'k',
  maxReconsumeTimes: 'l',
  batch: 'm',
  brokerName: 'n',
});

/** Decodes the header of any of the send requests, by its code. Java: SendMessageRequestHeader.parseRequestHeader. */
export function decodeSendMessageRequestHeader(request: RemotingCommand): SendMessageRequestHeader {
  const hasLongNames = request.code === RequestCode.SEND_MESSAGE || request.code === RequestCode.SEND_REPLY_MESSAGE;
  const schema = hasLongNames ? SendMessageRequestHeader : SendMessageRequestHeaderV2;
  return schema.decode(request.extFields);
}

/** The answer; msgId and, for a batch, several of them separated by commas. */
export const SendMessageResponseHeader = defineHeader('SendMessageResponseHeader', {
  msgId: string(),
  queueId: int(),
  queueOffset: long(),
  transactionId: string().optional(),
  batchUniqId: string().optional(),
  recallHandle: string().optional(),
});
/** Decoded {@link SendMessageResponseHeader}. */
export type SendMessageResponseHeader = HeaderOf<typeof SendMessageResponseHeader>;
