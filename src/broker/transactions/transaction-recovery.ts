/**
 * What a broker that starts has to find out about transactions: which half messages have ended. Main thread, in steps.
 * Java: none; Apache reads the op queue in each round, and asks again about a commit whose op message a crash took away.
 * A commit is two records: the message for consumers, then the op message. A crash between them leaves the first, which names the half message
 * by its physical offset: it is looked for where it would be. A put-back is two records likewise: the copy, which is like the one before it, then the op message.
 * Invariant: reads only what was there when the broker started; nothing of a half message is decided before that.
 */
import type { Logger } from '../../base/log.js';
import { MessageConst } from '../../message/message-properties.js';
import { transactionTypeOf, SysFlag } from '../../message/message-sys-flag.js';
import type { StoredMessage } from '../../message/stored-message.js';
import type { MessageStore } from '../../workers/message-store.js';
import { HALF_QUEUE_ID, HALF_TOPIC, HalfMessage, halfOffsetsOf, OP_HALF_TOPIC } from './half-message.js';
import { HalfState, type HalfTable } from './half-table.js';
import type { OpProgress } from './op-progress.js';
import { type QueueSpan, scanQueue, type StopScan } from './queue-scan.js';

/** What recovery works on. */
export interface TransactionRecoveryDeps {
  readonly store: Pick<MessageStore, 'getMessages' | 'minOffset' | 'maxOffset' | 'offsetByTimestamp'>;
  readonly table: HalfTable;
  readonly ops: OpProgress;
  /** The highest level that a message can be delayed by. */
  readonly maxDelayLevel: number;
  readonly logger: Logger;
  readonly isStopped: StopScan;
}

/** Where the two queues were done with, and where they ended, when the broker started. */
export interface RecoverySpans {
  readonly half: QueueSpan;
  readonly op: QueueSpan;
}

/** What was found. */
export interface Recovered {
  /** Half messages that nobody has decided. */
  readonly undecided: number;
  /** Half offsets that were committed or put back, and of which the op message is not stored. */
  readonly withoutOp: readonly number[];
}

/** The spans to recover; offsets of the group that the queues do not have (any more, or after a crash) are moved to their ends. */
export function recoverySpans(
  store: Pick<MessageStore, 'minOffset' | 'maxOffset'>,
  halfOffset: number,
  opOffset: number,
): RecoverySpans {
  const spanOf = (topic: string, offset: number): QueueSpan => {
    const end = store.maxOffset(topic, HALF_QUEUE_ID);
    const begin = Math.min(end, Math.max(offset, store.minOffset(topic, HALF_QUEUE_ID)));
    return { topic, queueId: HALF_QUEUE_ID, begin, end };
  };
  return { half: spanOf(HALF_TOPIC, halfOffset), op: spanOf(OP_HALF_TOPIC, opOffset) };
}

/** Fills `table` and `ops`, which begin where the spans do. */
export async function recoverTransactions(deps: TransactionRecoveryDeps, spans: RecoverySpans): Promise<Recovered> {
  const { store, table, isStopped, logger } = deps;
  await scanQueue(store, spans.op, (message) => takeOpMessage(deps, message), isStopped);
  const found = await undecidedMessages(deps, spans.half);
  const putBack = pairCopies(table, found);
  const committed = await findCommits(deps, found);
  for (const halfOffset of committed) table.end(halfOffset, HalfState.COMMITTED, 0);
  const recovered = {
    undecided: found.length - putBack.length - committed.length,
    withoutOp: [...putBack, ...committed],
  };
  if (found.length > 0 || spans.op.begin < spans.op.end) {
    const { half, op } = spans;
    logger.info('transactions recovered', {
      halfOffset: half.begin,
      halfMaxOffset: half.end,
      opOffset: op.begin,
      opMaxOffset: op.end,
      undecided: recovered.undecided,
      putBackWithoutOp: putBack.length,
      committedWithoutOp: committed.length,
    });
  }
  return recovered;
}

function takeOpMessage({ table, ops, logger }: TransactionRecoveryDeps, message: StoredMessage): void {
  const halfOffsets = halfOffsetsOf(message);
  if (halfOffsets === undefined)
    logger.warn('a message of the op queue is no op message', { queueOffset: message.queueOffset });
  let last = -1;
  for (const halfOffset of halfOffsets ?? []) {
    if (halfOffset >= table.base) table.end(halfOffset, HalfState.ENDED, 0);
    last = Math.max(last, halfOffset);
  }
  ops.add(message.queueOffset, last);
}

