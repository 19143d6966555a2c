/**
 * Header of GET_ALL_SUBSCRIPTIONGROUP_CONFIG (201): clients before 5.3 send none and take all groups at once. Main thread.
 * Java: GetAllSubscriptionGroupRequestHeader and GetAllSubscriptionGroupResponseHeader.
 */
import { defineHeader, int, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetAllSubscriptionGroupRequestHeader = defineHeader('GetAllSubscriptionGroupRequestHeader', {
  groupSeq: int().optional(),
  dataVersion: string().optional(),
  maxGroupNum: int().optional(),
});
/** Decoded {@link GetAllSubscriptionGroupRequestHeader}. */
export type GetAllSubscriptionGroupRequestHeader = HeaderOf<typeof GetAllSubscriptionGroupRequestHeader>;

/** The answer. */
export const GetAllSubscriptionGroupResponseHeader = defineHeader('GetAllSubscriptionGroupResponseHeader', {
  totalGroupNum: int(),
});
/** Decoded {@link GetAllSubscriptionGroupResponseHeader}. */
export type GetAllSubscriptionGroupResponseHeader = HeaderOf<typeof GetAllSubscriptionGroupResponseHeader>;
