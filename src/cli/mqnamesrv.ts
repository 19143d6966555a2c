#!/usr/bin/env node
/** `mqnamesrv` and `ringmq-namesrv`: a NameServer alone, with Apache's flags. Main thread. Java: NamesrvStartup. */
import { systemClock } from '../base/clock.js';
import { formatProperties } from '../base/config-properties.js';
import { createLogger, type Logger } from '../base/log.js';
import { namesrvConfigSchema } from '../namesrv/namesrv-config.js';
import { loadNamesrvConfig, type NamesrvConfigStore } from '../namesrv/namesrv-config-loader.js';
import { namesrvBootLine } from './boot-line.js';
import type { Command } from './command-line.js';
import { collectLayers } from './config-layers.js';
import { runCommand } from './run-command.js';
import { serve, type Service } from './serve.js';

const command: Command = {
  name: 'mqnamesrv',
  usage: '[-c FILE] [flags]',
  summary: 'Starts a NameServer.',
  schema: namesrvConfigSchema,
  flags: [
    { name: 'port', value: 'PORT', key: 'listenPort', doc: 'port to listen on; 0: a free one (9876)' },
    { name: 'host', value: 'ADDRESS', key: 'bindAddress', doc: 'address to listen on (0.0.0.0)' },
    { name: 'configFile', short: 'c', value: 'FILE', doc: 'a namesrv.properties' },
    { name: 'printConfigItem', short: 'p', doc: 'print all keys with their values and exit' },
    // Compat: Apache's NameServer takes -n too, and does nothing with it.
    {
      name: 'namesrvAddr',
      short: 'n',
      value: 'LIST',
      doc: 'taken for the sake of scripts; NameServers do not talk to each other',
    },
  ],
};

async function startNamesrv(config: NamesrvConfigStore, logger: Logger): Promise<Service> {
  // Late, so that --help and a wrong flag need not wait for it.
  const { NamesrvController } = await import('../namesrv/namesrv-controller.js');
  const controller = new NamesrvController({ config, logger, clock: systemClock });
  const { port } = await controller.start();
  process.stdout.write(`${namesrvBootLine(config.values.bindAddress, port)}\n`);
  return { closed: new Promise(() => undefined), stop: () => controller.stop() };
}

await runCommand(command, process.argv.slice(2), async ({ switches, values, settings }) => {
  const bootLogger = createLogger(command.name);
  const file = values.get('configFile');
  const sources = {
    schema: command.schema,
    // As at Apache's, the file that was read is the one that UPDATE_NAMESRV_CONFIG (318) writes.
    defaults: file === undefined ? {} : { configStorePath: file },
    file,
    env: process.env,
    envPrefix: 'RINGMQ_NAMESRV_',
    settings,
  };
  const config = loadNamesrvConfig(collectLayers(sources, bootLogger), bootLogger);
  if (switches.has('printConfigItem')) {
    process.stdout.write(formatProperties(config.entries()));
    return;
  }
  const logger = createLogger(command.name, config.values.logLevel);
  await serve(() => startNamesrv(config, logger), logger);
});