/** An undecided half message, without its body. */
interface Undecided {
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly storeTimestampMs: number;
  /** Where its commit would be. */
  readonly topic: string;
  readonly queueId: number;
  /** The same for all copies of a half message. */
  readonly identity: string;
  readonly checkTimes: number;
  /** Where it stood first, if it was put back within its immunity. */
  readonly preparedQueueOffset: string | undefined;
}

async function undecidedMessages(deps: TransactionRecoveryDeps, half: QueueSpan): Promise<Undecided[]> {
  const { store, table, isStopped } = deps;
  const undecided: Undecided[] = [];
  for (let begin = table.nextUndecided(half.begin, half.end); begin < half.end && !isStopped();) {
    // A run of undecided ones is read together, ended ones are not read.
    let end = begin + 1;
    while (end < half.end && table.stateOf(end) === HalfState.UNDECIDED) end++;
    const visit = (stored: StoredMessage): void => {
      const message = new HalfMessage(stored);
      if (message.isComplete) undecided.push(withoutBody(message, deps.maxDelayLevel));
    };
    await scanQueue(store, { ...half, begin, end }, visit, isStopped);
    begin = table.nextUndecided(end, half.end);
  }
  return undecided;
}

function withoutBody(half: HalfMessage, maxDelayLevel: number): Undecided {
  const { queueOffset, physicalOffset, storeTimestampMs, bornTimestampMs } = half.stored;
  const { uniqKey = '', checkTimes = 0 } = half;
  const identity = `${uniqKey}@${bornTimestampMs}@${half.realTopic}`;
  const preparedQueueOffset = half.property(MessageConst.TRANSACTION_PREPARED_QUEUE_OFFSET);
  return {
    queueOffset,
    physicalOffset,
    storeTimestampMs,
    ...half.commitPlace(maxDelayLevel),
    identity,
    checkTimes,
    preparedQueueOffset,
  };
}

/** Finds half messages of which the copy is there too, and moves them to it; gives their offsets. */
function pairCopies(table: HalfTable, undecided: readonly Undecided[]): number[] {
  const latest = new Map<string, Undecided>();
  const moved: number[] = [];
  for (const half of undecided) {
    const before = latest.get(half.identity);
    if (before !== undefined && isCopyOf(half, before)) {
      table.move(before.queueOffset, half.queueOffset);
      moved.push(before.queueOffset);
    }
    latest.set(half.identity, half);
  }
  return moved;
}

/** As one round makes it: asked about once more, or put back within its immunity. */
function isCopyOf(copy: Undecided, before: Undecided): boolean {
  if (copy.checkTimes === before.checkTimes + 1) return true;
  return copy.preparedQueueOffset === (before.preparedQueueOffset ?? String(before.queueOffset));
}

/** Half offsets, the newest of each message, of those whose commit is in the queue that it goes to. */
async function findCommits(deps: TransactionRecoveryDeps, undecided: readonly Undecided[]): Promise<number[]> {
  const { store, table, isStopped } = deps;
  const byQueue = new Map<string, Undecided[]>();
  for (const half of undecided) {
    const key = `${half.topic}@${half.queueId}`;
    const halves = byQueue.get(key) ?? [];
    halves.push(half);
    byQueue.set(key, halves);
  }
  const committed: number[] = [];
  for (const halves of byQueue.values()) {
    const [first] = halves;
    if (first === undefined || isStopped()) continue;
    const { topic, queueId } = first;
    const halfOffsets = new Map(halves.map(({ physicalOffset, queueOffset }) => [physicalOffset, queueOffset]));
    const end = store.maxOffset(topic, queueId);
    // A commit comes after its half message, and these come in the order of their store times.
    const begin = await store.offsetByTimestamp(topic, queueId, first.storeTimestampMs, 'LOWER');
    const visit = ({ sysFlag, preparedTransactionOffset }: StoredMessage): void => {
      if (transactionTypeOf(sysFlag) !== SysFlag.TRANSACTION_COMMIT) return;
      const halfOffset = halfOffsets.get(preparedTransactionOffset);
      if (halfOffset !== undefined) committed.push(table.newestOf(halfOffset));
    };
    await scanQueue(store, { topic, queueId, begin, end }, visit, isStopped);
  }
  return [...new Set(committed)];
}
