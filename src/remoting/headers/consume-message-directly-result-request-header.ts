/**
 * Header of CONSUME_MESSAGE_DIRECTLY (309), on its way to the broker and, with the last three fields, on to the client. Main thread.
 * Java: ConsumeMessageDirectlyResultRequestHeader.
 */
import { defineHeader, int, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const ConsumeMessageDirectlyResultRequestHeader = defineHeader('ConsumeMessageDirectlyResultRequestHeader', {
  consumerGroup: string(),
  clientId: string().optional(),
  /** By offset, not by unique key. */
  msgId: string().optional(),
  topic: string().optional(),
  brokerName: string().optional(),
  topicSysFlag: int().optional(),
  groupSysFlag: int().optional(),
});
/** Decoded {@link ConsumeMessageDirectlyResultRequestHeader}. */
export type ConsumeMessageDirectlyResultRequestHeader = HeaderOf<typeof ConsumeMessageDirectlyResultRequestHeader>;
