/**
 * One slave of this master: learns where it is and sends it the log from there on. HA thread. Java: DefaultHAConnection.
 * Invariant: holds at most {@link SEND_BUFFER_BYTES_MAX} and one transfer for a slave, however slow it is: nothing more is read from the log
 * until the socket has taken what there is. An acknowledgement is never more than was sent.
 */
import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { ReportReader, TRANSFER_HEADER_BYTES, writeTransferHeader } from './ha-frame.js';
import type { HaSocket } from './ha-network.js';
import { HaProtocolError } from './ha-protocol-error.js';
import type { HaSettings } from './ha-settings.js';
import type { LogSource } from './log-source.js';

/** Past it a slave's socket is given no more bytes until it has drained. */
export const SEND_BUFFER_BYTES_MAX = 256 * 1024;

/** What a connection needs. */
export interface HaConnectionParts {
  readonly socket: HaSocket;
  readonly log: LogSource;
  readonly settings: Pick<
    HaSettings,
    'transferBatchBytes' | 'transferBytesPerSecondMax' | 'sendHeartbeatIntervalMs' | 'housekeepingIntervalMs'
  >;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The slave has said what it has. */
  readonly onAcknowledge: () => void;
  /** The slave has nothing, and is sent the log from here on. */
  readonly onBeginEmpty: (physicalOffset: number) => void;
  /** Called once. */
  readonly onClose: (connection: HaConnection) => void;
}

/** A slave's connection. */
export class HaConnection {
  /** `host:port` of the slave. */
  readonly remoteAddress: string;
  readonly remoteHost: string | undefined;
  readonly #parts: HaConnectionParts;
  readonly #reports = new ReportReader();
  #slaveAckOffset = -1;
  /** Reports up to here confirm nothing: what it asked for, on this connection, or was sent before there was doubt about it. */
  #unconfirmedOffset = -1;
  #nextOffset = -1;
  #lastReadMs: number;
  #lastWriteMs: number;
  #isReadingFile = false;
  #isClosed = false;
  /** It was told why it is not served, and that is all. */
  #isRefused = false;
  #sentSinceTick = 0;
  #transferredByteInSecond = 0;

  constructor(parts: HaConnectionParts) {
    this.#parts = parts;
    const { socket, clock, logger } = parts;
    this.remoteAddress = `${socket.remoteAddress}:${socket.remotePort}`;
    this.remoteHost = socket.remoteAddress;
    this.#lastReadMs = clock.monotonicMs();
    this.#lastWriteMs = this.#lastReadMs;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.transfer());
    socket.on('error', (error) => logger.warn('a slave connection failed', { slave: this.remoteAddress, error }));
    socket.on('close', () => this.close());
  }

  /** End of what the slave has said it has; -1 before its first report. */
  get slaveAckOffset(): number {
    return this.#slaveAckOffset;
  }

  /**
   * What the slave has of this log for certain; -1 when it has only said where it is: what it has before that may be another log's, which it
   * finds out by what it is sent. A slave that was sent nothing new repeats its first report.
   */
  get confirmedOffset(): number {
    return this.#slaveAckOffset > this.#unconfirmedOffset ? this.#slaveAckOffset : -1;
  }

  /**
   * A slave at the same address has connected, perhaps the same one, whose old connection this is: it does not count for two. One that has
   * been sent what comes from now on is another.
   */
  doubt(): void {
    this.#unconfirmedOffset = Math.max(this.#unconfirmedOffset, this.#nextOffset);
  }

  /** Where the next transfer begins. Java: getTransferFromWhere. */
  get transferFromWhere(): number {
    return this.#nextOffset;
  }

  /** Bytes of the log that were given to the socket in the second before the last tick. */
  get transferredByteInSecond(): number {
    return this.#transferredByteInSecond;
  }

  /** Bytes that are held for the slave in this process. */
  get bufferedBytes(): number {
    return this.#parts.socket.writableLength;
  }

