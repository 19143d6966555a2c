/**
 * Ends transactions, once each: a commit puts the message under its topic and then names its half message in an op message, a rollback does
 * the latter only. Main thread. Java: EndTransactionProcessor, TransactionalMessageServiceImpl.commitMessage, rollbackMessage and
 * deletePrepareMessage.
 * Invariant: a half message whose commit could not be stored stays undecided and is asked about; one that has ended is not ended again.
 */
import type { Clock } from '../../base/clock.js';
import { RequestError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { decodeMessages, type StoredMessage } from '../../message/stored-message.js';
import { ResponseCode } from '../../remoting/response-code.js';
import {
  isStored,
  PutStatus,
  type MessageStore,
  type MessageToStore,
  type PutResult,
  UNKNOWN_OFFSET,
} from '../../workers/message-store.js';
import { PUT_RESPONSE_CODES } from '../put-response-code.js';
import { HALF_QUEUE_ID, HALF_TOPIC, HalfMessage } from './half-message.js';
import type { HalfQueue } from './half-queue.js';
import { HalfState } from './half-table.js';
import { readStep } from './queue-scan.js';

/** What a TransactionalMessageService needs. */
export interface TransactionalMessageServiceDeps {
  readonly store: Pick<MessageStore, 'putMessage' | 'getMessages' | 'recordAt'>;
  readonly halfQueue: HalfQueue;
  /** The highest level that a message can be delayed by. */
  readonly maxDelayLevel: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Ends of transactions since the start. */
export interface TransactionCounts {
  committed: number;
  rolledBack: number;
  /** Asked for by a producer when the transaction had ended already. */
  endedBefore: number;
}

/** One for each broker. */
export class TransactionalMessageService {
  readonly counts: TransactionCounts = { committed: 0, rolledBack: 0, endedBefore: 0 };
  readonly #deps: TransactionalMessageServiceDeps;
  readonly #underWay = new Set<Promise<void>>();

  constructor(deps: TransactionalMessageServiceDeps) {
    this.#deps = deps;
  }

  /** The half message at `physicalOffset`, which should be at `queueOffset` of its queue. Java: getHalfMessageByOffset. */
  async find(queueOffset: number, physicalOffset: number): Promise<HalfMessage | undefined> {
    const { store } = this.#deps;
    const place = { topic: HALF_TOPIC, queueId: HALF_QUEUE_ID };
    // By the queue it is mostly in memory; the log is read when the request names another place.
    const [first] = queueOffset < 0 ? [] : (await readStep(store, place, queueOffset, 1)).messages;
    if (first?.physicalOffset === physicalOffset) return new HalfMessage(first);
    const record = physicalOffset < 0 ? undefined : await store.recordAt(physicalOffset);
    const [stored] = record === undefined ? [] : decodeMessages(record);
    return isHalfMessage(stored) ? new HalfMessage(stored) : undefined;
  }

  /** Stores the message for consumers. Resolves when it is; rejects with a RequestError when it could not be. */
  commit(half: HalfMessage): Promise<void> {
    return this.#track(this.#commit(half));
  }

  /** Resolves when the rollback is stored; rejects with a RequestError when that has to be tried again. */
  rollBack(half: HalfMessage): Promise<void> {
    return this.#track(this.#rollBack(half));
  }

  /** Settles when everything that was begun has ended. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #commit(half: HalfMessage): Promise<void> {
    const { halfQueue, clock } = this.#deps;
    if (!half.isComplete) {
      throw new RequestError(ResponseCode.SYSTEM_ERROR, 'the half message does not say where it goes');
    }
    for (let wait = this.#obstacle(half); wait !== undefined; wait = this.#obstacle(half)) await wait;
    const offset = this.#offsetToEnd(half, HalfState.COMMITTED);
    if (offset === undefined) return;
    const message = half.committed(this.#deps.maxDelayLevel);
    const release = halfQueue.table.hold(offset);
    const result = await put(this.#deps.store, message);
    // One that was answered late may not be stored in the end: it is asked about again, and a second copy is better than none.
    if (isStored(result.status) && result.physicalOffset !== UNKNOWN_OFFSET) {
      halfQueue.table.end(offset, HalfState.COMMITTED, clock.nowMs());
      halfQueue.opWriter.add(offset);
      this.counts.committed++;
    }
    release();
    checkStored(result);
  }

  async #rollBack(half: HalfMessage): Promise<void> {
    const { halfQueue, clock } = this.#deps;
    for (let wait = this.#obstacle(half); wait !== undefined; wait = this.#obstacle(half)) await wait;
    const offset = this.#offsetToEnd(half, HalfState.ROLLED_BACK);
    if (offset === undefined) return;
    halfQueue.table.end(offset, HalfState.ROLLED_BACK, clock.nowMs());
    this.counts.rolledBack++;
    // Differs: Apache answers before anything of the rollback is stored.
    const isWritten = await new Promise<boolean>((resolve) => halfQueue.opWriter.add(offset, resolve));
    if (!isWritten) throw new RequestError(ResponseCode.SERVICE_NOT_AVAILABLE, 'the rollback is not stored yet');
  }

  /**
   * What has to settle before `half` can be ended: the recovery, then whatever is under way that decides about it. Undefined if nothing:
   * the caller goes on in the same turn.
   */
  #obstacle(half: HalfMessage): Promise<void> | undefined {
    const { halfQueue } = this.#deps;
    if (!halfQueue.isRecovered) return halfQueue.recovered();
    return halfQueue.table.held(halfQueue.table.newestOf(half.stored.queueOffset));
  }

  /**
   * The offset at which the half message is to be ended: where it stands now if it was put back since the producer was told of it.
   * Undefined if it has ended so already. Differs: Apache delivers a message again for each commit that it is sent.
   */
  #offsetToEnd(half: HalfMessage, wanted: HalfState): number | undefined {
    const { halfQueue, logger } = this.#deps;
    const { table } = halfQueue;
    const offset = table.newestOf(half.stored.queueOffset);
    const state = table.stateOf(offset);
    // Given up, or ended so long ago that nothing is known of it: as at Apache's it is ended once more.
    if (state === undefined || state === HalfState.UNDECIDED || state === HalfState.MOVED) return offset;
    this.counts.endedBefore++;
    logger.warn('a transaction that has ended is ended again', { uniqKey: half.uniqKey, offset, state, wanted });
    if (state === wanted || state === HalfState.ENDED) return undefined;
    const outcome = state === HalfState.COMMITTED ? 'committed' : 'rolled back';
    throw new RequestError(ResponseCode.SYSTEM_ERROR, `the transaction has been ${outcome} already`);
  }

  #track(end: Promise<void>): Promise<void> {
    this.#underWay.add(end);
    void end.catch(() => undefined).finally(() => this.#underWay.delete(end));
    return end;
  }
}

function isHalfMessage(stored: StoredMessage | undefined): stored is StoredMessage {
  return stored?.topic === HALF_TOPIC && stored.queueId === HALF_QUEUE_ID;
}

/** Puts a message and gives what became of it. */
export function put(store: Pick<MessageStore, 'putMessage'>, message: MessageToStore): Promise<PutResult> {
  return new Promise((resolve) => store.putMessage(message, resolve));
}

// Differs: Apache answers SUCCESS for a commit that is not known to be on disk.
function checkStored({ status, remark }: PutResult): void {
  if (status === PutStatus.OK) return;
  throw new RequestError(PUT_RESPONSE_CODES[status], remark ?? 'the message was not stored');
}
