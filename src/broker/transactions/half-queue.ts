/**
 * What the broker knows of its transactions: the half messages' states, the op messages, and the offsets that say how far both queues are
 * done with. Main thread. Java: TransactionalMessageBridge.fetchConsumeOffset and updateConsumeOffset.
 * Invariant: nothing is decided before `recovered`; a committed offset never passes a half message that is undecided.
 */
import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import { HALF_QUEUE_ID, HALF_TOPIC, OP_HALF_TOPIC, TRANSACTION_GROUP } from './half-message.js';
import { HalfTable } from './half-table.js';
import { OpMessageWriter } from './op-message-writer.js';
import { OpProgress } from './op-progress.js';
import { recoverTransactions, recoverySpans, type RecoverySpans } from './transaction-recovery.js';

/** Who commits the offsets, in the log line about one that goes back. */
const COMMITTER = 'the broker';

/** What a HalfQueue needs. */
export interface HalfQueueDeps {
  readonly store: MessageStore;
  readonly offsets: Pick<ConsumerOffsetManager, 'query' | 'commit'>;
  readonly config: Pick<BrokerConfig, 'transactionOpMsgMaxSize'>;
  readonly storeHost: () => Uint8Array;
  /** The highest level that a message can be delayed by. */
  readonly maxDelayLevel: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How far both queues were done with when the log ended at `writtenOffset`. */
interface Progress {
  readonly half: number;
  readonly op: number;
  readonly writtenOffset: number;
}

/** One for each broker. */
export class HalfQueue {
  readonly table = new HalfTable();
  readonly opWriter: OpMessageWriter;
  readonly #deps: HalfQueueDeps;
  readonly #ops = new OpProgress();
  #recovery: Promise<void> | undefined;
  #spans: RecoverySpans | undefined;
  #isStopped = false;
  #isRecovered = false;
  #uncommitted: Progress | undefined;

  constructor(deps: HalfQueueDeps) {
    this.#deps = deps;
    this.opWriter = new OpMessageWriter({ ...deps, onWritten: (opOffset, last) => this.#ops.add(opOffset, last) });
  }

  /** One past the newest half message. */
  get end(): number {
    return this.#deps.store.maxOffset(HALF_TOPIC, HALF_QUEUE_ID);
  }

  /** Op messages that are still needed. */
  get opsNeeded(): number {
    return this.#ops.needed;
  }

  /** Begins where the group's offsets say. Called before the first request is served. */
  start(): void {
    const { store, offsets } = this.#deps;
    const offsetIn = (topic: string): number => offsets.query(TRANSACTION_GROUP, topic, HALF_QUEUE_ID);
    this.#spans = recoverySpans(store, offsetIn(HALF_TOPIC), offsetIn(OP_HALF_TOPIC));
    this.table.restart(this.#spans.half.begin);
    // A failure is told by whoever waits for it.
    this.recovered().catch(() => undefined);
  }

  /** True once the states of all half messages are known. */
  get isRecovered(): boolean {
    return this.#isRecovered;
  }

  /** Settles when the states of all half messages are known. One that failed is tried again by the next call. */
  recovered(): Promise<void> {
    this.#recovery ??= this.#recover().catch((error: unknown) => {
      this.#recovery = undefined;
      throw error;
    });
    return this.#recovery;
  }

  /**
   * The half message at `offset` is stored at `newOffset` too, or as given up if that is undefined. Differs: an op message says so. At Apache's only the
   * group's offset does, which may be some seconds old when the broker is killed; both would be asked about then.
   */
  leave(offset: number, newOffset: number | undefined): void {
    if (newOffset === undefined) this.table.giveUp(offset);
    else this.table.move(offset, newOffset);
    this.opWriter.add(offset);
  }

  /**
   * Passes what is decided at the front, and commits how far both queues are done with as soon as the log is on disk up to here: a power cut
   * must not leave an offset behind that has passed a message whose copy is gone. Differs: Apache commits it at once.
   */
  commitProgress(): void {
    const { store } = this.#deps;
    const { maxPhysicalOffset, flushedOffset } = store.stats();
    this.table.passTo(store.minOffset(HALF_TOPIC, HALF_QUEUE_ID));
    this.table.advance(this.end);
    this.#ops.advance(this.table.base);
    const progress = { half: this.table.base, op: this.#ops.offset, writtenOffset: maxPhysicalOffset };
    const waiting = this.#uncommitted ?? progress;
    this.#uncommitted = waiting;
    if (waiting.writtenOffset <= flushedOffset) this.#commitAll(waiting);
    if (progress.writtenOffset <= flushedOffset) this.#commitAll(progress);
  }

  /** Settles when no op message is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#recovery?.catch(() => undefined);
    await this.opWriter.stop();
  }

  async #recover(): Promise<void> {
    const spans = this.#spans;
    if (spans === undefined) throw new Error('the half queue has not been started');
    const { table } = this;
    this.#ops.restart(spans.op.begin);
    const deps = { ...this.#deps, table, ops: this.#ops, isStopped: () => this.#isStopped };
    const { withoutOp } = await recoverTransactions(deps, spans);
    for (const halfOffset of withoutOp) this.opWriter.add(halfOffset);
    this.#isRecovered = true;
  }

  #commitAll({ half, op }: Progress): void {
    this.#commit(HALF_TOPIC, half);
    this.#commit(OP_HALF_TOPIC, op);
    this.#uncommitted = undefined;
  }

  #commit(topic: string, offset: number): void {
    const { offsets } = this.#deps;
    if (offsets.query(TRANSACTION_GROUP, topic, HALF_QUEUE_ID) === offset) return;
    offsets.commit(COMMITTER, TRANSACTION_GROUP, topic, HALF_QUEUE_ID, offset);
  }
}
