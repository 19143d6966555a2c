/**
 * Header of GET_TOPIC_CONFIG (351); the answer is a body. Main thread.
 * Java: GetTopicConfigRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetTopicConfigRequestHeader = defineHeader('GetTopicConfigRequestHeader', {
  topic: string(),
});
/** Decoded {@link GetTopicConfigRequestHeader}. */
export type GetTopicConfigRequestHeader = HeaderOf<typeof GetTopicConfigRequestHeader>;
