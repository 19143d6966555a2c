/**
 * Header of NOTIFY_CONSUMER_IDS_CHANGED (40), which goes from broker to client. Main thread.
 * Java: NotifyConsumerIdsChangedRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const NotifyConsumerIdsChangedRequestHeader = defineHeader('NotifyConsumerIdsChangedRequestHeader', {
  consumerGroup: string(),
});
/** Decoded {@link NotifyConsumerIdsChangedRequestHeader}. */
export type NotifyConsumerIdsChangedRequestHeader = HeaderOf<typeof NotifyConsumerIdsChangedRequestHeader>;
