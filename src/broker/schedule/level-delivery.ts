/**
 * One delay level: reads its queue in order and puts back what is due. Main thread. Java: DeliverDelayedMessageTimerTask.
 * Invariant: at any time it has asked for a turn, or waits for exactly one of: a read, the due time of its next message, the arrival of one, or the
 * store that refuses. Entries are read a piece at a time and have no timers of their own: within a level they are due in order.
 */
import type { Clock, TimerHandle } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { SCHEDULE_TOPIC } from '../../message/delay-level-table.js';
import { decodeStoredMessage } from '../../message/stored-message.js';
import { RECORD } from '../../message/stored-record.js';
import {
  type GetResult,
  GetStatus,
  type MessageStore,
  type QueueEntries,
  type QueueEntry,
} from '../../workers/message-store.js';
import { toDeliveredMessage } from './delayed-message.js';
import { DeliveryLine } from './delivery-line.js';
import type { DelayOffsetTable } from './delay-offset-table.js';
import type { DeliveryTurns, Turntaker } from './delivery-turns.js';

/** Entries kept ahead. */
const ENTRIES_AHEAD_MAX = 1024;
/** Most messages, and most bytes of them, in one turn: about half a millisecond of small ones. */
const BATCH_MESSAGES_MAX = 128;
const BATCH_BYTES_MAX = 1024 * 1024;
/** The clock on the wall may jump, so that a far time is looked at again this often. */
const WAIT_MAX_MS = 1_000;
/** The pause after a read that failed. Java: DELAY_FOR_A_WHILE. */
const READ_AGAIN_MS = 100;

/** What a level works with. */
export interface LevelDeliveryParts {
  readonly store: Pick<MessageStore, 'putMessage' | 'getMessages' | 'queueEntries' | 'minOffset' | 'maxOffset'>;
  readonly offsets: DelayOffsetTable;
  readonly turns: DeliveryTurns;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly level: number;
  readonly delayMs: number;
}

/** Delivers one level from `start` to `stop`. */
export class LevelDelivery implements Turntaker {
  readonly #parts: LevelDeliveryParts;
  readonly #queueId: number;
  readonly #line: DeliveryLine;
  /** Queue offset after the last entry that was read. */
  #readOffset = 0;
  #entries: readonly QueueEntry[] = [];
  /** The next of them to deliver. */
  #next = 0;
  #isReading = false;
  #isIdle = false;
  /** A record of the last batch was gone: they are looked at one by one. */
  #isProbing = false;
  #isStopped = false;
  #timer: TimerHandle | undefined;

