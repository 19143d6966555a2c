/**
 * Header of UPDATE_AND_CREATE_TOPIC (17). Main thread.
 * Java: CreateTopicRequestHeader.
 */
import { boolean, defineHeader, int, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const CreateTopicRequestHeader = defineHeader('CreateTopicRequestHeader', {
  topic: string(),
  defaultTopic: string(),
  readQueueNums: int(),
  writeQueueNums: int(),
  perm: int(),
  topicFilterType: string(),
  topicSysFlag: int().optional(),
  order: boolean().default(false),
  attributes: string().optional(),
  force: boolean().default(false),
});
/** Decoded {@link CreateTopicRequestHeader}. */
export type CreateTopicRequestHeader = HeaderOf<typeof CreateTopicRequestHeader>;
