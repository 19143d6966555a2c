/**
 * Header of DELETE_TOPIC_IN_NAMESRV (216). Main thread.
 * Java: DeleteTopicFromNamesrvRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const DeleteTopicFromNamesrvRequestHeader = defineHeader('DeleteTopicFromNamesrvRequestHeader', {
  topic: string(),
  clusterName: string().optional(),
});
/** Decoded {@link DeleteTopicFromNamesrvRequestHeader}. */
export type DeleteTopicFromNamesrvRequestHeader = HeaderOf<typeof DeleteTopicFromNamesrvRequestHeader>;
