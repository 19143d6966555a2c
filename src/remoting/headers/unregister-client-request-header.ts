/**
 * Header of UNREGISTER_CLIENT (35); the answer has none. Main thread.
 * Java: UnregisterClientRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const UnregisterClientRequestHeader = defineHeader('UnregisterClientRequestHeader', {
  clientID: string(),
  producerGroup: string().optional(),
  consumerGroup: string().optional(),
});
/** Decoded {@link UnregisterClientRequestHeader}. */
export type UnregisterClientRequestHeader = HeaderOf<typeof UnregisterClientRequestHeader>;
