/**
 * Header of GET_KVLIST_BY_NAMESPACE (219). Main thread.
 * Java: GetKVListByNamespaceRequestHeader.
 */
import { defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetKVListByNamespaceRequestHeader = defineHeader('GetKVListByNamespaceRequestHeader', {
  namespace: string(),
});
/** Decoded {@link GetKVListByNamespaceRequestHeader}. */
export type GetKVListByNamespaceRequestHeader = HeaderOf<typeof GetKVListByNamespaceRequestHeader>;
