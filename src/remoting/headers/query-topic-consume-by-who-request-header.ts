/** Header of QUERY_TOPIC_CONSUME_BY_WHO (300). Main thread. Java: QueryTopicConsumeByWhoRequestHeader. */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const QueryTopicConsumeByWhoRequestHeader = defineHeader('QueryTopicConsumeByWhoRequestHeader', {
  topic: string(),
});
/** Decoded {@link QueryTopicConsumeByWhoRequestHeader}. */
export type QueryTopicConsumeByWhoRequestHeader = HeaderOf<typeof QueryTopicConsumeByWhoRequestHeader>;
