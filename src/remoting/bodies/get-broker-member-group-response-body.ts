/** Body of the answer to GET_BROKER_MEMBER_GROUP (901). Main thread. Java: GetBrokerMemberGroupResponseBody, BrokerMemberGroup. */
import { defineBody, numberMap, record, text, type BodyOf } from '../body-schema.js';

/** The body: the addresses of one broker name by broker id. */
export const GetBrokerMemberGroupResponseBody = defineBody({
  brokerMemberGroup: record({ brokerAddrs: numberMap(text()), brokerName: text(), cluster: text() }),
});
/** Decoded {@link GetBrokerMemberGroupResponseBody}. */
export type GetBrokerMemberGroupResponseBody = BodyOf<typeof GetBrokerMemberGroupResponseBody>;
