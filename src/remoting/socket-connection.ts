/**
 * A Connection over a TCP socket, on either side. Main thread. Java: Netty's Channel with NettyEncoder, NettyDecoder and the server handlers.
 * Invariant: all commands written in one turn leave in one write. Memory for a peer that does not read is bounded: once more than the
 * high-water mark waits for it, no further request of it is taken (not even one that has been read already) until less than
 * half of that waits, so that at most the answers to what it had in flight come on top.
 */
import type { Socket } from 'node:net';
import { ProtocolError } from '../base/errors.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { decodeCommand } from './command-codec.js';
import type { Connection } from './connection.js';
import { FrameBatch, recycleSegment } from './frame-batch.js';
import { FrameDecoder } from './frame-decoder.js';
import { encodeHost, formatHostPort } from './host-address.js';
import { JsonHeaderReader } from './json-header-reader.js';
import { PendingInvocations } from './pending-invocations.js';
import { FLAG_ONEWAY, FLAG_RESPONSE, isOneway, isResponse, type RemotingCommand } from './remoting-command.js';
import { ConnectionClosedError } from './remoting-error.js';

/** Past it the peer is not read from; half of it is the low-water mark at which reading goes on. */
export const HIGH_WATER_MARK_BYTES = 8 * 1024 * 1024;
/** How long `close` lets the peer take what is queued. */
const CLOSE_FLUSH_TIMEOUT_MS = 3_000;
const MAX_OPAQUE = 0x7f_ff_ff_ff;

/** What a connection is made of. */
export interface SocketConnectionOptions {
  /** Open, with nothing read yet. */
  readonly socket: Socket;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Called with every request; what it throws ends the process. */
  readonly onRequest: (request: RemotingCommand, connection: Connection) => void;
  readonly maxFrameBytes?: number | undefined;
  /** Default {@link HIGH_WATER_MARK_BYTES}. */
  readonly highWaterMarkBytes?: number | undefined;
}

let lastId = 0;

/** One open socket and what is under way on it. */
export class SocketConnection implements Connection {
  readonly id = ++lastId;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly remoteHost: Buffer;
  readonly #socket: Socket;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #onRequest: (request: RemotingCommand, connection: Connection) => void;
  readonly #highWaterMarkBytes: number;
  readonly #decoder: FrameDecoder;
  readonly #headerReader = new JsonHeaderReader();
  readonly #batch = new FrameBatch();
  readonly #invocations: PendingInvocations;
  readonly #closeListeners: (() => void)[] = [];
  #drainListeners: (() => void)[] = [];
  /** Undefined while open. */
  #closeReason: string | undefined;
  #socketError: Error | undefined;
  #isWritable = true;
  #isDecoding = false;
  #isFlushScheduled = false;
  #pauses = 0;
  #unanswered = 0;
  #opaque = 0;

