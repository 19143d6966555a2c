/**
 * Header of QUERY_DATA_VERSION (322). Main thread.
 * Java: QueryDataVersionRequestHeader and QueryDataVersionResponseHeader.
 */
import { boolean, defineHeader, long, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const QueryDataVersionRequestHeader = defineHeader('QueryDataVersionRequestHeader', {
  brokerName: string(),
  brokerAddr: string(),
  clusterName: string(),
  brokerId: long(),
});
/** Decoded {@link QueryDataVersionRequestHeader}. */
export type QueryDataVersionRequestHeader = HeaderOf<typeof QueryDataVersionRequestHeader>;

/** The answer. */
export const QueryDataVersionResponseHeader = defineHeader('QueryDataVersionResponseHeader', {
  changed: boolean(),
});
/** Decoded {@link QueryDataVersionResponseHeader}. */
export type QueryDataVersionResponseHeader = HeaderOf<typeof QueryDataVersionResponseHeader>;
