/**
 * Bodies of the answers to GET_CONSUMER_CONNECTION_LIST (203) and GET_PRODUCER_CONNECTION_LIST (204): who is online. Main thread.
 * Java: Connection, ConsumerConnection, ProducerConnection.
 */
import { choice, defineBody, list, number, record, text, textMap, type BodyOf } from '../body-schema.js';
import { CONSUME_FROM_WHERE, CONSUME_TYPES, MESSAGE_MODELS } from './heartbeat-data.js';
import { SubscriptionData } from './subscription-data.js';

/** One client. Java: Connection. */
export const ClientConnection = record({ clientAddr: text(), clientId: text(), language: text(), version: number() });
/** Decoded {@link ClientConnection}. */
export type ClientConnection = BodyOf<typeof ClientConnection>;

/** The members of a consumer group, and what it subscribes to. */
export const ConsumerConnection = defineBody({
  connectionSet: list(ClientConnection),
  consumeFromWhere: choice(CONSUME_FROM_WHERE, 'CONSUME_FROM_LAST_OFFSET'),
  consumeType: choice(CONSUME_TYPES, 'CONSUME_PASSIVELY'),
  messageModel: choice(MESSAGE_MODELS, 'CLUSTERING'),
  subscriptionTable: textMap(SubscriptionData),
});
/** Decoded {@link ConsumerConnection}. */
export type ConsumerConnection = BodyOf<typeof ConsumerConnection>;

/** The members of a producer group. */
export const ProducerConnection = defineBody({ connectionSet: list(ClientConnection) });
/** Decoded {@link ProducerConnection}. */
export type ProducerConnection = BodyOf<typeof ProducerConnection>;
