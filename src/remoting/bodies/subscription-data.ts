/** What a group wants of a topic. Main thread. Java: SubscriptionData. */
import { flag, list, number, record, text, type BodyOf } from '../body-schema.js';

/** Shape of a subscription. */
export const SubscriptionData = record({
  classFilterMode: flag(),
  /** Java string hashes of the tags. */
  codeSet: list(number()),
  /** TAG or SQL92. */
  expressionType: text('TAG'),
  subString: text(),
  /** Grows with every change of the subscription: a client's clock, ms. */
  subVersion: number(),
  tagsSet: list(text()),
  topic: text(),
});
/** One subscription. */
export type SubscriptionData = BodyOf<typeof SubscriptionData>;
