/**
 * Header of VIEW_MESSAGE_BY_ID (33); `offset` is physical. The answer has none. Main thread.
 * Java: ViewMessageRequestHeader.
 */
import { defineHeader, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const ViewMessageRequestHeader = defineHeader('ViewMessageRequestHeader', {
  topic: string().optional(),
  offset: long(),
});
/** Decoded {@link ViewMessageRequestHeader}. */
export type ViewMessageRequestHeader = HeaderOf<typeof ViewMessageRequestHeader>;
