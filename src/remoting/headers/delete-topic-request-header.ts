/**
 * Header of DELETE_TOPIC_IN_BROKER (215). Main thread.
 * Java: DeleteTopicRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const DeleteTopicRequestHeader = defineHeader('DeleteTopicRequestHeader', {
  topic: string(),
});
/** Decoded {@link DeleteTopicRequestHeader}. */
export type DeleteTopicRequestHeader = HeaderOf<typeof DeleteTopicRequestHeader>;
