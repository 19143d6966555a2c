/**
 * Header of DELETE_KV_CONFIG (102). Main thread.
 * Java: DeleteKVConfigRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const DeleteKVConfigRequestHeader = defineHeader('DeleteKVConfigRequestHeader', {
  namespace: string(),
  key: string(),
});
/** Decoded {@link DeleteKVConfigRequestHeader}. */
export type DeleteKVConfigRequestHeader = HeaderOf<typeof DeleteKVConfigRequestHeader>;
