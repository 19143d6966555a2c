/**
 * The connections that replication uses, so that tests can stand in a simulated network. HA thread. Java: none (SocketChannel).
 * Invariant: `nodeHaNetwork` hands out Node's own sockets, with nothing around them.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** What master and slave use of a socket; Node's is one. */
export interface HaSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Bytes that were written and are still in this process. */
  readonly writableLength: number;
  /** True from a write that fills the buffer to the `drain` after it. */
  readonly writableNeedDrain: boolean;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'connect' | 'drain' | 'close', listener: () => void): unknown;
  cork(): void;
  uncork(): void;
  write(bytes: Buffer): unknown;
  /** Writes, and closes when it has been sent. */
  end(bytes: Buffer): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** Takes connections. */
export interface HaListener {
  readonly port: number;
  close(): void;
}

/** Where to listen, and for whom. */
export interface HaListenOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Past it a socket needs a drain. */
  readonly sendBufferBytesMax: number;
  readonly onSocket: (socket: HaSocket) => void;
  /** Accepting has failed. */
  readonly onError: (error: Error) => void;
}

/** Makes connections. */
export interface HaNetwork {
  /** A socket that says `connect` when it is connected. */
  connect(host: string, port: number): HaSocket;
  /** Rejects with the system's error when it cannot. */
  listen(options: HaListenOptions): Promise<HaListener>;
}

/** The operating system's. */
export const nodeHaNetwork: HaNetwork = {
  connect: (host, port) => connect({ host, port, noDelay: true, keepAlive: true }),
  async listen({ host, port, sendBufferBytesMax, onSocket, onError }) {
    const server = createServer({ noDelay: true, keepAlive: true, highWaterMark: sendBufferBytesMax }, onSocket);
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    server.on('error', onError);
    return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
  },
};
