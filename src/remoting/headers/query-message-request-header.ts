/**
 * Header of QUERY_MESSAGE (12). Times are store times; whether the key is a unique one says the field `_UNIQUE_KEY_QUERY`, which is no part of Java's
 * header class. Main thread. Java: QueryMessageRequestHeader and QueryMessageResponseHeader, MixAll.UNIQUE_MSG_QUERY_FLAG.
 */
import { boolean, defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const QueryMessageRequestHeader = defineHeader(
  'QueryMessageRequestHeader',
  {
    topic: string(),
    key: string(),
    maxNum: int().optional(),
    beginTimestamp: long().optional(),
    endTimestamp: long().optional(),
    indexType: string().optional(),
    isUniqueKey: boolean().default(false),
  },
  { isUniqueKey: '_UNIQUE_KEY_QUERY' },
);
/** Decoded {@link QueryMessageRequestHeader}. */
export type QueryMessageRequestHeader = HeaderOf<typeof QueryMessageRequestHeader>;

/** The answer. */
export const QueryMessageResponseHeader = defineHeader('QueryMessageResponseHeader', {
  indexLastUpdateTimestamp: long(),
  indexLastUpdatePhyoffset: long(),
});
/** Decoded {@link QueryMessageResponseHeader}. */
export type QueryMessageResponseHeader = HeaderOf<typeof QueryMessageResponseHeader>;
