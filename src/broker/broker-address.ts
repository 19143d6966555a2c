/**
 * Where clients reach this broker: what NameServers are told, and the store host in records and message ids. Main thread.
 * Java: BrokerController.getBrokerAddr, getStoreHost.
 * Invariant: both follow `brokerIP1`, `advertisedPort` and the port listened on, also when these change while running.
 */
import { lookup } from 'node:dns/promises';

import type { Logger } from '../base/log.js';
import { encodeHost } from '../remoting/host-address.js';
import type { BrokerConfig } from './broker-config.js';

/** Stands in a record's store host when the advertised name cannot be resolved here. */
const UNRESOLVED_ADDRESS = '127.0.0.1';

/** What the address depends on. */
export type AddressSettings = Pick<
  BrokerConfig,
  'brokerIP1' | 'brokerIP2' | 'advertisedPort' | 'listenPort' | 'haListenPort'
>;

/** The advertised address of one broker. */
export class BrokerAddress {
  readonly #settings: AddressSettings;
  readonly #logger: Logger;
  #storeHost: Buffer = encodeHost(UNRESOLVED_ADDRESS, 0);

  constructor(settings: AddressSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
  }

  /** `host:port` that clients are told. */
  get brokerAddr(): string {
    return joinHostPort(this.#settings.brokerIP1, this.#port);
  }

  /** `host:port` that slaves are told. */
  get haServerAddr(): string {
    return joinHostPort(this.#settings.brokerIP2, this.#settings.haListenPort);
  }

  /** Bound: the address in stored form, 8 or 20 bytes. */
  readonly storeHost = (): Uint8Array => this.#storeHost;

  /** Resolves the advertised host anew; called at the start and whenever the settings have changed. */
  async refresh(): Promise<void> {
    const { brokerIP1 } = this.#settings;
    this.#storeHost = encodeHost(await this.#resolve(brokerIP1), this.#port);
  }

  get #port(): number {
    return this.#settings.advertisedPort === 0 ? this.#settings.listenPort : this.#settings.advertisedPort;
  }

  async #resolve(host: string): Promise<string> {
    try {
      return (await lookup(host)).address;
    } catch (error) {
      this.#logger.warn('the advertised host cannot be resolved here; message ids carry another address', {
        host,
        address: UNRESOLVED_ADDRESS,
        error: (error as Error).message,
      });
      return UNRESOLVED_ADDRESS;
    }
  }
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}
