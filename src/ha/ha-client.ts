/**
 * The slave's end: connects to the master, says where this log ends, feeds what comes to the commitlog worker, acknowledges what that has
 * written. HA thread. Java: DefaultHAClient.
 * Invariant: never acknowledges more than the worker has given to the operating system (with SYNC_FLUSH: to the disk), nor, on a connection,
 * anything before the master has sent what this log ends with. While the replica ring is full the socket is not read. A master whose bytes do
 * not follow is left, with the reason; where the logs are known to part, `onDivergence` is called and nothing more is done here.
 */
import { assert } from '../base/assert.js';
import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { LogCut } from '../commitlog/log-cut.js';
import { StatusWord, type StoreStatusPage } from '../ring/store-status-page.js';
import { AgreementSearch, LogsPartError, SearchGoesBackError } from './agreement-search.js';
import { encodeReport, TransferReader } from './ha-frame.js';
import type { HaNetwork, HaSocket } from './ha-network.js';
import { HaProtocolError } from './ha-protocol-error.js';
import type { HaSettings } from './ha-settings.js';
import type { LogSource } from './log-source.js';
import type { ReplicaFeed } from './replica-feed.js';

/** Between a connection that has failed and the next attempt, and the longest that an attempt may take. Java: closeMasterAndWait, connect. */
export const RECONNECT_INTERVAL_MS = 5000;
/** How often reports and a silent master are looked at. Java: the 1,000 ms of its selects. */
const TICK_INTERVAL_MS = 1000;

/** What a client needs. */
export interface HaClientParts {
  readonly feed: ReplicaFeed;
  readonly log: LogSource;
  readonly status: StoreStatusPage;
  readonly settings: Pick<
    HaSettings,
    'isSyncFlush' | 'segmentSizeBytes' | 'sendHeartbeatIntervalMs' | 'housekeepingIntervalMs'
  >;
  readonly network: HaNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  /** There is somebody to acknowledge to. */
  readonly onActive: () => void;
  /** This log is to be cut, by whoever can close and open it; the master is not connected to any more. */
  readonly onDivergence: (cut: LogCut) => void;
}

/** A slave's connection to its master, made anew whenever it breaks. */
export class HaClient {
  readonly #parts: HaClientParts;
  readonly #search: AgreementSearch;
  /** Bytes that the ring had no room for. */
  #unread: Buffer | undefined;
  #reader: TransferReader | undefined;
  #masterAddress: string | undefined;
  /** Of the connection that there is, or was. */
  #connectedAddress: string | undefined;
  #socket: HaSocket | undefined;
  #timer: TimerHandle | undefined;
  #isConnected = false;
  #isStopped = false;
  /** Where the next body must begin; undefined while any segment's start will do, since this log is empty. */
  #expectedOffset: number | undefined;
  #reportedOffset = 0;
  /** Where an empty log ended when it was connected: until the worker has moved it to where the master begins, it ends nowhere. */
  #emptyEndOffset: number | undefined;
  /** Why the last connection ended. */
  #lastReason = '';
  #lastReadMs = 0;
  #lastWriteMs = 0;
  #receivedSinceTick = 0;
  #transferredByteInSecond = 0;

