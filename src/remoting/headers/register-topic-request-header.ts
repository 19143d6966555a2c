/**
 * Header of REGISTER_TOPIC_IN_NAMESRV (217). Main thread.
 * Java: RegisterTopicRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const RegisterTopicRequestHeader = defineHeader('RegisterTopicRequestHeader', {
  topic: string(),
});
/** Decoded {@link RegisterTopicRequestHeader}. */
export type RegisterTopicRequestHeader = HeaderOf<typeof RegisterTopicRequestHeader>;
