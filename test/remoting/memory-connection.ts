/**
 * A Connection without a socket: keeps what a processor writes, and closes or fills up when the test says so. Java: EmbeddedChannel.
 * Invariant: `written` holds every command exactly as it was handed over, answers to oneway requests left out as on a real one.
 */
import type { Connection } from '#src/remoting/connection.js';
import { encodeHost } from '#src/remoting/host-address.js';
import { FLAG_ONEWAY, isOneway, isResponse, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { ConnectionClosedError } from '#src/remoting/remoting-error.js';

let lastId = 1_000_000;

/** A request of the code under test, and how to answer it. */
export interface MemoryInvocation {
  readonly request: RemotingCommand;
  readonly timeoutMs: number;
  resolve(response: RemotingCommand): void;
  reject(error: Error): void;
}

/** Stands in for a SocketConnection. */
export class MemoryConnection implements Connection {
  readonly id = ++lastId;
  readonly remoteAddress: string;
  readonly localAddress = '127.0.0.1:10911';
  readonly remoteHost: Buffer;
  /** Responses and requests written, oldest first. */
  readonly written: RemotingCommand[] = [];
  /** Requests that wait for the test to answer them, oldest first. */
  readonly invocations: MemoryInvocation[] = [];
  isOpen = true;
  isWritable = true;
  pendingWriteBytes = 0;
  /** Calls of `pauseReading` not yet undone. */
  pauses = 0;
  /** What `close` was called with. */
  closeReason: string | undefined;
  readonly #closeListeners: (() => void)[] = [];
  readonly #drainListeners: (() => void)[] = [];
  readonly #writeListeners: (() => void)[] = [];

  constructor(remoteIp = '127.0.0.1', remotePort = 50_000) {
    this.remoteAddress = `${remoteIp}:${remotePort}`;
    this.remoteHost = encodeHost(remoteIp, remotePort);
  }

  write(command: RemotingCommand): void {
    if (!this.isOpen || (isResponse(command) && isOneway(command))) return;
    this.written.push(command);
    for (const listener of this.#writeListeners.splice(0)) listener();
  }

  /** Settles as soon as `count` commands have been written. */
  async untilWritten(count: number): Promise<void> {
    while (this.written.length < count) await new Promise<void>((resolve) => this.#writeListeners.push(resolve));
  }

  invoke(request: RemotingCommand, timeoutMs: number): Promise<RemotingCommand> {
    if (!this.isOpen)
      return Promise.reject(new ConnectionClosedError(this.remoteAddress, this.closeReason ?? 'closed'));
    return new Promise((resolve, reject) => {
      this.invocations.push({ request, timeoutMs, resolve, reject });
      this.write(request);
    });
  }

  invokeOneway(request: RemotingCommand): void {
    request.flag |= FLAG_ONEWAY;
    this.write(request);
  }

  pauseReading(): void {
    this.pauses += 1;
  }

  resumeReading(): void {
    this.pauses -= 1;
  }

  onClose(listener: () => void): void {
    if (this.isOpen) this.#closeListeners.push(listener);
    else listener();
  }

  onDrain(listener: () => void): void {
    if (this.isWritable) listener();
    else this.#drainListeners.push(listener);
  }

  /** Makes it writable again and tells who waits for that. */
  drain(): void {
    this.isWritable = true;
    this.pendingWriteBytes = 0;
    for (const listener of this.#drainListeners.splice(0)) listener();
  }

  close(reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.closeReason = reason;
    for (const invocation of this.invocations.splice(0)) {
      invocation.reject(new ConnectionClosedError(this.remoteAddress, reason));
    }
    for (const listener of this.#closeListeners.splice(0)) listener();
  }
}
