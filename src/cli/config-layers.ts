/**
 * Where settings come from: defaults of a command < file < environment < flags. Main thread.
 * Java: BrokerStartup.configFileToConfigContext, ServerUtil.commandLine2Properties.
 */
import { readFileSync } from 'node:fs';

import { readEnvironment } from '../base/config-environment.js';
import { parseProperties } from '../base/config-properties.js';
import type { ConfigSchema } from '../base/config-schema.js';
import type { ConfigLayer } from '../base/config-store.js';
import { ConfigError } from '../base/errors.js';
import type { Logger } from '../base/log.js';

/** What the layers are made from. */
export interface LayerSources {
  readonly schema: ConfigSchema;
  /** Settings that yield to all others. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** Path of a `.properties` file, if one was named. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly envPrefix: string;
  /** Variables with this prefix are another command's. */
  readonly foreignEnvPrefix?: string;
  readonly settings: ReadonlyMap<string, string>;
}

/** The layers, least first. Warns about variables that look like ours and name no key. */
export function collectLayers(sources: LayerSources, logger: Logger): ConfigLayer[] {
  const { schema, defaults = {}, file, env, envPrefix, foreignEnvPrefix, settings } = sources;
  const environment = readEnvironment(schema, env, envPrefix);
  for (const variable of environment.unknown) {
    if (foreignEnvPrefix !== undefined && variable.startsWith(foreignEnvPrefix)) continue;
    logger.warn(`the environment variable ${variable} names no key`);
  }
  return [
    { source: 'the defaults', entries: new Map(Object.entries(defaults)) },
    ...(file === undefined ? [] : [readConfigFile(file)]),
    environment.layer,
    { source: 'the command line', entries: settings },
  ];
}

/** Splits layers by key: those that `schema` has, and the others. */
export function splitLayers(
  layers: readonly ConfigLayer[],
  schema: ConfigSchema,
): { inSchema: ConfigLayer[]; others: ConfigLayer[] } {
  const pick = (isInSchema: boolean): ConfigLayer[] =>
    layers.map(({ source, entries }) => ({
      source,
      entries: new Map([...entries].filter(([key]) => Object.hasOwn(schema, key) === isInSchema)),
    }));
  return { inSchema: pick(true), others: pick(false) };
}

/** Throws {@link ConfigError} if the file cannot be read or is no `.properties` text. */
export function readConfigFile(path: string): ConfigLayer {
  try {
    return { source: path, entries: parseProperties(readFileSync(path, 'utf8')) };
  } catch (error) {
    throw new ConfigError(`the configuration file cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