  constructor(parts: HaClientParts) {
    this.#parts = parts;
    const { log, status, settings } = parts;
    this.#search = new AgreementSearch({
      log,
      lastRecordOffset: () => status.get(StatusWord.lastRecordOffset),
      heartbeatIntervalMs: settings.sendHeartbeatIntervalMs,
      onReady: () => this.#guarded(() => this.#read(undefined)),
      onFailure: (error) => this.#fail(error),
    });
  }

  /** True while there is a master to acknowledge to. */
  get isActive(): boolean {
    return this.#isConnected;
  }

  /** `host:port`; undefined while no master is known. */
  get masterAddress(): string | undefined {
    return this.#masterAddress;
  }

  /** Monotonic time of the last read, ms. */
  get lastReadMs(): number {
    return this.#lastReadMs;
  }

  /** Monotonic time of the last report, ms. */
  get lastWriteMs(): number {
    return this.#lastWriteMs;
  }

  /** Bytes read in the second before the last tick. */
  get transferredByteInSecond(): number {
    return this.#transferredByteInSecond;
  }

  /**
   * A new address holds at once; while none is known, the connection that there is goes on. Differs: Apache's stays with the master before for as
   * long as that connection lives, which a master that has become a slave does not end.
   */
  updateMasterAddress(address: string | undefined): void {
    if (address === this.#masterAddress) return;
    this.#parts.logger.info('the master address has changed', { before: this.#masterAddress, now: address });
    this.#masterAddress = address;
    if (this.#socket !== undefined) {
      if (address === undefined || address === this.#connectedAddress) return;
      this.#close();
    }
    this.#timer?.cancel();
    this.#connect();
  }

  /** The worker has made progress: feeds what waits, acknowledges what is written. */
  poll(): void {
    if (!this.#isConnected) return;
    const isFollowed = this.#guarded(() => {
      if (this.#parts.feed.retry()) this.#read(undefined);
    });
    if (!isFollowed || this.#search.isComparing()) return;
    const offset = this.#ackOffset;
    if (offset <= this.#reportedOffset || offset === this.#emptyEndOffset) return;
    this.#lastReason = '';
    this.#report(offset);
  }

  stop(): void {
    this.#isStopped = true;
    this.#close();
    this.#timer?.cancel();
  }

  get #ackOffset(): number {
    const { status, settings } = this.#parts;
    return status.get(settings.isSyncFlush ? StatusWord.flushedOffset : StatusWord.writtenOffset);
  }

  #connect(): void {
    const address = this.#masterAddress;
    if (this.#isStopped || address === undefined) return;
    // What the last connection brought must be in the log before it is said where that ends.
    if (!this.#parts.feed.isDrained) {
      this.#connectLater();
      return;
    }
    assert(this.#socket === undefined, 'one connection at a time');
    const { host, port } = splitAddress(address);
    const socket = this.#parts.network.connect(host, port);
    this.#socket = socket;
    this.#connectedAddress = address;
    this.#timer = this.#parts.clock.after(RECONNECT_INTERVAL_MS, () =>
      this.#fail(new Error('the master does not answer')),
    );
    socket.on('connect', () => this.#onConnect());
    socket.on('data', (chunk: Buffer) => this.#onData(socket, chunk));
    socket.on('error', (error) => this.#onEnd(socket, error));
    socket.on('close', () => this.#onEnd(socket, new Error('the master has closed the connection')));
  }

  #connectLater(): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(RECONNECT_INTERVAL_MS, () => this.#connect());
  }

  #onConnect(): void {
    const { clock, feed, logger, onActive, status } = this.#parts;
    this.#timer?.cancel();
    this.#timer = clock.every(TICK_INTERVAL_MS, () => this.#tick());
    this.#isConnected = true;
    this.#lastReadMs = clock.monotonicMs();
    const endOffset = this.#ackOffset;
    const isEmpty = endOffset === status.get(StatusWord.minPhysicalOffset);
    const fromOffset = isEmpty ? 0 : this.#search.begin(endOffset, this.#lastReadMs);
    this.#expectedOffset = isEmpty ? undefined : fromOffset;
    this.#emptyEndOffset = isEmpty ? endOffset : undefined;
    feed.begin(endOffset);
    this.#reader = new TransferReader({
      onHeader: (physicalOffset, bodySizeBytes) => this.#onHeader(physicalOffset, bodySizeBytes),
      onBody: (bytes) => this.#onBody(bytes),
    });
    logger.info('connected to the master', { master: this.#masterAddress, endOffset, fromOffset });
    this.#report(fromOffset);
    onActive();
  }

  #onData(socket: HaSocket, chunk: Buffer): void {
    if (socket !== this.#socket) return;
    this.#lastReadMs = this.#parts.clock.monotonicMs();
    this.#receivedSinceTick += chunk.length;
    this.#guarded(() => this.#read(chunk));
  }

  /** First what this log has already, then what follows it. */
  #onBody(bytes: Buffer): number {
    const { feed } = this.#parts;
    if (!this.#search.isComparing()) return feed.take(bytes);
    const compared = this.#search.take(bytes);
    if (this.#search.isComparing()) return compared;
    this.#report(this.#ackOffset);
    return compared < bytes.length ? compared + feed.take(bytes.subarray(compared)) : compared;
  }

  /** What ends a connection is thrown; false when it was. */
  #guarded(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Reads `chunk`, or what is left of the last one; what the ring has no room for stays, and the socket is not read meanwhile. */
  #read(chunk: Buffer | undefined): void {
    const bytes =
      chunk !== undefined && this.#unread !== undefined
        ? Buffer.concat([this.#unread, chunk])
        : (chunk ?? this.#unread);
    if (bytes === undefined || this.#reader === undefined) return;
    const taken = this.#reader.read(bytes);
    assert(taken <= bytes.length, 'no more is taken than has come');
    if (taken < bytes.length) {
      this.#unread = bytes.subarray(taken);
      this.#socket?.pause();
    } else if (this.#unread !== undefined) {
      this.#unread = undefined;
      this.#socket?.resume();
    }
  }

  #onHeader(physicalOffset: number, bodySizeBytes: number): void {
    const { feed, settings } = this.#parts;
    if (this.#search.isComparing()) this.#search.onHeader(physicalOffset, bodySizeBytes, this.#lastReadMs);
    if (this.#expectedOffset === undefined) {
      if (physicalOffset % settings.segmentSizeBytes !== 0) {
        throw new HaProtocolError(
          `the master begins at ${physicalOffset}, where no segment of this log does: mappedFileSizeCommitLog is not the master's`,
        );
      }
      if (bodySizeBytes === 0) return;
      feed.begin(physicalOffset);
      this.#expectedOffset = physicalOffset;
    }
    if (physicalOffset !== this.#expectedOffset) {
      throw new HaProtocolError(
        `the master sends from ${physicalOffset}, but this log ends at ${this.#expectedOffset}`,
      );
    }
    this.#expectedOffset += bodySizeBytes;
  }

  #tick(): void {
    const { clock, settings } = this.#parts;
    const nowMs = clock.monotonicMs();
    this.#transferredByteInSecond = this.#receivedSinceTick;
    this.#receivedSinceTick = 0;
    // While it is this end that does not read, the master is not to blame.
    if (this.#unread !== undefined) this.#lastReadMs = nowMs;
    if (nowMs - this.#lastReadMs > settings.housekeepingIntervalMs) {
      this.#fail(new Error('the master says nothing any more'));
      return;
    }
    if (nowMs - this.#lastWriteMs >= settings.sendHeartbeatIntervalMs) this.#report(this.#reportedOffset);
    this.#guarded(() => this.#search.tick(nowMs));
  }

  #report(offset: number): void {
    assert(offset <= this.#ackOffset, 'nothing is acknowledged that is not written');
    this.#reportedOffset = offset;
    this.#lastWriteMs = this.#parts.clock.monotonicMs();
    this.#socket?.write(encodeReport(offset));
  }

  #onEnd(socket: HaSocket, error: Error): void {
    if (socket === this.#socket) this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#socket === undefined) return;
    if (error instanceof LogsPartError) {
      this.#giveUp(error);
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    // A master that is away for hours, or cannot be followed, is told of once, and not every 5 s.
    const isGoingBack = error instanceof SearchGoesBackError;
    const message = isGoingBack ? 'this log and the master’s part' : 'replication from the master is interrupted';
    this.#parts.logger[reason === this.#lastReason ? 'debug' : 'error'](message, {
      master: this.#masterAddress,
      reason,
      nextAttemptMs: isGoingBack ? 0 : RECONNECT_INTERVAL_MS,
    });
    this.#lastReason = reason;
    this.#close();
    if (this.#isStopped) return;
    if (isGoingBack) this.#connect();
    else this.#connectLater();
  }

  #giveUp({ cut }: LogsPartError): void {
    this.#parts.logger.error('this log has other records than the master’s and is cut', { ...cut });
    this.stop();
    this.#parts.onDivergence(cut);
  }

  #close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isConnected = false;
    this.#unread = undefined;
    this.#reader = undefined;
    this.#search.end();
    this.#timer?.cancel();
    socket?.destroy();
  }
}

/** `host:port`; an IPv6 host may be in brackets. */
function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}
