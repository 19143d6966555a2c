/**
 * Header of GET_ALL_TOPIC_CONFIG (21): without fields it asks for all topics at once, as tools before 5.3 do. Main thread.
 * Java: GetAllTopicConfigRequestHeader.
 */
import { defineHeader, int, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetAllTopicConfigRequestHeader = defineHeader('GetAllTopicConfigRequestHeader', {
  dataVersion: string().optional(),
  topicSeq: int().optional(),
  maxTopicNum: int().optional(),
});
/** Decoded {@link GetAllTopicConfigRequestHeader}. */
export type GetAllTopicConfigRequestHeader = HeaderOf<typeof GetAllTopicConfigRequestHeader>;
