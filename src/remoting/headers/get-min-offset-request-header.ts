/**
 * Header of GET_MIN_OFFSET (31). Main thread.
 * Java: GetMinOffsetRequestHeader and GetMinOffsetResponseHeader.
 */
import { defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetMinOffsetRequestHeader = defineHeader('GetMinOffsetRequestHeader', {
  topic: string(),
  queueId: int(),
});
/** Decoded {@link GetMinOffsetRequestHeader}. */
export type GetMinOffsetRequestHeader = HeaderOf<typeof GetMinOffsetRequestHeader>;

/** The answer. */
export const GetMinOffsetResponseHeader = defineHeader('GetMinOffsetResponseHeader', {
  offset: long(),
});
/** Decoded {@link GetMinOffsetResponseHeader}. */
export type GetMinOffsetResponseHeader = HeaderOf<typeof GetMinOffsetResponseHeader>;
