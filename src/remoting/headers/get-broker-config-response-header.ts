/**
 * Header of the answer to GET_BROKER_CONFIG (26). Main thread.
 * Java: GetBrokerConfigResponseHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The answer. */
export const GetBrokerConfigResponseHeader = defineHeader('GetBrokerConfigResponseHeader', {
  version: string(),
});
/** Decoded {@link GetBrokerConfigResponseHeader}. */
export type GetBrokerConfigResponseHeader = HeaderOf<typeof GetBrokerConfigResponseHeader>;
