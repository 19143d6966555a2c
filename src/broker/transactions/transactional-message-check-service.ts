/**
 * Asks about transactions that nobody has ended: every transactionCheckInterval, the half messages older than transactionTimeOut. Each is put
 * back at the end of the half queue first, so that the queue's front moves on, and is given up after transactionCheckMax times. Main thread,
 * in steps. Java: TransactionalMessageCheckService, TransactionalMessageServiceImpl.check, DefaultTransactionalMessageCheckListener.
 * Invariant: a half message is passed only when it has ended, is stored at a later offset, or is stored as given up.
 */
import type { Clock, TimerHandle } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { MessageConst } from '../../message/message-properties.js';
import { PutStatus, type MessageStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import { PERM } from '../topic-config.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { CHECK_MAX_TIME_TOPIC, HALF_QUEUE_ID, HALF_TOPIC, HalfMessage, immunityForCheckMs } from './half-message.js';
import type { HalfQueue } from './half-queue.js';
import { HalfState } from './half-table.js';
import { readStep } from './queue-scan.js';
import type { TransactionChecker } from './transaction-checker.js';
import { put } from './transactional-message-service.js';

/** A round ends after so long; the next one goes on. Java: MAX_PROCESS_TIME_LIMIT. */
const ROUND_MS_MAX = 60_000;
const HOUR_MS = 3_600_000;

/** What a TransactionalMessageCheckService needs. */
export interface CheckServiceDeps {
  readonly store: Pick<MessageStore, 'getMessages' | 'putMessage'>;
  readonly halfQueue: HalfQueue;
  readonly checker: TransactionChecker;
  readonly topics: Pick<TopicConfigManager, 'createInSendBack' | 'settled'>;
  readonly config: Pick<
    BrokerConfig,
    'transactionTimeOut' | 'transactionCheckMax' | 'transactionCheckInterval' | 'fileReservedTime' | 'brokerRole'
  >;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What one round did. */
export interface CheckRound {
  /** Put back and asked about. */
  asked: number;
  /** Put back, and nobody of their group online to be asked. */
  unanswerable: number;
  /** Put back, since they must not be asked about yet. */
  immune: number;
  givenUp: number;
}

/** What is to become of one half message: `wait` ends the round there. */
type Verdict = 'wait' | 'give up' | 'immune' | 'ask';

/** One for each broker. */
export class TransactionalMessageCheckService {
  readonly #deps: CheckServiceDeps;
  #timer: TimerHandle | undefined;
  #round: Promise<void> | undefined;
  #isStopped = false;

  constructor(deps: CheckServiceDeps) {
    this.#deps = deps;
  }

  /** Checks from now on, the first time after transactionCheckInterval. */
  start(): void {
    const { clock, config } = this.#deps;
    this.#timer = clock.after(config.transactionCheckInterval, () => {
      void this.check().then(() => {
        if (!this.#isStopped) this.start();
      });
    });
  }

  /** Settles when the round that is under way has ended; there is no other. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#round;
  }

  /** One round, or the one that is under way. Never rejects. */
  check(): Promise<void> {
    this.#round ??= this.#check().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #check(): Promise<void> {
    const { halfQueue, logger, config, clock } = this.#deps;
    try {
      if (config.brokerRole === 'SLAVE') return;
      await halfQueue.recovered();
      halfQueue.table.beginRound(clock.nowMs());
      halfQueue.commitProgress();
      if (halfQueue.table.base >= halfQueue.end) return;
      const round: CheckRound = { asked: 0, unanswerable: 0, immune: 0, givenUp: 0 };
      await this.#checkQueue(round);
      halfQueue.commitProgress();
      const hasActed = Object.values(round).some((count: number) => count > 0);
      const { table, opsNeeded, end } = halfQueue;
      logger[hasActed ? 'info' : 'debug']('transactions checked', {
        ...round,
        halfOffset: table.base,
        halfMaxOffset: end,
        opsNeeded,
      });
    } catch (error) {
      logger.error('a check of transactions failed; the next round goes on', { error });
    }
  }

  async #checkQueue(round: CheckRound): Promise<void> {
    const { store, halfQueue, clock } = this.#deps;
    const { table, end } = halfQueue;
    const place = { topic: HALF_TOPIC, queueId: HALF_QUEUE_ID };
    const startMs = clock.nowMs();
    const isOver = (): boolean => this.#isStopped || clock.nowMs() - startMs > ROUND_MS_MAX;
    for (let at = table.nextUndecided(table.base, end); at < end && !isOver();) {
      const { messages, next } = await readStep(store, place, at, 1);
      const [stored] = messages;
      if (stored === undefined) {
        // Deleted with its segment; or not to be read now.
        if (next <= at) return;
        table.passTo(next);
      } else if (!(await this.#checkMessage(new HalfMessage(stored), startMs, round))) return;
      at = table.nextUndecided(at + 1, end);
    }
  }

  /** False if the round ends here. */
  async #checkMessage(half: HalfMessage, startMs: number, round: CheckRound): Promise<boolean> {
    const { table } = this.#deps.halfQueue;
    const offset = half.stored.queueOffset;
    // Being ended, or ended while it was read: if it does not come to that, the next round finds it.
    if (table.held(offset) !== undefined || table.stateOf(offset) !== HalfState.UNDECIDED) return true;
    const verdict = this.#verdictOn(half, startMs);
    if (verdict === 'wait') return false;
    const release = table.hold(offset);
    try {
      if (verdict === 'give up') return await this.#giveUp(half, round);
      if (verdict === 'immune') return await this.#putBackImmune(half, round);
      return await this.#askAgain(half, round);
    } finally {
      release();
    }
  }

  #verdictOn(half: HalfMessage, startMs: number): Verdict {
    const { config, clock } = this.#deps;
    const { bornTimestampMs, storeTimestampMs } = half.stored;
    const ageMs = clock.nowMs() - bornTimestampMs;
    const isChecked = half.checkTimes !== undefined && half.checkTimes >= config.transactionCheckMax;
    if (isChecked || ageMs > config.fileReservedTime * HOUR_MS || !half.isComplete) return 'give up';
    if (storeTimestampMs >= startMs) return 'wait';
    const immunity = half.property(MessageConst.CHECK_IMMUNITY_TIME_IN_SECONDS);
    const immunityMs = immunityForCheckMs(immunity, config.transactionTimeOut);
    if (immunity !== undefined) return ageMs <= immunityMs ? 'immune' : 'ask';
    // Compat: a message from a client whose clock is ahead is asked about at once.
    return ageMs >= 0 && ageMs <= immunityMs ? 'wait' : 'ask';
  }

  /** Java: resolveDiscardMsg. Differs: Apache drops a message that it cannot store as given up. */
  async #giveUp(half: HalfMessage, round: CheckRound): Promise<boolean> {
    const { store, topics, halfQueue, logger } = this.#deps;
    topics.createInSendBack(CHECK_MAX_TIME_TOPIC, 1, PERM.READ | PERM.WRITE, 0);
    await topics.settled();
    const { status, remark } = await put(store, half.givenUp());
    if (status !== PutStatus.OK) return this.#endRound('a transaction was not given up', half, remark);
    halfQueue.leave(half.stored.queueOffset, undefined);
    round.givenUp++;
    const { uniqKey, realTopic, checkTimes, producerGroup } = half;
    logger.warn(`a transaction that nobody ended goes to ${CHECK_MAX_TIME_TOPIC}`, {
      uniqKey,
      realTopic,
      producerGroup,
      checkTimes: checkTimes ?? 0,
    });
    return true;
  }

  /** Differs: at Apache's this counts as having been asked about, so that a long immunity ends with the message being given up. */
  async #putBackImmune(half: HalfMessage, round: CheckRound): Promise<boolean> {
    const { status, remark, queueOffset } = await put(this.#deps.store, half.stillImmune());
    if (status !== PutStatus.OK) return this.#endRound('a half message was not put back', half, remark);
    this.#deps.halfQueue.leave(half.stored.queueOffset, queueOffset);
    round.immune++;
    return true;
  }

  async #askAgain(half: HalfMessage, round: CheckRound): Promise<boolean> {
    const { store, halfQueue, checker } = this.#deps;
    const copy = half.askedAgain((half.checkTimes ?? 0) + 1);
    const result = await put(store, copy);
    // Its properties are at the limit, so that it cannot be counted how often it was asked about.
    if (result.status === PutStatus.MESSAGE_ILLEGAL) return this.#giveUp(half, round);
    if (result.status !== PutStatus.OK) return this.#endRound('a half message was not put back', half, result.remark);
    halfQueue.leave(half.stored.queueOffset, result.queueOffset);
    if (checker.ask(half, copy.properties, result)) round.asked++;
    else round.unanswerable++;
    return true;
  }

  #endRound(what: string, { uniqKey, realTopic }: HalfMessage, cause: string | undefined): false {
    this.#deps.logger.warn(`${what}; the next round tries again`, { uniqKey, realTopic, cause });
    return false;
  }
}
