/** Header of PUSH_REPLY_MESSAGE_TO_CLIENT (326), which goes from broker to the client that asked. Main thread. Java: ReplyMessageRequestHeader. */
import { boolean, defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const ReplyMessageRequestHeader = defineHeader('ReplyMessageRequestHeader', {
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
  /** `ip:port` of the replying client, and of this broker. */
  bornHost: string(),
  storeHost: string(),
  storeTimestamp: long(),
});
/** Decoded {@link ReplyMessageRequestHeader}. */
export type ReplyMessageRequestHeader = HeaderOf<typeof ReplyMessageRequestHeader>;
