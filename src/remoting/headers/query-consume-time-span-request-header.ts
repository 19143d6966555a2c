/** Header of QUERY_CONSUME_TIME_SPAN (303). Main thread. Java: QueryConsumeTimeSpanRequestHeader. */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const QueryConsumeTimeSpanRequestHeader = defineHeader('QueryConsumeTimeSpanRequestHeader', {
  topic: string(),
  group: string(),
});
/** Decoded {@link QueryConsumeTimeSpanRequestHeader}. */
export type QueryConsumeTimeSpanRequestHeader = HeaderOf<typeof QueryConsumeTimeSpanRequestHeader>;
