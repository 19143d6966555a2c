/** Bodies of LOCK_BATCH_MQ (41), its answer, and UNLOCK_BATCH_MQ (42). Main thread. Java: LockBatchRequestBody, LockBatchResponseBody, UnlockBatchRequestBody. */
import { defineBody, flag, list, text, type BodyOf } from '../body-schema.js';
import { MessageQueue } from './message-queue.js';

/** Who wants which queues, locked or unlocked: the two requests have the same members. */
export const LockBatchRequestBody = defineBody({
  clientId: text(),
  consumerGroup: text(),
  mqSet: list(MessageQueue),
  onlyThisBroker: flag(),
});
/** Decoded {@link LockBatchRequestBody}. */
export type LockBatchRequestBody = BodyOf<typeof LockBatchRequestBody>;

/** The queues that are locked now. */
export const LockBatchResponseBody = defineBody({ lockOKMQSet: list(MessageQueue) });
/** Decoded {@link LockBatchResponseBody}. */
export type LockBatchResponseBody = BodyOf<typeof LockBatchResponseBody>;
