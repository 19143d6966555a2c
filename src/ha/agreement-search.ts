/**
 * Makes sure, on each connection, that this slave's log is the beginning of its master's: asks for it from the last record on and compares. If
 * it is not, finds by earlier segments where they part. HA thread. Java: none (AutoSwitchHAClient compares epochs, which plain HA does not have).
 * Invariant: a cut is asked for only behind a record that the master has just sent, byte for byte the same; a master that is silent, far or
 * empty, and one whose log has nothing of this one, never cost a byte. Works with Apache's master: it is only asked for an earlier offset.
 */
import { assert } from '../base/assert.js';
import type { LogCut } from '../commitlog/log-cut.js';
import { HaProtocolError } from './ha-protocol-error.js';
import { LogComparison } from './log-comparison.js';
import type { LogSource } from './log-source.js';

/**
 * A master that sends nothing but two heartbeats or more for so long has no more; it is the larger of this and two heartbeats. One of Apache's
 * that is at its `maxHaTransferByteInSecond` sends empty transfers for a second.
 */
export const SILENCE_MS_MIN = 3000;
const HEARTBEATS_MIN = 2;

/** The logs part, at a place that is known. */
export class LogsPartError extends Error {
  override readonly name = 'LogsPartError';
  readonly cut: LogCut;

  constructor(cut: LogCut) {
    super(cut.reason);
    this.cut = cut;
  }
}

/** The next attempt asks for an earlier part of the log, and is made at once. */
export class SearchGoesBackError extends Error {
  override readonly name = 'SearchGoesBackError';
}

/** What a search needs. */
export interface AgreementSearchParts {
  readonly log: LogSource;
  /** Where the own log's last record begins; -1 when that is not known. */
  readonly lastRecordOffset: () => number;
  readonly heartbeatIntervalMs: number;
  /** `take` can go on. */
  readonly onReady: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** The search of one slave, over as many connections as it takes. */
export class AgreementSearch {
  readonly #parts: AgreementSearchParts;
  #comparison: LogComparison | undefined;
  /** Where the next connection begins to compare; undefined: with the last record. */
  #backTo: number | undefined;
  #endOffset = 0;
  #fromOffset = 0;
  #firstOffset = 0;
  #heartbeats = 0;
  #silentSinceMs = 0;

  constructor(parts: AgreementSearchParts) {
    this.#parts = parts;
  }

  /** True until the master has sent what this log ends with. */
  isComparing(): boolean {
    return this.#comparison !== undefined;
  }

  /** A new connection, with a log that ends at `endOffset` and is not empty; returns from where on the master is asked to send. */
  begin(endOffset: number, nowMs: number): number {
    const { log, onReady, onFailure } = this.#parts;
    // Segments of this log may have been deleted since.
    const fromOffset =
      this.#backTo === undefined ? this.#lastRecordOffset(endOffset) : Math.max(log.minOffset, this.#backTo);
    assert(fromOffset >= log.minOffset && fromOffset < endOffset, 'the comparison begins in the log');
    // A slave that says 0 has nothing, and is sent the master's last segment. The byte that is left out is the highest of a size: always 0.
    const firstOffset = Math.max(1, fromOffset);
    this.#endOffset = endOffset;
    this.#fromOffset = fromOffset;
    this.#firstOffset = firstOffset;
    this.#heartbeats = 0;
    this.#silentSinceMs = nowMs;
    const comparison = new LogComparison({
      log,
      fromOffset,
      firstOffset,
      endOffset,
      // Not for a connection that is gone.
      onReady: () => comparison === this.#comparison && onReady(),
      onFailure: (error) => comparison === this.#comparison && onFailure(error),
    });
    this.#comparison = comparison;
    return firstOffset;
  }

  /** The connection has nothing to compare, or is gone. */
  end(): void {
    this.#comparison = undefined;
  }

  /** A transfer's header during the comparison. Throws when the master's log does not reach so far. */
  onHeader(physicalOffset: number, bodySizeBytes: number, nowMs: number): void {
    const offset = this.#firstOffset;
    const isFirst = this.#comparison?.offset === offset;
    // Ours says so before it closes; Apache's keeps silent.
    if (isFirst && bodySizeBytes === 0 && physicalOffset < offset) {
      this.#goBack(physicalOffset, `the master's log ends at ${physicalOffset}`);
    }
    if (isFirst && bodySizeBytes === 0 && physicalOffset > offset) {
      throw new HaProtocolError(
        `the master's log begins at ${physicalOffset}, after what is to be compared at ${offset}: this log may have other records; nothing is cut off`,
      );
    }
    if (bodySizeBytes === 0) this.#heartbeats++;
    else {
      this.#heartbeats = 0;
      this.#silentSinceMs = nowMs;
    }
  }

  /** Compares; returns how many bytes were taken. Fewer than there are while `isComparing()`: `onReady` is called when it can go on. Throws when the logs part. */
  take(chunk: Buffer): number {
    const comparison = this.#comparison;
    if (comparison === undefined) return 0;
    const taken = comparison.take(chunk);
    if (comparison.isDifferent) this.#part('the master has other bytes');
    if (comparison.isDone) {
      this.#comparison = undefined;
      this.#backTo = undefined;
    }
    return taken;
  }

  /** Every second. Throws when the master has no more of this log. */
  tick(nowMs: number): void {
    if (this.#comparison === undefined || this.#heartbeats < HEARTBEATS_MIN) return;
    const silenceMs = Math.max(SILENCE_MS_MIN, 2 * this.#parts.heartbeatIntervalMs);
    if (nowMs - this.#silentSinceMs >= silenceMs) this.#part("the master's log ends");
  }

  #lastRecordOffset(endOffset: number): number {
    const { log, lastRecordOffset } = this.#parts;
    const offset = lastRecordOffset();
    if (offset >= log.minOffset && offset < endOffset) return offset;
    return Math.max(log.minOffset, this.#segmentBefore(endOffset));
  }

  /** Where the segment begins that has the byte before `offset`. */
  #segmentBefore(offset: number): number {
    return this.#parts.log.segmentStart(Math.max(0, offset - 1));
  }

  #part(what: string): never {
    const { agreedOffset, lastRecordOffset } = this.#comparison?.agreement ?? { agreedOffset: 0, lastRecordOffset: -1 };
    const reason = `${what} at ${this.#comparison?.offset}, where this log, which ends at ${this.#endOffset}, has others or more`;
    if (lastRecordOffset < 0) this.#goBack(this.#fromOffset, reason);
    throw new LogsPartError({ fromOffset: agreedOffset, lastRecordOffset, endOffset: this.#endOffset, reason });
  }

  /** The next comparison begins before `offset`, where a segment does. */
  #goBack(offset: number, reason: string): never {
    const { minOffset } = this.#parts.log;
    if (offset <= minOffset) {
      this.#backTo = minOffset;
      throw new HaProtocolError(
        `${reason}; not even the first record of this log, at ${minOffset}, is the master's. Nothing is cut off: is it the right master, and has it lost its store?`,
      );
    }
    this.#backTo = Math.max(minOffset, this.#segmentBefore(offset));
    throw new SearchGoesBackError(`${reason}; comparing from ${this.#backTo} on`);
  }
}
