/**
 * Header of GET_BROKER_MEMBER_GROUP (901). Main thread.
 * Java: GetBrokerMemberGroupRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetBrokerMemberGroupRequestHeader = defineHeader('GetBrokerMemberGroupRequestHeader', {
  clusterName: string(),
  brokerName: string(),
});
/** Decoded {@link GetBrokerMemberGroupRequestHeader}. */
export type GetBrokerMemberGroupRequestHeader = HeaderOf<typeof GetBrokerMemberGroupRequestHeader>;
