/**
 * One NameServer: its tables, its port, its search for silent brokers. Main thread. Java: NamesrvController, BrokerHousekeepingService.
 * Prints nothing; the boot line is the command line's.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { NotifyMinBrokerIdChangeRequestHeader } from '../remoting/headers/notify-min-broker-id-change-request-header.js';
import { RemotingClient } from '../remoting/remoting-client.js';
import { createRequest } from '../remoting/remoting-command.js';
import { RemotingServer } from '../remoting/remoting-server.js';
import { RequestCode } from '../remoting/request-code.js';
import type { MinBrokerIdNotification } from './acting-master.js';
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
  /** To brokers, for notifications. */
  readonly #client: RemotingClient;
  readonly #logger: Logger;
  #scan: TimerHandle | undefined;

  constructor({ config, logger, clock }: NamesrvControllerOptions) {
    const { kvConfigPath, bindAddress, listenPort, serverChannelMaxIdleTimeSeconds, maxFrameSizeBytes } = config.values;
    this.#config = config;
    this.#clock = clock;
    this.#kvConfigs = new KVConfigManager(kvConfigPath, logger);
    this.#logger = logger;
    this.#client = new RemotingClient({ logger, clock });
    this.#routes = new RouteInfoManager(config.values, logger, clock, (notification) => this.#notify(notification));
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
    await this.#client.close();
    await this.#kvConfigs.settled();
  }

  /** One way: a broker that does not get it asks by itself. */
  #notify({ brokerAddrs, header }: MinBrokerIdNotification): void {
    const extFields = NotifyMinBrokerIdChangeRequestHeader.encode(header);
    for (const address of brokerAddrs) {
      const request = createRequest(RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE, extFields);
      this.#client.invokeOneway(address, request).catch((error: unknown) => {
        this.#logger.warn('a broker was not told that the smallest id has changed', { address, error });
      });
    }
  }
}
