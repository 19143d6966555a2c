#!/usr/bin/env node
/** `mqbroker`: a broker alone, with Apache's flags. Main thread. Java: BrokerStartup. */
import { createLogger } from '../base/log.js';
import { formatProperties } from '../base/config-properties.js';
import { brokerConfigSchema } from '../broker/broker-config.js';
import { loadBrokerConfig } from '../broker/broker-config-loader.js';
import { startBrokerService } from './broker-service.js';
import type { Command } from './command-line.js';
import { collectLayers } from './config-layers.js';
import { runCommand } from './run-command.js';
import { serve } from './serve.js';

const command: Command = {
  name: 'mqbroker',
  usage: '[-n HOST:PORT[;HOST:PORT]...] [-c FILE] [flags]',
  summary: 'Starts a broker.',
  schema: brokerConfigSchema,
  flags: [
    { name: 'namesrvAddr', short: 'n', value: 'LIST', key: 'namesrvAddr', doc: 'NameServers, ; between them' },
    { name: 'configFile', short: 'c', value: 'FILE', doc: 'a broker.conf' },
    { name: 'printConfigItem', short: 'p', doc: 'print all keys with their values and exit' },
    { name: 'printImportantConfig', short: 'm', doc: 'print the important ones and exit' },
  ],
};

await runCommand(command, process.argv.slice(2), async ({ switches, values, settings }) => {
  const bootLogger = createLogger(command.name);
  const sources = {
    schema: command.schema,
    file: values.get('configFile'),
    env: process.env,
    envPrefix: 'RINGMQ_',
    foreignEnvPrefix: 'RINGMQ_NAMESRV_',
    settings,
  };
  const broker = loadBrokerConfig(collectLayers(sources, bootLogger), bootLogger);
  const importantOnly = switches.has('printImportantConfig');
  if (importantOnly || switches.has('printConfigItem')) {
    process.stdout.write(formatProperties(broker.entries(importantOnly)));
    return;
  }
  const logger = createLogger(command.name, broker.values.logLevel);
  await serve(() => startBrokerService({ broker, namesrv: undefined, logger }), logger);
});
