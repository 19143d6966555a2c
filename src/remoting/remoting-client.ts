/**
 * Sends requests to addresses, over one connection each that is made when first needed and again after it broke. Main thread.
 * Java: NettyRemotingClient.
 * Invariant: at most one connection, open or being opened, an address.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { Connection, ProcessorTable } from './connection.js';
import { parseHostPort } from './host-address.js';
import type { RemotingCommand } from './remoting-command.js';
import { ConnectionClosedError, RemotingConnectError, RemotingTimeoutError } from './remoting-error.js';
import { RequestDispatcher } from './request-dispatcher.js';
import { SocketConnection } from './socket-connection.js';

/** Java: connectTimeoutMillis. */
export const CONNECT_TIMEOUT_MS = 3_000;

const NO_PROCESSORS: ProcessorTable = new Map();
const CLOSE_FLUSH_TIMEOUT_MS = 3_000;

/** What a client is made of. */
export interface RemotingClientOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** For requests that the peer sends to us; default none. */
  readonly processors?: ProcessorTable | undefined;
  /** Default {@link CONNECT_TIMEOUT_MS}. */
  readonly connectTimeoutMs?: number | undefined;
  /** Default 16 MiB. */
  readonly maxFrameBytes?: number | undefined;
}

/** The client side of remoting. */
export class RemotingClient {
  readonly #options: RemotingClientOptions;
  readonly #dispatcher: RequestDispatcher;
  readonly #connections = new Map<string, Promise<SocketConnection>>();
  /** Connections whose sockets are not gone yet, closing ones included. */
  readonly #alive = new Set<SocketConnection>();
  #isClosed = false;

  constructor(options: RemotingClientOptions) {
    this.#options = options;
    this.#dispatcher = new RequestDispatcher(options.processors ?? NO_PROCESSORS, options.logger);
  }

  /**
   * Sends `request` to `host:port` and gives its answer, whatever its code. `timeoutMs` includes connecting.
   * Rejects with RemotingConnectError, RemotingTimeoutError or ConnectionClosedError.
   */
  async invoke(address: string, request: RemotingCommand, timeoutMs: number): Promise<RemotingCommand> {
    const startMs = this.#options.clock.monotonicMs();
    const connection = await this.connection(address);
    const leftMs = timeoutMs - (this.#options.clock.monotonicMs() - startMs);
    if (leftMs <= 0) throw new RemotingTimeoutError(address, request.code, timeoutMs);
    return connection.invoke(request, leftMs);
  }

  /** Sends `request` with the oneway flag; settles when it is queued on a connection. Rejects with RemotingConnectError. */
  async invokeOneway(address: string, request: RemotingCommand): Promise<void> {
    const connection = await this.connection(address);
    connection.invokeOneway(request);
  }

  /** The connection to `host:port`, made if there is none. */
  connection(address: string): Promise<Connection> {
    if (this.#isClosed) return Promise.reject(new ConnectionClosedError(address, 'client closed'));
    const known = this.#connections.get(address);
    if (known !== undefined) return known;
    const opening = this.#open(address);
    this.#connections.set(address, opening);
    const forget = (): void => {
      if (this.#connections.get(address) === opening) this.#connections.delete(address);
    };
    opening.then((connection) => connection.onClose(forget), forget);
    return opening;
  }

  /** Sends what is queued and closes all connections; requests in flight reject with ConnectionClosedError. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#connections.values());
    await Promise.all([...this.#alive].map((connection) => connection.end('client closed', CLOSE_FLUSH_TIMEOUT_MS)));
  }

  #open(address: string): Promise<SocketConnection> {
    const { clock, connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.#options;
    const target = parseHostPort(address);
    if (target === undefined) return Promise.reject(new RemotingConnectError(address, 'not of the form host:port'));
    return new Promise((resolve, reject) => {
      const socket = connect({ host: target.host, port: target.port, noDelay: true, keepAlive: true });
      const timer = clock.after(connectTimeoutMs, () => {
        socket.destroy();
        reject(new RemotingConnectError(address, `no connection within ${connectTimeoutMs} ms`));
      });
      const onError = (error: Error): void => {
        timer.cancel();
        reject(new RemotingConnectError(address, error.message, { cause: error }));
      };
      socket.once('error', onError);
      socket.once('connect', () => {
        timer.cancel();
        socket.off('error', onError);
        resolve(this.#wrap(socket));
      });
    });
  }

  #wrap(socket: Socket): SocketConnection {
    const { logger, clock, maxFrameBytes } = this.#options;
    const connection = new SocketConnection({
      socket,
      logger,
      clock,
      onRequest: this.#dispatcher.dispatch,
      maxFrameBytes,
    });
    this.#alive.add(connection);
    socket.once('close', () => this.#alive.delete(connection));
    return connection;
  }
}
