/**
 * Header of the answer to GET_ALL_TOPIC_CONFIG (21). Main thread.
 * Java: GetAllTopicConfigResponseHeader.
 */
import { defineHeader, int, type HeaderOf } from '../header-schema.js';

/** The answer. */
export const GetAllTopicConfigResponseHeader = defineHeader('GetAllTopicConfigResponseHeader', {
  totalTopicNum: int().optional(),
});
/** Decoded {@link GetAllTopicConfigResponseHeader}. */
export type GetAllTopicConfigResponseHeader = HeaderOf<typeof GetAllTopicConfigResponseHeader>;
