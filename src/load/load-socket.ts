/**
 * Sockets of the generator: no Nagle, and all of them read into one buffer. Generator's thread. Java: NettyRemotingClient.
 * Invariant: bytes handed to a listener are only good during the call.
 */
import { connect, type Socket } from 'node:net';

import { systemClock } from '../base/clock.js';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Takes the first `length` bytes of `chunk`. What it throws ends the connection, as the socket's error. */
export type BytesListener = (chunk: Buffer, length: number) => void;

/** A server that does not let us in; `cause` is the system's error. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

const READ_BYTES = 256 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;
// Hot: a buffer for each read costs 64 KiB of allocation and a stream's bookkeeping. One is enough for all sockets where the system fills it only when
// bytes are there; on Windows it is handed over before, so that there each socket needs its own.
const SHARED_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES);

/** Opens a socket. Rejects with {@link UnreachableError}. */
export function openSocket(address: ServerAddress, onBytes: BytesListener): Promise<Socket> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const buffer = process.platform === 'win32' ? Buffer.allocUnsafeSlow(READ_BYTES) : SHARED_BUFFER;
    const callback = (bytes: number): boolean => {
      try {
        onBytes(buffer, bytes);
      } catch (error) {
        socket.destroy(error as Error);
      }
      return true;
    };
    const socket = connect({ host, port, noDelay: true, onread: { buffer, callback } });
    const failed = (error: Error): void => {
      timer.cancel();
      socket.destroy();
      reject(new UnreachableError(`${host}:${port} takes no connection: ${error.message}`, { cause: error }));
    };
    const timer = systemClock.after(CONNECT_TIMEOUT_MS, () =>
      failed(new Error(`none within ${CONNECT_TIMEOUT_MS} ms`)),
    );
    socket.once('error', failed);
    socket.once('connect', () => {
      timer.cancel();
      socket.off('error', failed);
      resolve(socket);
    });
  });
}
