/** Header of GET_CONSUME_STATS (208). Main thread. Java: GetConsumeStatsRequestHeader. */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetConsumeStatsRequestHeader = defineHeader('GetConsumeStatsRequestHeader', {
  consumerGroup: string(),
  /** All that the group has consumed, if it is missing. */
  topic: string().optional(),
  /** Several, with `;` between them; before `topic`. */
  topicList: string().optional(),
});
/** Decoded {@link GetConsumeStatsRequestHeader}. */
export type GetConsumeStatsRequestHeader = HeaderOf<typeof GetConsumeStatsRequestHeader>;
