/**
 * Header of EXCHANGE_BROKER_HA_INFO (906), of request and answer alike: a master says where it listens for slaves, or a slave asks (all empty). Main thread.
 * Java: ExchangeHAInfoRequestHeader and ExchangeHAInfoResponseHeader.
 */
import { defineHeader, long, string, type HeaderOf } from '../header-schema.js';

/** The request and the answer. `masterFlushOffset` is where the master's log ended when it started. */
export const ExchangeHaInfoHeader = defineHeader('ExchangeHAInfoRequestHeader', {
  masterHaAddress: string().optional(),
  masterFlushOffset: long().optional(),
  masterAddress: string().optional(),
});
/** Decoded {@link ExchangeHaInfoHeader}. */
export type ExchangeHaInfoHeader = HeaderOf<typeof ExchangeHaInfoHeader>;
