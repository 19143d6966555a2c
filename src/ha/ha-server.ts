/**
 * Listens for slaves and keeps their connections. HA thread. Java: DefaultHAService, its AcceptSocketService.
 * Invariant: a connection is in the list from its accept to its close; at most {@link SLAVES_MAX} are.
 */
import { assert } from '../base/assert.js';
import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { HaConnection, SEND_BUFFER_BYTES_MAX } from './ha-connection.js';
import type { HaListener, HaNetwork, HaSocket } from './ha-network.js';
import type { HaSettings } from './ha-settings.js';
import type { LogSource } from './log-source.js';
import type { SlaveAcknowledgements } from './slave-acknowledgements.js';

/** Connections past it are closed at once. */
const SLAVES_MAX = 64;
/** How often heartbeats and silent connections are looked at, while there are connections. Java: the 1,000 ms of its selects. */
const TICK_INTERVAL_MS = 1000;

/** What a server needs. */
export interface HaServerParts {
  readonly log: LogSource;
  readonly acknowledgements: SlaveAcknowledgements;
  readonly settings: HaSettings;
  readonly network: HaNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The first slave has come. */
  readonly onActive: () => void;
}

/** The master's end of all its slaves. */
export class HaServer {
  readonly #parts: HaServerParts;
  readonly #connections = new Set<HaConnection>();
  #listener: HaListener | undefined;
  #ticks: TimerHandle | undefined;

  constructor(parts: HaServerParts) {
    this.#parts = parts;
  }

  /** True while there is somebody to send to. */
  get isActive(): boolean {
    return this.#connections.size > 0;
  }

  /** The slaves' connections, the oldest first. */
  get connections(): Iterable<HaConnection> {
    return this.#connections;
  }

  /** Listens; resolves with the port. Rejects with the system's error when it cannot. */
  async listen(): Promise<number> {
    const { settings, network, logger } = this.#parts;
    this.#listener = await network.listen({
      host: settings.bindAddress,
      port: settings.listenPort,
      sendBufferBytesMax: SEND_BUFFER_BYTES_MAX,
      onSocket: (socket) => this.#accept(socket),
      onError: (error) => logger.error('accepting slaves failed', { error }),
    });
    return this.#listener.port;
  }

  /** Sends every slave what there is. */
  transfer(): void {
    for (const connection of this.#connections) connection.transfer();
  }

  /** Closes everything. */
  stop(): void {
    this.#listener?.close();
    for (const connection of this.#connections) connection.close();
  }

  #accept(socket: HaSocket): void {
    const { log, settings, clock, logger, acknowledgements, onActive } = this.#parts;
    if (this.#connections.size >= SLAVES_MAX) {
      logger.error('there are too many slaves; another is not accepted', { slaves: SLAVES_MAX });
      socket.destroy();
      return;
    }
    const connection = new HaConnection({
      socket,
      log,
      settings,
      clock,
      logger,
      onAcknowledge: () => acknowledgements.update(this.#connections),
      onBeginEmpty: (physicalOffset) => acknowledgements.begin(physicalOffset),
      onClose: () => this.#remove(connection),
    });
    for (const other of this.#connections) if (other.remoteHost === connection.remoteHost) other.doubt();
    this.#connections.add(connection);
    logger.info('a slave has connected', { slave: connection.remoteAddress });
    if (this.#connections.size > 1) return;
    this.#ticks = clock.every(TICK_INTERVAL_MS, () => this.#tick());
    onActive();
  }

  #tick(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const connection of this.#connections) connection.tick(nowMs);
    void this.#parts.log.closeDeleted();
  }

  #remove(connection: HaConnection): void {
    const wasThere = this.#connections.delete(connection);
    assert(wasThere, 'a connection is closed once');
    this.#parts.acknowledgements.update(this.#connections);
    this.#parts.logger.info('a slave is gone', { slave: connection.remoteAddress });
    if (this.#connections.size === 0) this.#ticks?.cancel();
  }
}