  constructor(options: SocketConnectionOptions) {
    const { socket, logger, clock, onRequest, maxFrameBytes, highWaterMarkBytes = HIGH_WATER_MARK_BYTES } = options;
    this.#socket = socket;
    this.#logger = logger;
    this.#clock = clock;
    this.#onRequest = onRequest;
    this.#highWaterMarkBytes = highWaterMarkBytes;
    this.remoteAddress = formatHostPort(socket.remoteAddress, socket.remotePort);
    this.localAddress = formatHostPort(socket.localAddress, socket.localPort);
    this.remoteHost = encodeHost(socket.remoteAddress, socket.remotePort);
    this.#decoder = new FrameDecoder(this.#takeFrame, maxFrameBytes);
    this.#invocations = new PendingInvocations(clock, this.remoteAddress);
    socket.on('data', (chunk: Buffer) => this.#decode(() => this.#decoder.push(chunk)));
    socket.on('end', () => this.#finish('closed by the peer', CLOSE_FLUSH_TIMEOUT_MS));
    socket.on('error', (error) => (this.#socketError = error));
    socket.on('close', () => this.#markClosed(this.#socketError?.message ?? 'closed'));
  }

  get isOpen(): boolean {
    return this.#closeReason === undefined;
  }

  get isWritable(): boolean {
    return this.#isWritable && this.isOpen;
  }

  get pendingWriteBytes(): number {
    return this.#batch.sizeBytes + this.#socket.writableLength;
  }

  /** Requests taken and not answered yet; oneway ones do not count. */
  get unansweredRequests(): number {
    return this.#unanswered;
  }

  /** Bytes read and queued since it opened. */
  get bytesMoved(): number {
    return this.#socket.bytesRead + this.#socket.bytesWritten;
  }

  write(command: RemotingCommand): void {
    if (!this.isOpen) return;
    if (isResponse(command)) {
      if (isOneway(command)) return;
      this.#unanswered -= 1;
    }
    this.#batch.append(command);
    if (!this.#isDecoding && !this.#isFlushScheduled) {
      this.#isFlushScheduled = true;
      process.nextTick(this.#flush);
    }
    if (this.#isWritable && this.pendingWriteBytes > this.#highWaterMarkBytes) {
      this.#isWritable = false;
      this.pauseReading();
    }
  }

  invoke(request: RemotingCommand, timeoutMs: number): Promise<RemotingCommand> {
    if (this.#closeReason !== undefined) {
      return Promise.reject(new ConnectionClosedError(this.remoteAddress, this.#closeReason));
    }
    request.opaque = this.#nextOpaque();
    request.flag &= ~(FLAG_RESPONSE | FLAG_ONEWAY);
    const answered = this.#invocations.add(request.opaque, request.code, timeoutMs);
    this.write(request);
    return answered;
  }

  invokeOneway(request: RemotingCommand): void {
    request.opaque = this.#nextOpaque();
    request.flag = (request.flag & ~FLAG_RESPONSE) | FLAG_ONEWAY;
    this.write(request);
  }

  pauseReading(): void {
    this.#pauses += 1;
    if (this.#pauses === 1) this.#socket.pause();
  }

  resumeReading(): void {
    this.#pauses -= 1;
    if (this.#pauses !== 0 || !this.isOpen) return;
    // Not at once: the caller may be a processor, and the frames held back would be dispatched from within it.
    process.nextTick(() => {
      if (this.#isReading()) this.#decode(() => this.#decoder.resume());
      if (this.#isReading()) this.#socket.resume();
    });
  }

  onClose(listener: () => void): void {
    if (this.isOpen) this.#closeListeners.push(listener);
    else listener();
  }

  onDrain(listener: () => void): void {
    if (this.isWritable) listener();
    else if (this.isOpen) this.#drainListeners.push(listener);
  }

  close(reason: string): void {
    if (!this.isOpen) return;
    this.#logger.info('connection closed', { remoteAddress: this.remoteAddress, reason });
    this.#finish(reason, CLOSE_FLUSH_TIMEOUT_MS);
  }

  /** As `close`; what is queued has `flushTimeoutMs` to leave. Settles when the socket is gone. */
  end(reason: string, flushTimeoutMs: number): Promise<void> {
    if (this.#socket.closed) return Promise.resolve();
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#finish(reason, flushTimeoutMs);
    return closed;
  }

  #decode(step: () => void): void {
    if (!this.isOpen) return;
    this.#isDecoding = true;
    try {
      step();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#logger.warn('connection closed: the peer broke the protocol', {
        remoteAddress: this.remoteAddress,
        cause: error.message,
      });
      this.#markClosed(error.message);
      this.#socket.destroy();
    } finally {
      this.#isDecoding = false;
    }
    this.#flush();
  }

  readonly #takeFrame = (buffer: Buffer, start: number, end: number): boolean => {
    const command = decodeCommand(buffer, start, end, this.#headerReader);
    if (isResponse(command)) {
      this.#takeResponse(command);
    } else {
      if (!isOneway(command)) this.#unanswered += 1;
      this.#onRequest(command, this);
    }
    return this.#isReading();
  };

  #isReading(): boolean {
    return this.#pauses === 0 && this.isOpen;
  }

  #takeResponse(response: RemotingCommand): void {
    if (this.#invocations.resolve(response)) return;
    const { remoteAddress } = this;
    this.#logger.debug('an answer that nobody waits for', {
      remoteAddress,
      opaque: response.opaque,
      code: response.code,
    });
  }

  #nextOpaque(): number {
    this.#opaque = this.#opaque === MAX_OPAQUE ? 1 : this.#opaque + 1;
    return this.#opaque;
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false;
    if (this.#batch.sizeBytes === 0 || !this.#socket.writable) return;
    const segments = this.#batch.take();
    // Several segments leave in one writev.
    if (segments.length > 1) this.#socket.cork();
    for (const { segment, bytes } of segments) {
      this.#socket.write(segment.subarray(0, bytes), (error) => this.#written(segment, error));
    }
    if (segments.length > 1) this.#socket.uncork();
  };

  #written(segment: Buffer, error: Error | null | undefined): void {
    if (error instanceof Error) return;
    recycleSegment(segment);
    if (this.#isWritable || !this.isOpen || this.pendingWriteBytes > this.#highWaterMarkBytes / 2) return;
    this.#isWritable = true;
    this.resumeReading();
    const listeners = this.#drainListeners;
    this.#drainListeners = [];
    for (const listener of listeners) listener();
  }

  #finish(reason: string, flushTimeoutMs: number): void {
    this.#flush();
    this.#markClosed(reason);
    if (this.#socket.destroyed) return;
    this.#socket.destroySoon();
    // What still comes is read and dropped: closing a socket with unread bytes would reset it and take our last answers along.
    this.#socket.resume();
    const deadline = this.#clock.after(flushTimeoutMs, () => this.#socket.destroy());
    this.#socket.once('close', () => deadline.cancel());
  }

  #markClosed(reason: string): void {
    if (!this.isOpen) return;
    this.#closeReason = reason;
    this.#unanswered = 0;
    this.#decoder.clear();
    this.#drainListeners = [];
    this.#invocations.rejectAll(new ConnectionClosedError(this.remoteAddress, reason));
    for (const listener of this.#closeListeners.splice(0)) listener();
  }
}
