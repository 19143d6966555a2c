/**
 * A MessageStore that tells BrokerStats what goes through it. Main thread. Java: the incs and adds of DefaultMessageStore.
 * Invariant: behaves as the store behind it in every other way.
 */
import type { Clock } from '../base/clock.js';
import type { PropertyFilter } from '../filter/property-filter.js';
import {
  isStored,
  type ArrivalListener,
  type BoundaryType,
  type GetResult,
  type MessageFilter,
  type MessageQuery,
  type MessageStore,
  type MessageToStore,
  type PutResult,
  type QueryResult,
  type QueueEntries,
  type StoreStats,
} from '../workers/message-store.js';
import type { BrokerStats } from './broker-stats.js';

type PutDone = (result: PutResult) => void;

/** Wraps a store. */
export class MeteredMessageStore implements MessageStore {
  readonly #store: MessageStore;
  readonly #stats: BrokerStats;
  readonly #clock: Clock;
  #isTurnTimed = false;
  #turnStartMs = 0;

  constructor(store: MessageStore, stats: BrokerStats, clock: Clock) {
    this.#store = store;
    this.#stats = stats;
    this.#clock = clock;
  }

  putMessage(message: MessageToStore, done: PutDone): void {
    this.#store.putMessage(message, this.#timedPut(message.topic, message.body.length, done));
  }

  putMessages(messages: readonly MessageToStore[], done: PutDone): void {
    let bytes = 0;
    for (const message of messages) bytes += message.body.length;
    this.#store.putMessages(messages, this.#timedPut(messages[0]?.topic ?? '', bytes, done));
  }

  getMessages(
    topic: string,
    queueId: number,
    offset: number,
    maxCount: number,
    maxBytes: number,
    filter: MessageFilter | undefined,
  ): GetResult | Promise<GetResult> {
    const startMs = this.#turnMs();
    const record = (result: GetResult): GetResult => {
      this.#stats.recordGet(topic, result.messageCount, this.#turnMs() - startMs);
      return result;
    };
    const result = this.#store.getMessages(topic, queueId, offset, maxCount, maxBytes, filter);
    return result instanceof Promise ? result.then(record) : record(result);
  }

  queueEntries(topic: string, queueId: number, offset: number, maxCount: number): QueueEntries | Promise<QueueEntries> {
    return this.#store.queueEntries(topic, queueId, offset, maxCount);
  }

  matchInMemory(topic: string, queueId: number, offset: number, filter: PropertyFilter): boolean | undefined {
    return this.#store.matchInMemory(topic, queueId, offset, filter);
  }

  minOffset(topic: string, queueId: number): number {
    return this.#store.minOffset(topic, queueId);
  }

  maxOffset(topic: string, queueId: number): number {
    return this.#store.maxOffset(topic, queueId);
  }

  isInMemory(topic: string, queueId: number, offset: number): boolean {
    return this.#store.isInMemory(topic, queueId, offset);
  }

  storeTimestampAt(topic: string, queueId: number, offset: number): Promise<number> {
    return this.#store.storeTimestampAt(topic, queueId, offset);
  }

  earliestStoreTimestamp(topic: string, queueId: number): Promise<number> {
    return this.#store.earliestStoreTimestamp(topic, queueId);
  }

  earliestLogTimestamp(): Promise<number> {
    return this.#store.earliestLogTimestamp();
  }

  offsetByTimestamp(topic: string, queueId: number, timestampMs: number, boundary: BoundaryType): Promise<number> {
    return this.#store.offsetByTimestamp(topic, queueId, timestampMs, boundary);
  }

  recordAt(physicalOffset: number): Promise<Buffer | undefined> {
    return this.#store.recordAt(physicalOffset);
  }

  queryMessage(query: MessageQuery): Promise<QueryResult> {
    return this.#store.queryMessage(query);
  }

  queueIds(topic: string): number[] {
    return this.#store.queueIds(topic);
  }

  deleteTopics(topics: readonly string[]): Promise<void> {
    return this.#store.deleteTopics(topics);
  }

  setArrivalListener(listener: ArrivalListener): void {
    this.#store.setArrivalListener(listener);
  }

  stats(): StoreStats {
    return this.#store.stats();
  }

  get refusal(): string | undefined {
    return this.#store.refusal;
  }

  stop(): Promise<void> {
    return this.#store.stop();
  }

  // Hot: one look at the clock a turn; its figures are whole milliseconds.
  #turnMs(): number {
    if (!this.#isTurnTimed) {
      this.#isTurnTimed = true;
      this.#turnStartMs = this.#clock.monotonicMs();
      queueMicrotask(this.#endTurn);
    }
    return this.#turnStartMs;
  }

  readonly #endTurn = (): void => {
    this.#isTurnTimed = false;
  };

  #timedPut(topic: string, bytes: number, done: PutDone): PutDone {
    const startMs = this.#turnMs();
    return (result) => {
      const elapsedMs = this.#turnMs() - startMs;
      this.#stats.recordPut(topic, result.physicalOffsets.length, bytes, elapsedMs, isStored(result.status));
      done(result);
    };
  }
}
