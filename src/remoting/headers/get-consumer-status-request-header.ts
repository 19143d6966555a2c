/**
 * Header of INVOKE_BROKER_TO_GET_CONSUMER_STATUS (223), and of GET_CONSUMER_STATUS_FROM_CLIENT (221) by which a broker asks the clients.
 * Main thread. Java: GetConsumerStatusRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetConsumerStatusRequestHeader = defineHeader('GetConsumerStatusRequestHeader', {
  topic: string(),
  group: string(),
  /** In spite of its name the id of the client that is asked; all clients if it is missing. */
  clientAddr: string().optional(),
});
/** Decoded {@link GetConsumerStatusRequestHeader}. */
export type GetConsumerStatusRequestHeader = HeaderOf<typeof GetConsumerStatusRequestHeader>;
