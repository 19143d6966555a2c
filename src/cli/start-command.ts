/**
 * `ringmq start`: NameServer and broker in one process. Main thread.
 * Java: NamesrvStartup and BrokerStartup, each a process of its own.
 */
import { join, resolve } from 'node:path';

import { bool, port } from '../base/config-schema.js';
import { ConfigStore } from '../base/config-store.js';
import { readMachineFacts } from '../base/config-machine.js';
import { createLogger } from '../base/log.js';
import { brokerConfigSchema } from '../broker/broker-config.js';
import { loadBrokerConfig } from '../broker/broker-config-loader.js';
import { loadNamesrvConfig } from '../namesrv/namesrv-config-loader.js';
import { startBrokerService } from './broker-service.js';
import type { Command, CommandLine } from './command-line.js';
import { collectLayers, splitLayers } from './config-layers.js';
import { serve } from './serve.js';

/** Keys that only this command has, beside those of the broker. */
export const startSchema = {
  enableNamesrv: bool(true, 'Start a NameServer beside the broker.'),
  namesrvPort: port(9_876, 'Port of that NameServer.'),
};

/** Flags of the command. */
export const startCommand: Command = {
  name: 'ringmq start',
  usage: '[flags]',
  summary: 'Starts a NameServer (9876) and a broker (10911) in one process, with the store in ./data.',
  schema: { ...startSchema, ...brokerConfigSchema },
  flags: [
    { name: 'port', value: 'PORT', key: 'listenPort', doc: "the broker's port; 0: a free one (10911)" },
    { name: 'namesrv-port', value: 'PORT', key: 'namesrvPort', doc: "the NameServer's port; 0: a free one (9876)" },
    { name: 'no-namesrv', doc: 'start no NameServer; --namesrvAddr says where to register' },
    { name: 'data', value: 'DIR', key: 'storePathRootDir', doc: 'folder of the store (./data)' },
    { name: 'host', value: 'ADDRESS', key: 'bindAddress', doc: 'address to listen on (0.0.0.0)' },
    { name: 'advertised-host', value: 'HOST', key: 'brokerIP1', doc: 'host that clients are told to connect to' },
    { name: 'advertised-port', value: 'PORT', key: 'advertisedPort', doc: 'port that clients are told, if another' },
    { name: 'configFile', short: 'c', value: 'FILE', doc: 'a broker.conf' },
  ],
};

/** Runs the command until a signal. */
export async function runStart(line: CommandLine): Promise<void> {
  const settings = new Map(line.settings);
  if (line.switches.has('no-namesrv')) settings.set('enableNamesrv', 'false');
  const bootLogger = createLogger('ringmq');
  const sources = {
    schema: startCommand.schema,
    defaults: { storePathRootDir: resolve('data') },
    file: line.values.get('configFile'),
    env: process.env,
    envPrefix: 'RINGMQ_',
    foreignEnvPrefix: 'RINGMQ_NAMESRV_',
    settings,
  };
  const layers = collectLayers(sources, bootLogger);
  const { inSchema, others } = splitLayers(layers, startSchema);
  const own = new ConfigStore(startSchema, inSchema, readMachineFacts()).values;
  const broker = loadBrokerConfig(others, bootLogger);
  const logger = createLogger('ringmq', broker.values.logLevel);
  const { storePathRootDir, bindAddress } = broker.values;
  const namesrvEntries = new Map([
    ['listenPort', String(own.namesrvPort)],
    ['bindAddress', bindAddress],
    ['kvConfigPath', join(storePathRootDir, 'namesrv', 'kvConfig.json')],
    ['configStorePath', join(storePathRootDir, 'namesrv', 'namesrv.properties')],
  ]);
  const namesrv = own.enableNamesrv
    ? loadNamesrvConfig([{ source: 'ringmq start', entries: namesrvEntries }], logger)
    : undefined;
  await serve(() => startBrokerService({ broker, namesrv, logger }), logger);
}
