/** Body of CHECK_CLIENT_CONFIG (46): one subscription to be checked. Main thread. Java: CheckClientRequestBody. */
import { defineBody, optional, optionalText, text, type BodyOf } from '../body-schema.js';
import { SubscriptionData } from './subscription-data.js';

/** The body. */
export const CheckClientRequestBody = defineBody({
  clientId: text(),
  group: text(),
  namespace: optionalText(),
  subscriptionData: optional(SubscriptionData),
});
/** Decoded {@link CheckClientRequestBody}. */
export type CheckClientRequestBody = BodyOf<typeof CheckClientRequestBody>;
