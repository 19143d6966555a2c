/**
 * Header of CONSUMER_SEND_MSG_BACK (36); the answer has none. Main thread.
 * Java: ConsumerSendMsgBackRequestHeader.
 */
import { boolean, defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request; `offset` is the message's physical offset, below 0 if there is none in the request. */
export const ConsumerSendMsgBackRequestHeader = defineHeader('ConsumerSendMsgBackRequestHeader', {
  offset: long().default(-1),
  group: string(),
  delayLevel: int(),
  originMsgId: string().optional(),
  originTopic: string().optional(),
  unitMode: boolean().default(false),
  maxReconsumeTimes: int().optional(),
});
/** Decoded {@link ConsumerSendMsgBackRequestHeader}. */
export type ConsumerSendMsgBackRequestHeader = HeaderOf<typeof ConsumerSendMsgBackRequestHeader>;
