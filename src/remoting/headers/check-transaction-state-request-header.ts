/**
 * Header of CHECK_TRANSACTION_STATE (39), which goes from broker to producer with the message as body. Main thread.
 * Java: CheckTransactionStateRequestHeader. The offsets are those that END_TRANSACTION has to come back with.
 */
import { defineHeader, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const CheckTransactionStateRequestHeader = defineHeader(
  'CheckTransactionStateRequestHeader',
  {
    topic: string().optional(),
    tranStateTableOffset: long(),
    commitLogOffset: long(),
    msgId: string().optional(),
    transactionId: string().optional(),
    offsetMsgId: string().optional(),
    brokerName: string().optional(),
  },
  { brokerName: 'bname' },
);
/** Decoded {@link CheckTransactionStateRequestHeader}. */
export type CheckTransactionStateRequestHeader = HeaderOf<typeof CheckTransactionStateRequestHeader>;
