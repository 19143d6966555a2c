/**
 * Header of DELETE_SUBSCRIPTIONGROUP (207). Main thread.
 * Java: DeleteSubscriptionGroupRequestHeader.
 */
import { defineHeader, boolean, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const DeleteSubscriptionGroupRequestHeader = defineHeader('DeleteSubscriptionGroupRequestHeader', {
  groupName: string(),
  cleanOffset: boolean().default(false),
});
/** Decoded {@link DeleteSubscriptionGroupRequestHeader}. */
export type DeleteSubscriptionGroupRequestHeader = HeaderOf<typeof DeleteSubscriptionGroupRequestHeader>;
