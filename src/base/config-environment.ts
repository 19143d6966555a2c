/**
 * Configuration from environment variables: `RINGMQ_` and the key in upper-case words, so brokerIP1 is RINGMQ_BROKER_IP1.
 * Any thread. Java: the NAMESRV_ADDR and ROCKETMQ_HOME of BrokerConfig.
 * Invariant: no two keys of a schema have one variable (a test holds it).
 */
import type { ConfigLayer } from './config-store.js';
import type { ConfigSchema } from './config-schema.js';

/** Apache's own variables; they yield to those of ours. */
const APACHE_VARIABLES: Readonly<Record<string, string>> = {
  NAMESRV_ADDR: 'namesrvAddr',
  ROCKETMQ_HOME: 'rocketmqHome',
};

/** The variable that sets `key`: a `_` goes before each upper-case letter that follows a lower-case one. */
export function environmentName(key: string, prefix: string): string {
  return prefix + key.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}

/** What `env` sets of `schema`, and the variables with `prefix` that name no key. */
export function readEnvironment(
  schema: ConfigSchema,
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
): { layer: ConfigLayer; unknown: string[] } {
  const entries = new Map<string, string>();
  for (const [variable, key] of Object.entries(APACHE_VARIABLES)) {
    const value = env[variable];
    if (value !== undefined && value !== '' && key in schema) entries.set(key, value);
  }
  const keys = new Map(Object.keys(schema).map((key) => [environmentName(key, prefix), key]));
  const unknown: string[] = [];
  for (const [variable, value] of Object.entries(env)) {
    const key = keys.get(variable);
    if (key !== undefined && value !== undefined) entries.set(key, value);
    else if (variable.startsWith(prefix)) unknown.push(variable);
  }
  return { layer: { source: 'the environment', entries }, unknown };
}
