/**
 * Makes the NameServer's configuration from its layers and warns about unknown keys. Main thread.
 * Java: NamesrvStartup.parseCommandlineAndConfigFile.
 */
import { readMachineFacts } from '../base/config-machine.js';
import { ConfigStore, type ConfigLayer, type MachineFacts } from '../base/config-store.js';
import { describeUnknownKey } from '../base/config-warning.js';
import type { Logger } from '../base/log.js';
import { namesrvConfigSchema } from './namesrv-config.js';

/** The NameServer's configuration with its changes while running. */
export type NamesrvConfigStore = ConfigStore<typeof namesrvConfigSchema>;

const APACHE_ONLY_KEYS: ReadonlySet<string> = new Set([
  'clientRequestThreadPoolNums',
  'clientRequestThreadPoolQueueCapacity',
  'defaultThreadPoolNums',
  'defaultThreadPoolQueueCapacity',
  'enableControllerInNamesrv',
  'notifyMinBrokerIdChanged',
  'serverSelectorThreads',
  'serverWorkerThreads',
  'supportActingMaster',
  'unRegisterBrokerQueueCapacity',
  'useEpollNativeSelector',
]);

/** Later layers win. Throws ConfigError for a value that is not allowed. */
export function loadNamesrvConfig(
  layers: readonly ConfigLayer[],
  logger: Logger,
  machine: MachineFacts = readMachineFacts(),
): NamesrvConfigStore {
  const store = new ConfigStore(namesrvConfigSchema, layers, machine);
  for (const key of store.pendingKeys) logger.warn(`the key ${key} has no effect in this version`);
  for (const key of store.unknownKeys) {
    logger.warn(describeUnknownKey(key, Object.keys(namesrvConfigSchema), APACHE_ONLY_KEYS));
  }
  return store;
}
