/**
 * The undecided transactions of a lost master: their half messages are sent to another master of the cluster, which asks the producers. Main thread, in
 * steps. Java: TransactionalMessageServiceImpl.check, where a slave acts, and TransactionalMessageUtil.buildTransactionalMessageFromHalfMessage.
 * Invariant: the offset of the half queue passes a half message only when it has ended or another master has it. Nothing is put here.
 */
import type { Clock, TimerHandle } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { MessageConst } from '../../message/message-properties.js';
import { SysFlag } from '../../message/message-sys-flag.js';
import { isSafeHere, type MessageStore, type MessageToStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import {
  HALF_QUEUE_ID,
  HALF_TOPIC,
  HalfMessage,
  OP_HALF_TOPIC,
  TRANSACTION_GROUP,
} from '../transactions/half-message.js';
import { HalfTable } from '../transactions/half-table.js';
import { OpProgress } from '../transactions/op-progress.js';
import { readStep } from '../transactions/queue-scan.js';
import { recoverTransactions, recoverySpans } from '../transactions/transaction-recovery.js';
import { put } from '../transactions/transactional-message-service.js';
import type { SpecialService } from './special-services.js';

/** Who commits the offsets, in the log line about one that goes back. */
const COMMITTER = 'the acting slave';

/** What a TransactionEscape needs. */
export interface TransactionEscapeOptions {
  readonly store: Pick<MessageStore, 'getMessages' | 'minOffset' | 'maxOffset' | 'offsetByTimestamp'>;
  readonly bridge: Pick<MessageStore, 'putMessage'>;
  readonly offsets: Pick<ConsumerOffsetManager, 'query' | 'commit'>;
  readonly config: Pick<BrokerConfig, 'transactionCheckInterval'>;
  readonly maxDelayLevel: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One for each slave. */
export class TransactionEscape implements SpecialService {
  readonly #options: TransactionEscapeOptions;
  #timer: TimerHandle | undefined;
  #round: Promise<void> | undefined;
  #isStopped = true;

  constructor(options: TransactionEscapeOptions) {
    this.#options = options;
  }

  /** The first round comes after transactionCheckInterval. */
  start(): void {
    this.#isStopped = false;
    this.#wait();
  }

  /** Settles when the round that is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#round;
  }

  /** One round, or the one that is under way. Never rejects. */
  check(): Promise<void> {
    this.#round ??= this.#check().finally(() => (this.#round = undefined));
    return this.#round;
  }

  #wait(): void {
    const { clock, config } = this.#options;
    this.#timer = clock.after(config.transactionCheckInterval, () => {
      void this.check().then(() => {
        if (!this.#isStopped) this.#wait();
      });
    });
  }

  async #check(): Promise<void> {
    try {
      await this.#escapeAll();
    } catch (error) {
      this.#options.logger.error('half messages could not be read; the next round tries again', { error });
    }
  }

  /** How the half messages stand is found out anew in each round: a slave is told of nothing. */
  async #escapeAll(): Promise<void> {
    const { store, offsets, maxDelayLevel, logger } = this.#options;
    const offsetIn = (topic: string): number => offsets.query(TRANSACTION_GROUP, topic, HALF_QUEUE_ID);
    const spans = recoverySpans(store, offsetIn(HALF_TOPIC), offsetIn(OP_HALF_TOPIC));
    const { begin, end } = spans.half;
    if (begin >= end) return;
    const table = new HalfTable();
    const ops = new OpProgress();
    table.restart(begin);
    ops.restart(spans.op.begin);
    const isStopped = (): boolean => this.#isStopped;
    await recoverTransactions({ store, table, ops, maxDelayLevel, logger, isStopped }, spans);
    let escaped = 0;
    for (
      let at = table.nextUndecided(begin, end);
      at < end && !this.#isStopped;
      at = table.nextUndecided(at + 1, end)
    ) {
      const { messages, next } = await readStep(store, { topic: HALF_TOPIC, queueId: HALF_QUEUE_ID }, at, 1);
      const [stored] = messages;
      if (stored === undefined && next <= at) break;
      if (stored !== undefined && !(await this.#escape(new HalfMessage(stored)))) break;
      if (stored !== undefined) escaped++;
      table.giveUp(at);
    }
    if (this.#isStopped && escaped === 0) return;
    table.advance(end);
    ops.advance(table.base);
    this.#commit(HALF_TOPIC, table.base);
    this.#commit(OP_HALF_TOPIC, ops.offset);
    if (escaped > 0)
      logger.info('undecided transactions were handed to another master', { escaped, halfOffset: table.base });
  }

  /** Differs: Apache drops a half message that it could not send four times. */
  async #escape(half: HalfMessage): Promise<boolean> {
    const { bridge, logger } = this.#options;
    const { uniqKey, realTopic } = half;
    if (!half.isComplete) {
      logger.error('a half message does not say where it goes; it is passed over', { uniqKey });
      return true;
    }
    const { status, remark } = await put(bridge, toPreparedMessage(half));
    if (isSafeHere(status)) return true;
    logger.warn('a half message was not taken by another master; the next round tries again', {
      uniqKey,
      realTopic,
      remark,
    });
    return false;
  }

  #commit(topic: string, offset: number): void {
    const { offsets } = this.#options;
    if (offsets.query(TRANSACTION_GROUP, topic, HALF_QUEUE_ID) >= offset) return;
    offsets.commit(COMMITTER, TRANSACTION_GROUP, topic, HALF_QUEUE_ID, offset);
  }
}

/** The half message as its producer sent it. */
function toPreparedMessage(half: HalfMessage): MessageToStore {
  const { stored, realTopic, realQueueId } = half;
  const properties = half.propertiesWith((map) => {
    map.set(MessageConst.TRANSACTION_PREPARED, 'true');
    map.delete(MessageConst.TRANSACTION_PREPARED_QUEUE_OFFSET);
    map.delete(MessageConst.REAL_QUEUE_ID);
  });
  const sysFlag = stored.sysFlag | SysFlag.TRANSACTION_PREPARED;
  return { ...stored, topic: realTopic, queueId: realQueueId, sysFlag, preparedTransactionOffset: 0, properties };
}
