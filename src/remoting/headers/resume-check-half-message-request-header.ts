/**
 * Header of RESUME_CHECK_HALF_MESSAGE (323); `msgId` is an offset message id. The answer has none. Main thread.
 * Java: ResumeCheckHalfMessageRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const ResumeCheckHalfMessageRequestHeader = defineHeader('ResumeCheckHalfMessageRequestHeader', {
  topic: string().optional(),
  msgId: string().optional(),
});
/** Decoded {@link ResumeCheckHalfMessageRequestHeader}. */
export type ResumeCheckHalfMessageRequestHeader = HeaderOf<typeof ResumeCheckHalfMessageRequestHeader>;
