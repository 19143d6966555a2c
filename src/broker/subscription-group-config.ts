/**
 * A consumer group's settings with Java's initial values. Main thread. Java: SubscriptionGroupConfig.
 * Invariant: a config in a table is never changed in place; an update puts a new one there.
 */
import { SubscriptionGroupConfig as SubscriptionGroupConfigShape } from '../remoting/bodies/subscription-group-wrapper.js';

/** A group's settings. */
export type SubscriptionGroupConfig = Readonly<SubscriptionGroupConfigShape>;

/** A group with Java's initial values, except where `values` says otherwise. */
export function createSubscriptionGroupConfig(
  groupName: string,
  values: Partial<SubscriptionGroupConfig> = {},
): SubscriptionGroupConfig {
  return { ...SubscriptionGroupConfigShape.read({ groupName }), ...values };
}
