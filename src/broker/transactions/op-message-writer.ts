/**
 * Writes op messages: those that end in one turn of the event loop, and while the last one is being stored, go into one. Main thread.
 * Java: TransactionalOpBatchService, TransactionalMessageServiceImpl.deletePrepareMessage and batchSendOpMessage.
 * Differs: Apache gathers for up to transactionOpBatchInterval (3 s), and forgets what it has gathered when it is killed.
 * Invariant: what was added is written, in order, one message at a time; after a refusal it is tried again.
 */
import type { Clock, TimerHandle } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { isSafeHere, type MessageStore, type PutResult } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import { createOpMessage } from './half-message.js';

const RETRY_MS = 1_000;

/** What an OpMessageWriter needs. */
export interface OpMessageWriterDeps {
  readonly store: Pick<MessageStore, 'putMessage'>;
  readonly config: Pick<BrokerConfig, 'transactionOpMsgMaxSize'>;
  readonly storeHost: () => Uint8Array;
  /** An op message is at `opOffset` and names half messages up to `lastHalfOffset`. */
  readonly onWritten: (opOffset: number, lastHalfOffset: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Told once whether the op message that names a half message was stored; if not it will be, unless the broker stops. */
export type OpWritten = (isStored: boolean) => void;

interface EndedHalfMessage {
  readonly halfOffset: number;
  onWritten: OpWritten | undefined;
}

/** One for each broker. */
export class OpMessageWriter {
  readonly #deps: OpMessageWriterDeps;
  #gathered: EndedHalfMessage[] = [];
  #isScheduled = false;
  #isWriting = false;
  #isStopped = false;
  #retry: TimerHandle | undefined;
  readonly #onIdle: (() => void)[] = [];

  constructor(deps: OpMessageWriterDeps) {
    this.#deps = deps;
  }

  /** Half messages that have ended and that no op message names yet. */
  get waiting(): number {
    return this.#gathered.length;
  }

  /** The half message at `halfOffset` has ended. */
  add(halfOffset: number, onWritten?: OpWritten): void {
    this.#gathered.push({ halfOffset, onWritten });
    if (this.#isScheduled || this.#isWriting || this.#retry !== undefined) return;
    this.#isScheduled = true;
    queueMicrotask(this.#write);
  }

  /** Settles when nothing is being written; what is refused from here on is not tried again. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#retry !== undefined) {
      this.#retry.cancel();
      this.#retry = undefined;
      this.#write();
    }
    if (this.#isScheduled || this.#isWriting) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  readonly #write = (): void => {
    this.#isScheduled = false;
    const batch = this.#takeBatch();
    if (batch.length === 0) {
      for (const resolve of this.#onIdle.splice(0)) resolve();
      return;
    }
    const { store, clock, storeHost } = this.#deps;
    const halfOffsets = batch.map(({ halfOffset }) => halfOffset);
    this.#isWriting = true;
    store.putMessage(createOpMessage(halfOffsets, clock.nowMs(), storeHost()), (result) => {
      this.#isWriting = false;
      this.#settle(batch, result);
    });
  };

  #takeBatch(): EndedHalfMessage[] {
    let bytes = 0;
    let count = 0;
    for (const { halfOffset } of this.#gathered) {
      // Compat: the last one may pass the limit.
      if (bytes >= this.#deps.config.transactionOpMsgMaxSize) break;
      bytes += String(halfOffset).length + 1;
      count++;
    }
    return this.#gathered.splice(0, count);
  }

  #settle(batch: readonly EndedHalfMessage[], result: PutResult): void {
    const isStored = isSafeHere(result.status);
    if (isStored) {
      this.#deps.onWritten(result.queueOffset, Math.max(...batch.map(({ halfOffset }) => halfOffset)));
    } else {
      this.#deps.logger.warn('an op message was not stored', { halfMessages: batch.length, cause: result.remark });
      this.#gathered = [...batch, ...this.#gathered];
    }
    for (const ended of batch) {
      ended.onWritten?.(isStored);
      ended.onWritten = undefined;
    }
    if (isStored || this.#isStopped) this.#goOn(isStored);
    else this.#retry = this.#deps.clock.after(RETRY_MS, this.#tryAgain);
  }

  #goOn(isStored: boolean): void {
    if (!isStored) this.#gathered = [];
    this.#write();
  }

  readonly #tryAgain = (): void => {
    this.#retry = undefined;
    this.#write();
  };
}
