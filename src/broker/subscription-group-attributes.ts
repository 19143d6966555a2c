/** Attributes that consumer groups may have. Main thread. Java: SubscriptionGroupAttributes. */
import {
  booleanAttribute,
  enumAttribute,
  longRangeAttribute,
  textAttribute,
  type AttributeKinds,
} from './attribute-changes.js';

const PRIORITY_FACTOR_MAX = 100;
const LITE_EVENT_COUNT_MIN = 10;

/** By name. Those of lite topics are kept so that existing settings survive; nothing acts on them. */
export const SUBSCRIPTION_GROUP_ATTRIBUTES: AttributeKinds = {
  'priority.factor': longRangeAttribute(0, PRIORITY_FACTOR_MAX),
  'lite.bind.topic': textAttribute(),
  'lite.sub.model': enumAttribute(['Shared', 'Exclusive'], true),
  'lite.sub.reset.offset.exclusive': booleanAttribute(),
  'lite.sub.reset.offset.unsubscribe': booleanAttribute(),
  'lite.sub.client.quota': longRangeAttribute(-1),
  'lite.sub.client.max.event.cnt': longRangeAttribute(LITE_EVENT_COUNT_MIN),
  'lite.sub.wildcard': textAttribute(),
};
