/** Body of the answer to QUERY_TOPIC_CONSUME_BY_WHO (300). Main thread. Java: GroupList. */
import { defineBody, list, text, type BodyOf } from '../body-schema.js';

/** The body. */
export const GroupList = defineBody({ groupList: list(text()) });
/** Decoded {@link GroupList}. */
export type GroupList = BodyOf<typeof GroupList>;
