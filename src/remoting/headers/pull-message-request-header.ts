/**
 * Header of PULL_MESSAGE (11) and LITE_PULL_MESSAGE (361). Main thread.
 * Java: PullMessageRequestHeader and PullMessageResponseHeader.
 */
import { defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const PullMessageRequestHeader = defineHeader('PullMessageRequestHeader', {
  consumerGroup: string(),
  topic: string(),
  queueId: int(),
  queueOffset: long(),
  maxMsgNums: int(),
  sysFlag: int(),
  commitOffset: long(),
  suspendTimeoutMillis: long(),
  subscription: string().optional(),
  subVersion: long(),
  expressionType: string().optional(),
  maxMsgBytes: int().optional(),
});
/** Decoded {@link PullMessageRequestHeader}. */
export type PullMessageRequestHeader = HeaderOf<typeof PullMessageRequestHeader>;

/** The answer. */
export const PullMessageResponseHeader = defineHeader('PullMessageResponseHeader', {
  suggestWhichBrokerId: long(),
  nextBeginOffset: long(),
  minOffset: long(),
  maxOffset: long(),
  offsetDelta: long().optional(),
  topicSysFlag: int().optional(),
  groupSysFlag: int().optional(),
  forbiddenType: int().optional(),
});
/** Decoded {@link PullMessageResponseHeader}. */
export type PullMessageResponseHeader = HeaderOf<typeof PullMessageResponseHeader>;
