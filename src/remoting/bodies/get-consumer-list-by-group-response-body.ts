/** Body of the answer to GET_CONSUMER_LIST_BY_GROUP (38): client ids. Main thread. Java: GetConsumerListByGroupResponseBody. */
import { defineBody, list, text, type BodyOf } from '../body-schema.js';

/** The body. */
export const GetConsumerListByGroupResponseBody = defineBody({ consumerIdList: list(text()) });
/** Decoded {@link GetConsumerListByGroupResponseBody}. */
export type GetConsumerListByGroupResponseBody = BodyOf<typeof GetConsumerListByGroupResponseBody>;