  /** Sends what there is, as far as the socket takes it. Called when the log has grown. */
  transfer(): void {
    const { socket, log, settings } = this.#parts;
    if (this.#nextOffset < 0 || this.#isReadingFile || this.#isClosed) return;
    socket.cork();
    while (!socket.writableNeedDrain) {
      const sizeMax = Math.min(settings.transferBatchBytes, settings.transferBytesPerSecondMax - this.#sentSinceTick);
      if (sizeMax <= 0) break;
      const sizeBytes = log.availableFrom(this.#nextOffset, sizeMax);
      if (sizeBytes <= 0) break;
      const frame = Buffer.allocUnsafeSlow(TRANSFER_HEADER_BYTES + sizeBytes);
      if (!log.copy(this.#nextOffset, sizeBytes, frame, TRANSFER_HEADER_BYTES)) {
        void this.#transferFromFile(frame, sizeBytes);
        break;
      }
      this.#send(frame, sizeBytes);
    }
    socket.uncork();
  }

  /** Every second: sends a heartbeat when it is due, and closes a connection on which nothing came for too long. */
  tick(nowMs: number): void {
    const { socket, settings, logger } = this.#parts;
    this.#transferredByteInSecond = this.#sentSinceTick;
    this.#sentSinceTick = 0;
    if (nowMs - this.#lastReadMs > settings.housekeepingIntervalMs) {
      logger.warn('a slave says nothing any more', { slave: this.remoteAddress, silentMs: nowMs - this.#lastReadMs });
      this.close();
      return;
    }
    // What the second before had no leave for.
    this.transfer();
    const isDue = nowMs - this.#lastWriteMs >= settings.sendHeartbeatIntervalMs;
    if (!isDue || this.#nextOffset < 0 || this.#isReadingFile || socket.writableNeedDrain) return;
    this.#send(Buffer.allocUnsafe(TRANSFER_HEADER_BYTES), 0);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.socket.destroy();
    this.#parts.onClose(this);
  }

  #onData(chunk: Buffer): void {
    this.#lastReadMs = this.#parts.clock.monotonicMs();
    if (this.#isRefused) return;
    try {
      const reported = this.#reports.read(chunk);
      if (reported === undefined) return;
      if (this.#nextOffset < 0) this.#begin(reported);
      else if (reported > this.#nextOffset) {
        throw new HaProtocolError(`it has acknowledged ${reported}, but was sent no more than ${this.#nextOffset}`);
      }
      this.#slaveAckOffset = reported;
    } catch (error) {
      if (!(error instanceof HaProtocolError)) throw error;
      this.#parts.logger.error('a slave is not served', { slave: this.remoteAddress, reason: error.message });
      this.#closeUnlessTold();
      return;
    }
    this.#parts.onAcknowledge();
    this.transfer();
  }

  /**
   * Where to begin: where the slave is; for one that has nothing, at the start of the last segment. Differs: a slave that cannot be followed up
   * is told by an empty transfer where this log ends or begins, and closed. Apache keeps it connected without sending, and one that is ahead
   * gets bytes from the middle of a record once this log has grown past it.
   */
  #begin(slaveMaxOffset: number): void {
    const { log, logger } = this.#parts;
    const { endOffset, minOffset } = log;
    if (slaveMaxOffset > endOffset) {
      this.#refuse(endOffset);
      throw new HaProtocolError(`its log ends at ${slaveMaxOffset}, after this one, which ends at ${endOffset}`);
    }
    if (slaveMaxOffset !== 0 && slaveMaxOffset < minOffset) {
      this.#refuse(minOffset);
      throw new HaProtocolError(`its log ends at ${slaveMaxOffset}, before this one, which begins at ${minOffset}`);
    }
    assert(this.#nextOffset < 0, 'a connection begins once');
    this.#unconfirmedOffset = slaveMaxOffset;
    this.#nextOffset = slaveMaxOffset === 0 ? log.segmentStart(endOffset) : slaveMaxOffset;
    if (slaveMaxOffset === 0) this.#parts.onBeginEmpty(this.#nextOffset);
    logger.info('a slave is sent the log', { slave: this.remoteAddress, slaveMaxOffset, from: this.#nextOffset });
  }

  /** One that is told why is closed when it has been told. */
  #closeUnlessTold(): void {
    if (!this.#isRefused) this.close();
  }

  #refuse(nearestOffset: number): void {
    const frame = Buffer.allocUnsafe(TRANSFER_HEADER_BYTES);
    writeTransferHeader(frame, nearestOffset, 0);
    this.#isRefused = true;
    this.#parts.socket.end(frame);
  }

  #send(frame: Buffer, bodySizeBytes: number): void {
    writeTransferHeader(frame, this.#nextOffset, bodySizeBytes);
    assert(frame.length === TRANSFER_HEADER_BYTES + bodySizeBytes, 'a transfer has the size it says');
    this.#parts.socket.write(frame);
    this.#nextOffset += bodySizeBytes;
    assert(this.#nextOffset <= this.#parts.log.endOffset, 'nothing is sent that is not written');
    this.#sentSinceTick += bodySizeBytes;
    this.#lastWriteMs = this.#parts.clock.monotonicMs();
  }

  async #transferFromFile(frame: Buffer, sizeBytes: number): Promise<void> {
    const { log, logger } = this.#parts;
    assert(!this.#isReadingFile, 'one read for a slave at a time');
    this.#isReadingFile = true;
    try {
      const isThere = await log.read(this.#nextOffset, sizeBytes, frame, TRANSFER_HEADER_BYTES);
      this.#isReadingFile = false;
      if (this.#isClosed) return;
      if (!isThere) throw new Error('the segment is not there any more');
      this.#send(frame, sizeBytes);
    } catch (error) {
      this.#isReadingFile = false;
      logger.error('the log cannot be read for a slave', { slave: this.remoteAddress, from: this.#nextOffset, error });
      this.close();
      return;
    }
    this.transfer();
  }
}
