/**
 * Header of GET_MAX_OFFSET (30). Main thread.
 * Java: GetMaxOffsetRequestHeader and GetMaxOffsetResponseHeader.
 */
import { boolean, defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetMaxOffsetRequestHeader = defineHeader('GetMaxOffsetRequestHeader', {
  topic: string(),
  queueId: int(),
  committed: boolean().default(true),
});
/** Decoded {@link GetMaxOffsetRequestHeader}. */
export type GetMaxOffsetRequestHeader = HeaderOf<typeof GetMaxOffsetRequestHeader>;

/** The answer. */
export const GetMaxOffsetResponseHeader = defineHeader('GetMaxOffsetResponseHeader', {
  offset: long(),
});
/** Decoded {@link GetMaxOffsetResponseHeader}. */
export type GetMaxOffsetResponseHeader = HeaderOf<typeof GetMaxOffsetResponseHeader>;
