/**
 * Header of GET_EARLIEST_MSG_STORETIME (32). Main thread.
 * Java: GetEarliestMsgStoretimeRequestHeader and GetEarliestMsgStoretimeResponseHeader.
 */
import { defineHeader, int, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetEarliestMsgStoretimeRequestHeader = defineHeader('GetEarliestMsgStoretimeRequestHeader', {
  topic: string(),
  queueId: int(),
});
/** Decoded {@link GetEarliestMsgStoretimeRequestHeader}. */
export type GetEarliestMsgStoretimeRequestHeader = HeaderOf<typeof GetEarliestMsgStoretimeRequestHeader>;

/** The answer. */
export const GetEarliestMsgStoretimeResponseHeader = defineHeader('GetEarliestMsgStoretimeResponseHeader', {
  timestamp: long(),
});
/** Decoded {@link GetEarliestMsgStoretimeResponseHeader}. */
export type GetEarliestMsgStoretimeResponseHeader = HeaderOf<typeof GetEarliestMsgStoretimeResponseHeader>;
