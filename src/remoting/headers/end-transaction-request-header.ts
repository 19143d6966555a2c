/**
 * Header of END_TRANSACTION (37), by which a producer says how a transaction has ended. The answer has none. Main thread.
 * Java: EndTransactionRequestHeader. `commitOrRollback` holds the transaction bits of a message's sysFlag.
 */
import { boolean, defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const EndTransactionRequestHeader = defineHeader(
  'EndTransactionRequestHeader',
  {
    topic: string().optional(),
    producerGroup: string(),
    tranStateTableOffset: long(),
    commitLogOffset: long(),
    commitOrRollback: int(),
    fromTransactionCheck: boolean().default(false),
    msgId: string(),
    transactionId: string().optional(),
    brokerName: string().optional(),
  },
  { brokerName: 'bname' },
);
/** Decoded {@link EndTransactionRequestHeader}. */
export type EndTransactionRequestHeader = HeaderOf<typeof EndTransactionRequestHeader>;
