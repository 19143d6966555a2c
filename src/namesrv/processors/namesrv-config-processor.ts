/**
 * The NameServer's own settings as `.properties` text: 318, 319. Main thread. Java: DefaultRequestProcessor, Configuration.
 * Invariant: after a 318 that was answered with SUCCESS, the file of configStorePath has the settings of the next start.
 */
import { formatProperties, parseProperties, type Properties } from '../../base/config-properties.js';
import { ConfigError, RequestError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { ReplaceableFile } from '../../base/replaceable-file.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { NamesrvConfigStore } from '../namesrv-config-loader.js';

/** Refused whatever `configBlackList` says: they decide where files are. */
const ALWAYS_BLACK_LISTED = ['configBlackList', 'configStorePath', 'kvConfigPath', 'rocketmqHome'];

/** GET_NAMESRV_CONFIG (319): the settings in force. */
export function createGetNamesrvConfigProcessor(store: NamesrvConfigStore): RequestProcessor {
  return (request) =>
    createResponse(request, ResponseCode.SUCCESS, undefined, undefined, Buffer.from(store.toProperties()));
}

/** UPDATE_NAMESRV_CONFIG (318). Settings that cannot change while running are written to the file for the next start. */
export function createUpdateNamesrvConfigProcessor(store: NamesrvConfigStore, logger: Logger): RequestProcessor {
  const blackList = new Set([...ALWAYS_BLACK_LISTED, ...store.values.configBlackList.split(';')]);
  const file = new ReplaceableFile(store.values.configStorePath);
  const atNextStart = new Map<string, string>();
  return async (request, { remoteAddress }) => {
    if (request.body === undefined) return createResponse(request, ResponseCode.SUCCESS);
    const entries = readEntries(request);
    if ([...entries.keys()].some((key) => blackList.has(key))) {
      return createResponse(request, ResponseCode.NO_PERMISSION, 'Can not update config in black list.');
    }
    const update = applyUpdate(store, entries, remoteAddress);
    logger.info('settings updated', { remoteAddress, ...update });
    for (const [key, text] of entries) {
      if (update.atNextStart.includes(key)) atNextStart.set(key, text);
      else atNextStart.delete(key);
    }
    await file.write(formatProperties(new Map([...store.entries(), ...atNextStart])));
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

function readEntries(request: RemotingCommand): Properties {
  try {
    return parseProperties(request.body?.toString() ?? '');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RequestError(ResponseCode.SYSTEM_ERROR, 'string2Properties error', { cause: error });
  }
}

/** Differs: Apache answers SUCCESS and leaves out a value that it cannot use. */
function applyUpdate(
  store: NamesrvConfigStore,
  entries: Properties,
  remoteAddress: string,
): ReturnType<NamesrvConfigStore['update']> {
  try {
    return store.update(entries, remoteAddress);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new RequestError(ResponseCode.INVALID_PARAMETER, error.message, { cause: error });
  }
}
