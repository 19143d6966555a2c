/**
 * Body of HEART_BEAT (34): who the client is and which groups it belongs to. Main thread. Java: HeartbeatData.
 * With `withoutSub` (heartbeat V2) the subscriptions are left out and `heartbeatFingerprint` stands for them.
 */
import { choice, defineBody, flag, list, number, record, text, type BodyOf } from '../body-schema.js';
import { SubscriptionData } from './subscription-data.js';

/** Java: ConsumeType, in the order of its ordinals. */
export const CONSUME_TYPES = ['CONSUME_ACTIVELY', 'CONSUME_PASSIVELY', 'CONSUME_POP'] as const;
/** Java: MessageModel. */
export const MESSAGE_MODELS = ['BROADCASTING', 'CLUSTERING', 'LITE_SELECTIVE'] as const;
/** Java: ConsumeFromWhere, deprecated ones included. */
export const CONSUME_FROM_WHERE = [
  'CONSUME_FROM_LAST_OFFSET',
  'CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST',
  'CONSUME_FROM_MIN_OFFSET',
  'CONSUME_FROM_MAX_OFFSET',
  'CONSUME_FROM_FIRST_OFFSET',
  'CONSUME_FROM_TIMESTAMP',
] as const;

/** One consumer group of the client. Java: ConsumerData. */
export const ConsumerData = record({
  consumeFromWhere: choice(CONSUME_FROM_WHERE, 'CONSUME_FROM_LAST_OFFSET'),
  consumeType: choice(CONSUME_TYPES, 'CONSUME_PASSIVELY'),
  groupName: text(),
  messageModel: choice(MESSAGE_MODELS, 'CLUSTERING'),
  subscriptionDataSet: list(SubscriptionData),
  unitMode: flag(),
});
/** Decoded {@link ConsumerData}. */
export type ConsumerData = BodyOf<typeof ConsumerData>;

/** The body. */
export const HeartbeatData = defineBody({
  clientID: text(),
  consumerDataSet: list(ConsumerData),
  heartbeatFingerprint: number(),
  producerDataSet: list(record({ groupName: text() })),
  withoutSub: flag(),
});
/** Decoded {@link HeartbeatData}. */
export type HeartbeatData = BodyOf<typeof HeartbeatData>;
