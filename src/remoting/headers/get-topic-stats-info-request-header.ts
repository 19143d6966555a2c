/**
 * Header of GET_TOPIC_STATS_INFO (202); the answer is a body. Main thread.
 * Java: GetTopicStatsInfoRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetTopicStatsInfoRequestHeader = defineHeader('GetTopicStatsInfoRequestHeader', {
  topic: string(),
});
/** Decoded {@link GetTopicStatsInfoRequestHeader}. */
export type GetTopicStatsInfoRequestHeader = HeaderOf<typeof GetTopicStatsInfoRequestHeader>;
