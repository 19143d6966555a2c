/**
 * Header of GET_PRODUCER_CONNECTION_LIST (204). Main thread.
 * Java: GetProducerConnectionListRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetProducerConnectionListRequestHeader = defineHeader('GetProducerConnectionListRequestHeader', {
  producerGroup: string(),
});
/** Decoded {@link GetProducerConnectionListRequestHeader}. */
export type GetProducerConnectionListRequestHeader = HeaderOf<typeof GetProducerConnectionListRequestHeader>;
