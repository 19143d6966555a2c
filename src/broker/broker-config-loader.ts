/**
 * Makes the broker's configuration from its layers: parses, checks what two keys say together, warns about unknown keys.
 * Main thread. Java: BrokerStartup.buildBrokerController, the part before the controller.
 * Invariant: returns only a configuration that the broker can start with; else throws ConfigError.
 */
import { readMachineFacts } from '../base/config-machine.js';
import { ConfigStore, type ConfigLayer, type MachineFacts } from '../base/config-store.js';
import { describeUnknownKey } from '../base/config-warning.js';
import { ConfigError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { APACHE_ONLY_KEYS } from './apache-only-keys.js';
import { brokerConfigSchema } from './broker-config.js';

/** The broker's configuration with its changes while running. */
export type BrokerConfigStore = ConfigStore<typeof brokerConfigSchema>;

/** Later layers win. */
export function loadBrokerConfig(
  layers: readonly ConfigLayer[],
  logger: Logger,
  machine: MachineFacts = readMachineFacts(),
): BrokerConfigStore {
  const store = new ConfigStore(brokerConfigSchema, layers, machine);
  for (const key of store.pendingKeys) logger.warn(`the key ${key} has no effect in this version`);
  for (const key of store.unknownKeys) {
    logger.warn(describeUnknownKey(key, Object.keys(brokerConfigSchema), APACHE_ONLY_KEYS));
  }
  checkRole(store, logger);
  return store;
}

function checkRole(store: BrokerConfigStore, logger: Logger): void {
  const { brokerRole, brokerId, inSyncReplicas } = store.values;
  if (brokerRole === 'SLAVE') {
    if (brokerId === 0) throw new ConfigError("brokerRole=SLAVE needs a brokerId above 0: 0 is its master's");
    return;
  }
  if (brokerRole === 'SYNC_MASTER' && inSyncReplicas < 2)
    logger.warn('brokerRole=SYNC_MASTER with inSyncReplicas=1: no send waits for a slave, as in Apache 5.5.0');
  // Compat: Apache too makes every master's id 0, whatever the file says.
  if (brokerId !== 0) store.assign('brokerId', 0);
}
