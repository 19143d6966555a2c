/**
 * UPDATE_BROKER_CONFIG (25) and GET_BROKER_CONFIG (26). Main thread. Java: AdminBrokerProcessor, Configuration.
 * Invariant: all keys of an update change or none; when one changes where clients find this broker or what they may do there, the
 * NameServers know before the answer. Containers in tests learn their mapped port only after the start and set it in this way.
 */
import type { Clock } from '../../base/clock.js';
import { parseProperties, type Properties } from '../../base/config-properties.js';
import type { ConfigStore } from '../../base/config-store.js';
import { ConfigError, RequestError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { DataVersion } from '../../remoting/bodies/data-version.js';
import type { Connection } from '../../remoting/connection.js';
import { stringifyFastjson } from '../../remoting/fastjson.js';
import { GetBrokerConfigResponseHeader } from '../../remoting/headers/get-broker-config-response-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { brokerConfigSchema } from '../broker-config.js';
import { firstVersion, nextVersion } from '../table-version.js';
import type { TopicConfigManager } from '../topic-config-manager.js';

/** Keys that NameServers know of this broker. */
const REGISTERED_KEYS = ['brokerIP1', 'listenPort', 'advertisedPort', 'brokerPermission'];
/** Never changed by a request, whatever configBlackList says. Java: AdminBrokerProcessor.initConfigBlackList. */
const ALWAYS_FORBIDDEN_KEYS = ['brokerConfigPath', 'rocketmqHome', 'configBlackList'];

/** What a BrokerConfigProcessor needs. */
export interface BrokerConfigProcessorDeps {
  readonly configStore: ConfigStore<typeof brokerConfigSchema>;
  readonly topics: TopicConfigManager;
  /**
   * Runs `change`, which may change this broker's address or permission; then takes the address that was registered before it out of the
   * NameServers, if it is another one now, and registers. Settles when that is done; what `change` throws comes out.
   */
  readonly reregisterAround: (change: () => void) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One for each broker; its methods are bound. */
export class BrokerConfigProcessor {
  readonly #deps: BrokerConfigProcessorDeps;
  #version: DataVersion;

  constructor(deps: BrokerConfigProcessorDeps) {
    this.#deps = deps;
    this.#version = firstVersion(deps.clock.nowMs());
  }

  /** UPDATE_BROKER_CONFIG. Compat: unknown keys are left out and no body is no error. */
  readonly update = async (request: RemotingCommand, connection: Connection): Promise<RemotingCommand> => {
    const properties = readProperties(request.body);
    this.#checkForbidden(properties);
    if (REGISTERED_KEYS.some((key) => properties.has(key))) {
      await this.#deps.reregisterAround(() => {
        this.#apply(properties, connection.remoteAddress);
        // A NameServer takes topics over only with a newer version, and they carry the broker's permission.
        this.#deps.topics.touch();
      });
    } else if (properties.size > 0) {
      this.#apply(properties, connection.remoteAddress);
    }
    return createResponse(request, ResponseCode.SUCCESS);
  };

  /** GET_BROKER_CONFIG. */
  readonly get = (request: RemotingCommand): RemotingCommand => {
    const version = stringifyFastjson(DataVersion.write(this.#version));
    const extFields = GetBrokerConfigResponseHeader.encode({ version });
    const body = Buffer.from(this.#deps.configStore.toProperties());
    return createResponse(request, ResponseCode.SUCCESS, undefined, extFields, body);
  };

  #checkForbidden(properties: Properties): void {
    const { configBlackList } = this.#deps.configStore.values;
    const forbidden = [...ALWAYS_FORBIDDEN_KEYS, ...configBlackList.split(';')];
    if (forbidden.some((key) => properties.has(key.trim()))) {
      throw new RequestError(ResponseCode.NO_PERMISSION, 'Can not update config in black list.');
    }
  }

  #apply(properties: Properties, remoteAddress: string): void {
    const { configStore, clock, logger } = this.#deps;
    try {
      const { changed, atNextStart, unknown } = configStore.update(properties, `a request of ${remoteAddress}`);
      logger.info('configuration changed by a request', { remoteAddress, changed, atNextStart, unknown });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      // Differs: Apache says SUCCESS and keeps the old value.
      throw new RequestError(ResponseCode.INVALID_PARAMETER, error.message, { cause: error });
    }
    this.#version = nextVersion(this.#version, clock.nowMs());
  }
}

function readProperties(body: Buffer | undefined): Properties {
  try {
    return parseProperties(body?.toString('utf8') ?? '');
  } catch (error) {
    throw new RequestError(ResponseCode.SYSTEM_ERROR, 'string2Properties error', { cause: error });
  }
}
