/**
 * Where queues were reset to: body of RESET_CONSUMER_CLIENT_OFFSET (220) and of the answer to INVOKE_BROKER_TO_RESET_OFFSET (222). Main thread.
 * Java: ResetOffsetBody, and ResetOffsetBodyForC with MessageQueueForC for C++ clients, which read no objects as keys.
 */
import { defineBody, list, number, objectMap, record, text, type BodyOf } from '../body-schema.js';
import { MessageQueue } from './message-queue.js';

/** The body. */
export const ResetOffsetBody = defineBody({ offsetTable: objectMap(MessageQueue, number()) });
/** Decoded {@link ResetOffsetBody}. */
export type ResetOffsetBody = BodyOf<typeof ResetOffsetBody>;

/** The same as a list. */
export const ResetOffsetBodyForC = defineBody({
  offsetTable: list(record({ brokerName: text(), offset: number(), queueId: number(), topic: text() })),
});
/** Decoded {@link ResetOffsetBodyForC}. */
export type ResetOffsetBodyForC = BodyOf<typeof ResetOffsetBodyForC>;
