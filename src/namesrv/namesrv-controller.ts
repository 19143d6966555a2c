/**
 * One NameServer: its tables, its port, its search for silent brokers. Main thread. Java: NamesrvController, BrokerHousekeepingService.
 * Prints nothing; the boot line is the command line's.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { RemotingServer } from '../remoting/remoting-server.js';
import { KVConfigManager } from './kv-config-manager.js';
import type { NamesrvConfigStore } from './namesrv-config-loader.js';
import { createNamesrvProcessors } from './namesrv-processors.js';
import { RouteInfoManager } from './route-info-manager.js';

/** What a NameServer is made of. */
export interface NamesrvControllerOptions {
  readonly config: NamesrvConfigStore;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Starts and stops a NameServer; several may live in one process. */
export class NamesrvController {
  readonly #config: NamesrvConfigStore;
  readonly #clock: Clock;
  readonly #kvConfigs: KVConfigManager;
  readonly #routes: RouteInfoManager;
  readonly #server: RemotingServer;
  #scan: TimerHandle | undefined;

  constructor({ config, logger, clock }: NamesrvControllerOptions) {
    const { kvConfigPath, bindAddress, listenPort, serverChannelMaxIdleTimeSeconds, maxFrameSizeBytes } = config.values;
    this.#config = config;
    this.#clock = clock;
    this.#kvConfigs = new KVConfigManager(kvConfigPath, logger);
    this.#routes = new RouteInfoManager(config.values, logger, clock);
    this.#server = new RemotingServer({
      host: bindAddress,
      ports: [listenPort],
      processors: createNamesrvProcessors({
        store: config,
        logger,
        clock,
        routes: this.#routes,
        kvConfigs: this.#kvConfigs,
      }),
      logger,
      clock,
      idleTimeoutMs: serverChannelMaxIdleTimeSeconds * 1_000,
      maxFrameBytes: maxFrameSizeBytes,
    });
    this.#server.onClose((connection) => this.#routes.onConnectionClosed(connection));
  }

  /** Reads kvConfig.json and listens; gives the bound port. Rejects if either fails. */
  async start(): Promise<{ port: number }> {
    await this.#kvConfigs.load();
    const [port = this.#config.values.listenPort] = await this.#server.start();
    this.#config.assign('listenPort', port);
    this.#scan = this.#clock.every(this.#config.values.scanNotActiveBrokerInterval, () =>
      this.#routes.scanNotActiveBroker(),
    );
    return { port };
  }

  /** Closes the port and all connections; settles when nothing of it is left and all changes are on disk. */
  async stop(): Promise<void> {
    this.#scan?.cancel();
    await this.#server.stop();
    await this.#kvConfigs.settled();
  }
}
