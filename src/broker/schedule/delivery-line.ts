/**
 * Messages of one delay level that have been given to the store, in the order of their queue, until it is known that all of them are there.
 * Main thread. Java: ScheduleMessageService's deliverPendingTable and PutResultProcess.
 * Invariant: the level's offset moves over a message only when it and all before it are stored. What the store does not take is put again,
 * in order, and nothing new is taken in meanwhile: nothing is lost, and nothing skipped.
 */
import type { Clock, TimerHandle } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { isSafeHere, type MessageStore, type MessageToStore, type PutResult } from '../../workers/message-store.js';
import type { DeliveryTurns } from './delivery-turns.js';

/** The pause before what was refused is put again grows by this from one try to the next. Java: doResend. */
export const RESEND_STEP_MS = 100;
/** And not beyond this. */
export const RESEND_PAUSE_MAX_MS = 60_000;

/** Deliveries that are stored are dropped when there are so many. */
const SETTLED_KEPT_MAX = 256;

/** What a line needs. */
export interface DeliveryLineParts {
  readonly store: Pick<MessageStore, 'putMessage'>;
  readonly turns: DeliveryTurns;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly level: number;
  /** All before this queue offset are stored. */
  readonly onStored: (nextOffset: number) => void;
  /** Everything that was refused is under way again: the level may go on. */
  readonly onRecovered: () => void;
}

interface Delivery {
  readonly queueOffset: number;
  /** Undefined for what is passed over. */
  readonly message: MessageToStore | undefined;
  state: 'under way' | 'refused' | 'done';
}

/** The line of one level. */
export class DeliveryLine {
  readonly #parts: DeliveryLineParts;
  /** Those before `#first` are stored. */
  readonly #deliveries: Delivery[] = [];
  #first = 0;
  #underWay = 0;
  #refused = 0;
  #tries = 0;
  #timer: TimerHandle | undefined;
  #isStopped = false;

  constructor(parts: DeliveryLineParts) {
    this.#parts = parts;
  }

  /** True while something that was refused waits: nothing may be added. */
  get isBlocked(): boolean {
    return this.#refused > 0;
  }

  /** True when everything handed over is stored. */
  get isEmpty(): boolean {
    return this.#first === this.#deliveries.length;
  }

  /** Gives the message of `queueOffset` to the store; `undefined` passes over it. Offsets grow. */
  add(queueOffset: number, message: MessageToStore | undefined): void {
    const delivery: Delivery = { queueOffset, message, state: 'done' };
    this.#deliveries.push(delivery);
    if (message === undefined) this.#advance();
    else this.#put(delivery, message);
  }

  /** Nothing is put again. Results that are still to come move the offset. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #put(delivery: Delivery, message: MessageToStore): void {
    const bytes = message.body.length + message.properties.length;
    delivery.state = 'under way';
    this.#underWay++;
    this.#parts.turns.begin(bytes);
    this.#parts.store.putMessage(message, (result) => {
      this.#underWay--;
      this.#parts.turns.end(bytes);
      this.#settle(delivery, result);
    });
  }

  #settle(delivery: Delivery, result: PutResult): void {
    // One that may not be on disk is put again: a message too many is better than one too few.
    if (isSafeHere(result.status)) {
      delivery.state = 'done';
      this.#tries = 0;
      this.#advance();
    } else {
      delivery.state = 'refused';
      if (this.#refused === 0) this.#warn(delivery, result);
      this.#refused++;
    }
    // What is under way keeps its place before what is put again.
    if (this.#refused > 0 && this.#underWay === 0) this.#resendLater();
  }

  #advance(): void {
    let last: Delivery | undefined;
    for (let next = this.#deliveries[this.#first]; next?.state === 'done'; next = this.#deliveries[this.#first]) {
      last = next;
      this.#first++;
    }
    if (last === undefined) return;
    if (this.#first === this.#deliveries.length || this.#first > SETTLED_KEPT_MAX) {
      this.#deliveries.splice(0, this.#first);
      this.#first = 0;
    }
    this.#parts.onStored(last.queueOffset + 1);
  }

  #resendLater(): void {
    if (this.#isStopped) return;
    this.#tries++;
    const pauseMs = Math.min(this.#tries * RESEND_STEP_MS, RESEND_PAUSE_MAX_MS);
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(pauseMs, () => this.#resend());
  }

  /** Puts what was refused again, up to the first that is refused at once. */
  #resend(): void {
    for (const delivery of this.#deliveries.slice(this.#first)) {
      if (delivery.state !== 'refused' || delivery.message === undefined) continue;
      this.#refused--;
      this.#put(delivery, delivery.message);
      if (isRefused(delivery)) return;
    }
    this.#parts.onRecovered();
  }

  #warn({ queueOffset, message }: Delivery, { status, remark }: PutResult): void {
    const { logger, level } = this.#parts;
    logger.warn('a delayed message was not taken by the store; it is put again', {
      level,
      queueOffset,
      topic: message?.topic ?? '',
      status,
      remark: remark ?? '',
    });
  }
}

function isRefused(delivery: Delivery): boolean {
  return delivery.state === 'refused';
}
