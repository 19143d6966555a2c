/**
 * The key-value configuration: 100, 101, 102, 219. Main thread. Java: DefaultRequestProcessor.
 */
import { KVTable } from '../../remoting/bodies/kv-table.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { DeleteKVConfigRequestHeader } from '../../remoting/headers/delete-kv-config-request-header.js';
import {
  GetKVConfigRequestHeader,
  GetKVConfigResponseHeader,
} from '../../remoting/headers/get-kv-config-request-header.js';
import { GetKVListByNamespaceRequestHeader } from '../../remoting/headers/get-kv-list-by-namespace-request-header.js';
import { PutKVConfigRequestHeader } from '../../remoting/headers/put-kv-config-request-header.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { KVConfigManager } from '../kv-config-manager.js';

/** PUT_KV_CONFIG (100). */
export function createPutKVConfigProcessor(kvConfigs: KVConfigManager): RequestProcessor {
  return async (request) => {
    const { namespace, key, value } = PutKVConfigRequestHeader.decode(request.extFields);
    if (request.extFields?.['namespace'] === undefined || request.extFields['key'] === undefined) {
      return createResponse(request, ResponseCode.SYSTEM_ERROR, 'namespace or key is null');
    }
    await kvConfigs.put(namespace, key, value);
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

/** GET_KV_CONFIG (101). */
export function createGetKVConfigProcessor(kvConfigs: KVConfigManager): RequestProcessor {
  return (request) => {
    const { namespace, key } = GetKVConfigRequestHeader.decode(request.extFields);
    const value = kvConfigs.get(namespace, key);
    if (value !== undefined)
      return createResponse(request, ResponseCode.SUCCESS, undefined, GetKVConfigResponseHeader.encode({ value }));
    return createResponse(request, ResponseCode.QUERY_NOT_FOUND, `No config item, Namespace: ${namespace} Key: ${key}`);
  };
}

/** DELETE_KV_CONFIG (102). */
export function createDeleteKVConfigProcessor(kvConfigs: KVConfigManager): RequestProcessor {
  return async (request) => {
    const { namespace, key } = DeleteKVConfigRequestHeader.decode(request.extFields);
    await kvConfigs.delete(namespace, key);
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

/** GET_KVLIST_BY_NAMESPACE (219). */
export function createListKVConfigProcessor(kvConfigs: KVConfigManager): RequestProcessor {
  return (request) => {
    const { namespace } = GetKVListByNamespaceRequestHeader.decode(request.extFields);
    const entries = kvConfigs.list(namespace);
    if (entries === undefined)
      return createResponse(request, ResponseCode.QUERY_NOT_FOUND, `No config item, Namespace: ${namespace}`);
    return createResponse(
      request,
      ResponseCode.SUCCESS,
      undefined,
      undefined,
      KVTable.encode({ table: new Map(entries) }),
    );
  };
}
