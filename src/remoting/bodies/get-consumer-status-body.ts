/**
 * How far clients are with their queues: body of the answers to GET_CONSUMER_STATUS_FROM_CLIENT (221), one client's in `messageQueueTable`,
 * and INVOKE_BROKER_TO_GET_CONSUMER_STATUS (223), all by client id in `consumerTable`. Main thread. Java: GetConsumerStatusBody.
 */
import { defineBody, number, objectMap, textMap, type BodyOf } from '../body-schema.js';
import { MessageQueue } from './message-queue.js';

const OffsetsByQueue = objectMap(MessageQueue, number());

/** The body. */
export const GetConsumerStatusBody = defineBody({
  consumerTable: textMap(OffsetsByQueue),
  messageQueueTable: OffsetsByQueue,
});
/** Decoded {@link GetConsumerStatusBody}. */
export type GetConsumerStatusBody = BodyOf<typeof GetConsumerStatusBody>;
