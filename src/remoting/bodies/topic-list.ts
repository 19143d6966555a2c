/** Body of topic lists: 206, 224, 304, 305, 311–313. Main thread. Java: TopicList. */
import { defineBody, list, optionalText, text, type BodyOf } from '../body-schema.js';

/** The body. */
export const TopicList = defineBody({ brokerAddr: optionalText(), topicList: list(text()) });
/** Decoded {@link TopicList}. */
export type TopicList = BodyOf<typeof TopicList>;
