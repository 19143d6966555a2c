/**
 * What a processor may do with the peer it was called by. Main thread. Java: Netty's Channel and RemotingServer.invoke*.
 * The implementation over a socket is in `socket-connection.ts`; tests use in-memory pairs.
 */
import type { RemotingCommand } from './remoting-command.js';

/** One open connection, on either side. */
export interface Connection {
  /** Unique in this process; grows. */
  readonly id: number;
  /** `ip:port` of the peer, IPv6 in brackets. */
  readonly remoteAddress: string;
  /** `ip:port` of our end. */
  readonly localAddress: string;
  /** 4 or 16 address bytes and the port of the peer, in the stored record's form. */
  readonly remoteHost: Buffer;
  readonly isOpen: boolean;
  /** Bytes handed to us that the peer has not taken yet. A processor that makes large answers (pulls) asks first. */
  readonly pendingWriteBytes: number;
  /** False while `pendingWriteBytes` is over the high-water mark; `onDrain` tells when it is low again. */
  readonly isWritable: boolean;
  /** Sends a command, encoded before this returns; commands of one turn leave in one write. Dropped silently if the connection
   * has closed, or if it answers a oneway request (`createResponse` keeps that bit). */
  write(command: RemotingCommand): void;
  /** Sends a request of ours to the peer. Rejects with RemotingTimeoutError or ConnectionClosedError. */
  invoke(request: RemotingCommand, timeoutMs: number): Promise<RemotingCommand>;
  /** As `invoke` with the oneway flag: nothing comes back. */
  invokeOneway(request: RemotingCommand): void;
  /** Takes no more requests until `resumeReading`, not even ones that were read already; calls nest by count. */
  pauseReading(): void;
  resumeReading(): void;
  /** Called once, when the connection has closed for whatever reason; at once if it already has. */
  onClose(listener: () => void): void;
  /** Called once, as soon as the connection is writable again; at once if it is. Never called if it closes before. */
  onDrain(listener: () => void): void;
  /** Closes; `reason` is logged. */
  close(reason: string): void;
}

/**
 * Serves one request code. Returns the response, or a promise of it, or undefined when it answers by itself later
 * (`connection.write(createResponse(request, …))`) or the request was oneway. A thrown or rejected RequestError is answered
 * with its code and remark, any other error with SYSTEM_ERROR and logged. What it returns for a oneway request is dropped.
 */
export type RequestProcessor = (
  request: RemotingCommand,
  connection: Connection,
) => RemotingCommand | Promise<RemotingCommand | undefined> | undefined;

/** Request code → processor: the one dispatch table of a server. */
export type ProcessorTable = ReadonlyMap<number, RequestProcessor>;
