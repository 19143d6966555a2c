/**
 * Delivers delayed messages: what waits in SCHEDULE_TOPIC_XXXX goes back under its own topic when its time has come. Main thread.
 * Java: ScheduleMessageService.
 * Invariant: a message is delivered at least once, not before its time, and those of one level in the order in which they were stored. One that
 * was delivered after the offsets were last saved is delivered again after a crash, as by Apache.
 */
import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { type DelayLevelTable, SCHEDULE_TOPIC } from '../../message/delay-level-table.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { DelayOffsetTable } from './delay-offset-table.js';
import { DeliveryTurns } from './delivery-turns.js';
import { LevelDelivery, type LevelDeliveryParts } from './level-delivery.js';

/** What the service needs. */
export interface ScheduleMessageServiceOptions {
  readonly store: LevelDeliveryParts['store'];
  readonly delayLevels: DelayLevelTable;
  /** As they were saved. */
  readonly offsets: DelayOffsetTable;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The delay levels of one broker. Levels that were in the table once and are not any more keep their messages. */
export class ScheduleMessageService {
  readonly #options: ScheduleMessageServiceOptions;
  #levels: readonly LevelDelivery[] = [];

  constructor(options: ScheduleMessageServiceOptions) {
    this.#options = options;
  }

  /** Delivers from here on, from where the offsets are. */
  start(): void {
    const { store, delayLevels, offsets, clock, logger } = this.#options;
    const turns = new DeliveryTurns();
    this.#levels = delayLevels.delaysMs.map(
      (delayMs, i) => new LevelDelivery({ store, offsets, turns, clock, logger, level: i + 1, delayMs }),
    );
    for (const level of this.#levels) level.start();
  }

  /** A message was stored in SCHEDULE_TOPIC_XXXX. */
  messageArrived(queueId: number): void {
    this.#levels[queueId]?.messageArrived();
  }

  /** Hands nothing over any more. What the store has been given still moves the offsets, so they are saved after the store has stopped. */
  stop(): void {
    for (const level of this.#levels) level.stop();
    this.#levels = [];
  }
}

/**
 * `scheduleMessageOffset_<level>` for each level that has had messages: how far it is delivered, and how many it has had.
 * Java: buildRunningStats.
 */
export function scheduleRunningStats(
  offsets: DelayOffsetTable,
  store: Pick<MessageStore, 'maxOffset'>,
): Record<string, string> {
  const stats = offsets.entries().map(([level, offset]): [string, string] => {
    return [`scheduleMessageOffset_${level}`, `${offset},${store.maxOffset(SCHEDULE_TOPIC, level - 1)}`];
  });
  return Object.fromEntries(stats);
}
