/**
 * Header of PUT_KV_CONFIG (100). Main thread.
 * Java: PutKVConfigRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const PutKVConfigRequestHeader = defineHeader('PutKVConfigRequestHeader', {
  namespace: string(),
  key: string(),
  value: string(),
});
/** Decoded {@link PutKVConfigRequestHeader}. */
export type PutKVConfigRequestHeader = HeaderOf<typeof PutKVConfigRequestHeader>;
