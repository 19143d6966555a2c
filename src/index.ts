/**
 * RingMQ in a process of yours: a NameServer and a broker, or either, with everything cleaned up by `stop`. Main thread.
 * Java: none (Apache's test utilities start controllers by hand).
 * Invariant: after `stop` nothing is left of it: no thread, socket, lock or timer.
 */
import { join, resolve } from 'node:path';

import { type Clock, systemClock } from './base/clock.js';
import type { ConfigLayer } from './base/config-store.js';
import { createLogger, type Logger } from './base/log.js';
import { type BrokerConfigStore, loadBrokerConfig } from './broker/broker-config-loader.js';
import { ReopeningBroker } from './broker/reopening-broker.js';
import { loadNamesrvConfig, type NamesrvConfigStore } from './namesrv/namesrv-config-loader.js';
import { NamesrvController } from './namesrv/namesrv-controller.js';

/** What to start. Everything has a default that suits a test. */
export interface RingMQOptions {
  /** The broker's port; 0, the default, is a free one. */
  readonly port?: number;
  /** The NameServer's port; 0, the default, is a free one. */
  readonly namesrvPort?: number;
  /** The address listened on and told to clients; default `127.0.0.1`. */
  readonly host?: string;
  /** The folder of the store and of the NameServer's file; default `./data`. */
  readonly data?: string;
  /** False: no NameServer of our own; `config.namesrvAddr` says with which to register. */
  readonly namesrv?: boolean;
  /** Any of the broker's keys, as texts; see docs/configuration.md. They win over the options above. */
  readonly config?: Readonly<Record<string, string>>;
  /** Where log lines go; default: warnings and errors to stderr. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** A running RingMQ. */
export interface RingMQ {
  /** `host:port` of the broker, as clients are told. */
  readonly brokerAddress: string;
  readonly brokerName: string;
  readonly clusterName: string;
  /** `host:port` of our own NameServer, or undefined if there is none. */
  readonly namesrvAddress: string | undefined;
  /** All NameServers that the broker registers with: what a client is given. */
  readonly namesrvAddresses: string;
  /** Resolves after `stop`; rejects when the broker has failed and has stopped by itself. */
  readonly closed: Promise<void>;
  /** Ends in order: what was accepted is answered and on disk, offsets are kept, the NameServers are told. */
  stop(): Promise<void>;
}

/** Starts RingMQ and resolves when clients can use it. Rejects with ConfigError for a wrong value. */
export async function startRingMQ(options: RingMQOptions = {}): Promise<RingMQ> {
  const { host = '127.0.0.1', data = './data' } = options;
  const logger = options.logger ?? createLogger('ringmq', 'warn');
  const clock = options.clock ?? systemClock;
  const namesrvConfig =
    options.namesrv === false
      ? undefined
      : loadNamesrvConfig(
          [
            layerOf({
              listenPort: String(options.namesrvPort ?? 0),
              bindAddress: host,
              kvConfigPath: join(resolve(data), 'namesrv', 'kvConfig.json'),
              configStorePath: join(resolve(data), 'namesrv', 'namesrv.properties'),
            }),
          ],
          logger,
        );
  const brokerConfig = loadBrokerConfig(
    [
      layerOf({
        listenPort: String(options.port ?? 0),
        bindAddress: host,
        brokerIP1: host,
        storePathRootDir: resolve(data),
        ...options.config,
      }),
    ],
    logger,
  );
  return launch({ broker: brokerConfig, namesrv: namesrvConfig, logger, clock });
}

/** Configurations that have been loaded; see {@link launch}. */
export interface LaunchPlan {
  readonly broker: BrokerConfigStore;
  /** Undefined: no NameServer of our own. */
  readonly namesrv: NamesrvConfigStore | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Starts what the configurations describe, the NameServer first; the command line's way in. */
export async function launch({ broker, namesrv, logger, clock }: LaunchPlan): Promise<RingMQ> {
  const nameServer =
    namesrv === undefined
      ? undefined
      : new NamesrvController({ config: namesrv, logger: logger.child('namesrv'), clock });
  const started = await nameServer?.start();
  const namesrvAddress =
    namesrv === undefined || started === undefined
      ? undefined
      : `${reachable(namesrv.values.bindAddress)}:${started.port}`;
  if (namesrvAddress !== undefined) {
    const others = broker.values.namesrvAddr;
    broker.assign('namesrvAddr', others === '' ? namesrvAddress : `${namesrvAddress};${others}`);
  }
  const controller = new ReopeningBroker({ config: broker, logger: logger.child('broker'), clock });
  try {
    await controller.start();
  } catch (error) {
    await nameServer?.stop();
    throw error;
  }
  const stop = async (): Promise<void> => {
    await controller.stop();
    await nameServer?.stop();
  };
  return {
    brokerAddress: controller.brokerAddress,
    brokerName: broker.values.brokerName,
    clusterName: broker.values.brokerClusterName,
    namesrvAddress,
    namesrvAddresses: broker.values.namesrvAddr,
    closed: controller.closed,
    stop,
  };
}

/** A server that listens on every address is reached on this one by a broker in the same process. */
function reachable(bindAddress: string): string {
  return bindAddress === '0.0.0.0' || bindAddress === '::' ? '127.0.0.1' : bindAddress;
}

function layerOf(entries: Readonly<Record<string, string>>): ConfigLayer {
  return { source: 'the options', entries: new Map(Object.entries(entries)) };
}
