/**
 * Bodies of UPDATE_AND_CREATE_SUBSCRIPTIONGROUP (200) and of the answer to GET_ALL_SUBSCRIPTIONGROUP_CONFIG (201). Main thread.
 * Java: SubscriptionGroupConfig and SubscriptionGroupWrapper.
 */
import {
  defineBody,
  flag,
  list,
  number,
  opaqueJson,
  optional,
  record,
  text,
  textMap,
  textRecord,
  type BodyOf,
} from '../body-schema.js';
import { DataVersion } from './data-version.js';

const SimpleSubscriptionData = record({ expression: text(), expressionType: text(), topic: text(), version: number() });

/** One group's settings; the defaults are Apache's. */
export const SubscriptionGroupConfig = defineBody({
  attributes: textRecord(),
  brokerId: number(0),
  consumeBroadcastEnable: flag(true),
  consumeEnable: flag(true),
  consumeFromMinEnable: flag(true),
  consumeMessageOrderly: flag(false),
  consumeTimeoutMinute: number(15),
  groupName: text(),
  /** Kept as it came: only clients in POP mode look into it. */
  groupRetryPolicy: opaqueJson({ type: 'CUSTOMIZED' }),
  groupSysFlag: number(0),
  notifyConsumerIdsChangedEnable: flag(true),
  retryMaxTimes: number(16),
  retryQueueNums: number(1),
  subscriptionDataSet: optional(list(SimpleSubscriptionData)),
  whichBrokerWhenConsumeSlowly: number(1),
});
/** Decoded {@link SubscriptionGroupConfig}. */
export type SubscriptionGroupConfig = BodyOf<typeof SubscriptionGroupConfig>;

/** All groups. */
export const SubscriptionGroupWrapper = defineBody({
  dataVersion: DataVersion,
  forbiddenTable: textMap(textMap(number())),
  subscriptionGroupTable: textMap(SubscriptionGroupConfig),
});
/** Decoded {@link SubscriptionGroupWrapper}. */
export type SubscriptionGroupWrapper = BodyOf<typeof SubscriptionGroupWrapper>;
