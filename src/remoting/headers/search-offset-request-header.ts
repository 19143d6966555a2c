/**
 * Header of SEARCH_OFFSET_BY_TIMESTAMP (29); boundaryType is LOWER or UPPER in any case. Main thread.
 * Java: SearchOffsetRequestHeader and SearchOffsetResponseHeader.
 */
import { defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const SearchOffsetRequestHeader = defineHeader('SearchOffsetRequestHeader', {
  topic: string(),
  queueId: int(),
  timestamp: long(),
  boundaryType: string().default('LOWER'),
});
/** Decoded {@link SearchOffsetRequestHeader}. */
export type SearchOffsetRequestHeader = HeaderOf<typeof SearchOffsetRequestHeader>;

/** The answer. */
export const SearchOffsetResponseHeader = defineHeader('SearchOffsetResponseHeader', {
  offset: long(),
});
/** Decoded {@link SearchOffsetResponseHeader}. */
export type SearchOffsetResponseHeader = HeaderOf<typeof SearchOffsetResponseHeader>;