  constructor(parts: LevelDeliveryParts) {
    this.#parts = parts;
    const { store, turns, clock, logger, level, offsets } = parts;
    this.#queueId = level - 1;
    this.#line = new DeliveryLine({
      store,
      turns,
      clock,
      logger,
      level,
      onStored: (nextOffset) => offsets.update(level, nextOffset),
      onRecovered: () => turns.request(this),
    });
  }

  /** Goes on where the offset table says; an offset outside the queue is put right first. Java: correctDelayOffset. */
  start(): void {
    const { store, offsets, level, turns } = this.#parts;
    const saved = offsets.get(level);
    this.#readOffset = this.#clamp(saved ?? store.minOffset(SCHEDULE_TOPIC, this.#queueId));
    if (saved !== undefined) offsets.update(level, this.#readOffset);
    turns.request(this);
  }

  /** Hands nothing over any more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#line.stop();
  }

  /** A message of this level was stored. */
  messageArrived(): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#parts.turns.request(this);
  }

  /** See Turntaker. */
  run(): void {
    if (this.#isStopped || this.#isReading || this.#line.isBlocked) return;
    const entry = this.#entries[this.#next];
    if (entry === undefined) {
      this.#readEntries();
      return;
    }
    const nowMs = this.#parts.clock.nowMs();
    const waitMs = this.#waitMs(entry, nowMs);
    if (waitMs > 0) this.#sleep(entry, waitMs);
    else this.#readMessages(entry, nowMs);
  }

  /** Java: correctDeliverTimestamp: a time further away than the delay is one of another clock, or of a table with a longer delay. */
  #waitMs({ tagsCode }: QueueEntry, nowMs: number): number {
    const waitMs = tagsCode - nowMs;
    return waitMs > this.#parts.delayMs ? 0 : waitMs;
  }

  // Differs: Apache looks every 100 ms.
  #sleep({ queueOffset }: QueueEntry, waitMs: number): void {
    const { offsets, level } = this.#parts;
    if (this.#line.isEmpty) offsets.update(level, queueOffset);
    this.#wakeAfter(Math.min(waitMs, WAIT_MAX_MS));
  }

  #readEntries(): void {
    const { store } = this.#parts;
    this.#readOffset = this.#clamp(this.#readOffset);
    if (this.#readOffset === store.maxOffset(SCHEDULE_TOPIC, this.#queueId)) {
      this.#isIdle = true;
      return;
    }
    const found = store.queueEntries(SCHEDULE_TOPIC, this.#queueId, this.#readOffset, ENTRIES_AHEAD_MAX);
    if (found instanceof Promise) this.#await(found, this.#takeEntries);
    else this.#takeEntries(found);
  }

  readonly #takeEntries = ({ entries, nextOffset }: QueueEntries): void => {
    // Nothing to see at an offset that is within the queue: its file is being replaced, or is gone.
    if (nextOffset === this.#readOffset) {
      this.#wakeAfter(READ_AGAIN_MS);
      return;
    }
    this.#entries = entries;
    this.#next = 0;
    this.#readOffset = nextOffset;
    this.#parts.turns.request(this);
  };

  #readMessages(first: QueueEntry, nowMs: number): void {
    const count = this.#isProbing ? 1 : this.#countDue(nowMs);
    const { queueOffset } = first;
    const { store } = this.#parts;
    const found = store.getMessages(SCHEDULE_TOPIC, this.#queueId, queueOffset, count, BATCH_BYTES_MAX, undefined);
    if (found instanceof Promise) this.#await(found, this.#takeMessages);
    else this.#takeMessages(found);
  }

  #countDue(nowMs: number): number {
    let count = 1;
    for (; count < BATCH_MESSAGES_MAX; count++) {
      const entry = this.#entries[this.#next + count];
      if (entry === undefined || this.#waitMs(entry, nowMs) > 0) break;
    }
    return count;
  }

  readonly #takeMessages = (result: GetResult): void => {
    if (result.status === GetStatus.FOUND) {
      this.#isProbing = false;
      this.#deliver(result);
    } else if (result.status !== GetStatus.MESSAGE_WAS_REMOVING) {
      // The queue is not what it was when the entries were read.
      this.#forgetEntries();
      this.#wakeAfter(READ_AGAIN_MS);
      return;
    } else if (this.#isProbing) {
      this.#passOver('a delayed message is not in the log any more');
    } else {
      this.#isProbing = true;
    }
    this.#parts.turns.request(this);
  };

  /** Hands the messages over until one is refused; the rest is read again. */
  #deliver({ body, messageCount }: GetResult): void {
    let position = 0;
    for (let i = 0; i < messageCount && !this.#line.isBlocked; i++) {
      const stored = decodeStoredMessage(body, position);
      const message = stored === undefined ? undefined : toDeliveredMessage(stored);
      const queueOffset = this.#entries[this.#next]?.queueOffset;
      if (message === undefined || queueOffset === undefined) {
        this.#passOver('a delayed message does not say where it belongs');
      } else {
        this.#line.add(queueOffset, message);
        this.#next++;
      }
      position += body.readInt32BE(position + RECORD.TOTAL_SIZE);
    }
  }

  #passOver(why: string): void {
    const { logger, level } = this.#parts;
    const entry = this.#entries[this.#next];
    if (entry === undefined) return;
    const { queueOffset, physicalOffset } = entry;
    logger.error(`${why}; it is passed over`, { level, queueOffset, physicalOffset });
    this.#line.add(queueOffset, undefined);
    this.#next++;
  }

  #await<T>(reading: Promise<T>, take: (found: T) => void): void {
    this.#isReading = true;
    reading.then(
      (found) => {
        this.#isReading = false;
        if (!this.#isStopped) take(found);
      },
      (error: unknown) => {
        this.#isReading = false;
        this.#parts.logger.error('delayed messages could not be read', { level: this.#parts.level, error });
        this.#wakeAfter(READ_AGAIN_MS);
      },
    );
  }

  #wakeAfter(waitMs: number): void {
    if (this.#isStopped) return;
    const { clock, turns } = this.#parts;
    this.#timer?.cancel();
    this.#timer = clock.after(waitMs, () => turns.request(this));
  }

  #forgetEntries(): void {
    this.#readOffset = this.#entries[this.#next]?.queueOffset ?? this.#readOffset;
    this.#entries = [];
    this.#next = 0;
  }

  // Differs: where the queue is gone, Apache keeps the offset and passes over the first messages that come.
  #clamp(offset: number): number {
    const { store, logger, level } = this.#parts;
    const minOffset = store.minOffset(SCHEDULE_TOPIC, this.#queueId);
    const maxOffset = store.maxOffset(SCHEDULE_TOPIC, this.#queueId);
    const corrected = Math.min(Math.max(offset, minOffset), maxOffset);
    if (corrected !== offset)
      logger.error('the offset of a delay level is put right', { level, offset, minOffset, maxOffset, corrected });
    return corrected;
  }
}
