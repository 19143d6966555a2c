/**
 * Header of GET_KV_CONFIG (101). Main thread.
 * Java: GetKVConfigRequestHeader and GetKVConfigResponseHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetKVConfigRequestHeader = defineHeader('GetKVConfigRequestHeader', {
  namespace: string(),
  key: string(),
});
/** Decoded {@link GetKVConfigRequestHeader}. */
export type GetKVConfigRequestHeader = HeaderOf<typeof GetKVConfigRequestHeader>;

/** The answer. */
export const GetKVConfigResponseHeader = defineHeader('GetKVConfigResponseHeader', {
  value: string().optional(),
});
/** Decoded {@link GetKVConfigResponseHeader}. */
export type GetKVConfigResponseHeader = HeaderOf<typeof GetKVConfigResponseHeader>;
