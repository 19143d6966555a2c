/**
 * Listens on several ports and serves their connections from one processor table. Main thread. Java: NettyRemotingServer.
 * Invariant: a connection is in `connections()` from its accept until its close listeners have run.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { Connection, ProcessorTable } from './connection.js';
import { setHeaderFaultListener } from './header-compiler.js';
import { IdleSweep } from './idle-sweep.js';
import { RequestDispatcher } from './request-dispatcher.js';
import { SocketConnection } from './socket-connection.js';

/** Java: serverChannelMaxIdleTimeSeconds. A connection without a byte either way for so long is closed. */
export const IDLE_TIMEOUT_MS = 120_000;
/** How long `stop` lets peers take what is queued for them before it cuts them off. */
export const STOP_FLUSH_TIMEOUT_MS = 3_000;

/** What a server is made of. */
export interface RemotingServerOptions {
  /** Address to listen on; `0.0.0.0` is IPv4 only, `::` both. */
  readonly host: string;
  /** 0 asks the system for a free one. */
  readonly ports: readonly number[];
  readonly processors: ProcessorTable;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Default {@link IDLE_TIMEOUT_MS}. */
  readonly idleTimeoutMs?: number | undefined;
  /** Default 16 MiB; a longer frame closes its connection. */
  readonly maxFrameBytes?: number | undefined;
  /** Default 8 MiB; over it the peer is not read from and `isWritable` is false. */
  readonly highWaterMarkBytes?: number | undefined;
}

/** Hears of connections that come or go. */
export type ConnectionListener = (connection: Connection) => void;

/** The server side of remoting. */
export class RemotingServer {
  readonly #options: RemotingServerOptions;
  readonly #dispatcher: RequestDispatcher;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<SocketConnection>();
  readonly #openListeners: ConnectionListener[] = [];
  readonly #closeListeners: ConnectionListener[] = [];
  readonly #idleSweep: IdleSweep;
  #isReading = true;

  constructor(options: RemotingServerOptions) {
    this.#options = options;
    this.#dispatcher = new RequestDispatcher(options.processors, options.logger);
    this.#idleSweep = new IdleSweep(this.#connections, options.clock, options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
  }

  /** Opens all ports, or none and rejects. Gives the bound ports in the order of the options. */
  async start(): Promise<number[]> {
    const { logger, ports } = this.#options;
    setHeaderFaultListener((header, field, text) => {
      logger.warn('a mandatory header field is missing or cannot be read', { header, field, text });
    });
    try {
      const bound: number[] = [];
      for (const port of ports) bound.push(await this.#listen(port));
      this.#idleSweep.start();
      return bound;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** All open connections. */
  connections(): Iterable<Connection> {
    return this.#connections;
  }

  /** Requests taken and not answered yet, over all connections; oneway ones do not count. */
  get inFlight(): number {
    let total = 0;
    for (const connection of this.#connections) total += connection.unansweredRequests;
    return total;
  }

  /** Calls `listener` for every connection to come. */
  onConnection(listener: ConnectionListener): void {
    this.#openListeners.push(listener);
  }

  /** Calls `listener` once for every connection that closes, whoever closed it. */
  onClose(listener: ConnectionListener): void {
    this.#closeListeners.push(listener);
  }

  /** The first step of an orderly end: no connection is accepted, no request taken; answers still leave. */
  stopReading(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    for (const server of this.#servers) server.close();
    for (const connection of this.#connections) connection.pauseReading();
  }

  /** Sends what is queued, for {@link STOP_FLUSH_TIMEOUT_MS} at most, then closes everything. Requests in flight stay unanswered. */
  async stop(): Promise<void> {
    this.stopReading();
    this.#idleSweep.stop();
    const closed = [...this.#connections].map((connection) => connection.end('server stops', STOP_FLUSH_TIMEOUT_MS));
    await Promise.all(closed);
    await Promise.all(this.#servers.splice(0).map(untilClosed));
  }

  #listen(port: number): Promise<number> {
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: this.#options.host, port, exclusive: true }, () => {
        server.off('error', reject);
        server.on('error', (error) => this.#options.logger.error('accepting connections failed', { port, error }));
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  #accept(socket: Socket): void {
    const { logger, clock, maxFrameBytes, highWaterMarkBytes } = this.#options;
    const onRequest = this.#dispatcher.dispatch;
    const connection = new SocketConnection({ socket, logger, clock, onRequest, maxFrameBytes, highWaterMarkBytes });
    this.#connections.add(connection);
    connection.onClose(() => {
      for (const listener of this.#closeListeners) listener(connection);
      this.#connections.delete(connection);
    });
    for (const listener of this.#openListeners) listener(connection);
    if (!this.#isReading) connection.pauseReading();
  }
}

function untilClosed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // `close` reports a server that was never open or is closed already as an error; either way it is closed.
    server.close(() => resolve());
  });
}
