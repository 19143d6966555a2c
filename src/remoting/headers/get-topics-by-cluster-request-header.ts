/**
 * Header of GET_TOPICS_BY_CLUSTER (224). Main thread.
 * Java: GetTopicsByClusterRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetTopicsByClusterRequestHeader = defineHeader('GetTopicsByClusterRequestHeader', {
  cluster: string(),
});
/** Decoded {@link GetTopicsByClusterRequestHeader}. */
export type GetTopicsByClusterRequestHeader = HeaderOf<typeof GetTopicsByClusterRequestHeader>;
