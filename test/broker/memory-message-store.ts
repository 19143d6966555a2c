/**
 * A MessageStore without threads or files: records in Apache's layout in one array of buffers. Java: none (Apache's tests mock the store).
 * Invariant: a put is visible, and its `done` called, in the microtask after it, in the order of the puts, unless the test holds puts back.
 */
import type { Clock } from '#src/base/clock.js';
import type { PropertyFilter } from '#src/filter/property-filter.js';
import { DelayLevelTable, tagsCodeOfRecord } from '#src/message/delay-level-table.js';
import {
  emptyRecordParts,
  encodeRecord,
  locateParts,
  RECORD,
  recordSize,
  storeTimestampPosition,
  writeInt64,
} from '#src/message/stored-record.js';
import {
  GetStatus,
  PutStatus,
  type ArrivalListener,
  type BoundaryType,
  type GetResult,
  type MessageQuery,
  type MessageStore,
  type MessageToStore,
  type PutResult,
  type QueryResult,
  type QueueEntries,
  type QueueEntry,
  type StoreStats,
  type MessageFilter,
} from '#src/workers/message-store.js';
import { queryRecords } from './memory-query.js';

const STORE_HOST = Buffer.from([127, 0, 0, 1, 0, 0, 0x2a, 0x9f]);
const NO_BYTES = Buffer.alloc(0);

interface StoredMessage {
  readonly physicalOffset: number;
  readonly storeTimestampMs: number;
  tagsCode: number;
  readonly record: Buffer;
}

/** A queue's messages from `firstOffset` on. */
interface MemoryQueue {
  firstOffset: number;
  readonly messages: StoredMessage[];
}

/** Stands in for the store client. Everything public beside MessageStore's members is for the test to set. */
export class MemoryMessageStore implements MessageStore {
  /** Set to refuse puts with SERVICE_NOT_AVAILABLE and this remark. */
  refusal: string | undefined;
  /** Set to have puts stored but answered so. */
  putStatus: PutStatus = PutStatus.OK;
  /** Set to have so much of the log's end not on disk. */
  unflushedBytes = 0;
  /** Set to have `isInMemory` say no and `getMessages` give promises. */
  isCold = false;
  /** Set to have puts neither stored nor answered, as those of a broker that is killed. */
  lose: (message: MessageToStore) => boolean = () => false;
  /** Apache's defaults, unless the test sets others. */
  delayLevels = DelayLevelTable.parse('1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h');
  /** How often `matchInMemory` was asked. */
  matches = 0;
  /** All that was put, oldest first. */
  readonly puts: MessageToStore[] = [];
  readonly #clock: Clock;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #log = new Map<number, StoredMessage>();
  #heldPuts: (() => void)[] | undefined;
  #maxPhysicalOffset = 0;
  #putsInFlight = 0;
  #onArrival: ArrivalListener = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  putMessage(message: MessageToStore, done: (result: PutResult) => void): void {
    this.putMessages([message], done);
  }

  putMessages(messages: readonly MessageToStore[], done: (result: PutResult) => void): void {
    if (this.refusal !== undefined) {
      done(refused(this.refusal));
      return;
    }
    if (messages.some((message) => this.lose(message))) return;
    // Nothing of a message is kept past the call, as with the ring.
    const copies = messages.map((message) => ({
      ...message,
      body: Buffer.from(message.body),
      bornHost: Buffer.from(message.bornHost),
    }));
    this.#putsInFlight += 1;
    this.puts.push(...copies);
    const complete = (): void => {
      this.#putsInFlight -= 1;
      const stored = copies.map((message) => this.#append(message));
      done(this.#resultOf(stored));
      for (const arrive of stored)
        this.#onArrival(arrive.topic, arrive.queueId, arrive.queueOffset, arrive.message.tagsCode);
    };
    if (this.#heldPuts === undefined) queueMicrotask(complete);
    else this.#heldPuts.push(complete);
  }

  /** Keeps puts from being answered until `releasePuts`. */
  holdPuts(): void {
    this.#heldPuts ??= [];
  }

  /** Stores and answers the puts held back. */
  releasePuts(): void {
    const held = this.#heldPuts ?? [];
    this.#heldPuts = undefined;
    for (const complete of held) complete();
  }

  /** Forgets a queue's messages before `offset`, as retention does. */
  expireBefore(topic: string, queueId: number, offset: number): void {
    const queue = this.#queueOf(topic, queueId);
    for (const message of queue.messages.splice(0, offset - queue.firstOffset))
      this.#log.delete(message.physicalOffset);
    queue.firstOffset = offset;
  }

  getMessages(
    topic: string,
    queueId: number,
    offset: number,
    maxCount: number,
    maxBytes: number,
    filter: MessageFilter | undefined,
  ): GetResult | Promise<GetResult> {
    const result = this.#read(topic, queueId, offset, maxCount, maxBytes, filter);
    return this.isCold ? Promise.resolve(result) : result;
  }

  queueEntries(topic: string, queueId: number, offset: number, maxCount: number): QueueEntries | Promise<QueueEntries> {
    const nextOffset = Math.max(offset, Math.min(this.maxOffset(topic, queueId), offset + maxCount));
    const entries: QueueEntry[] = [];
    for (let at = offset; at < nextOffset; at++) {
      const message = this.#messageAt(topic, queueId, at);
      if (message === undefined) continue;
      const { physicalOffset, tagsCode, record } = message;
      entries.push({ queueOffset: at, physicalOffset, sizeBytes: record.length, tagsCode });
    }
    const result = { entries, nextOffset };
    return this.isCold ? Promise.resolve(result) : result;
  }

  matchInMemory(topic: string, queueId: number, offset: number, filter: PropertyFilter): boolean | undefined {
    this.matches += 1;
    const record = this.isCold ? undefined : this.#messageAt(topic, queueId, offset)?.record;
    return record === undefined ? undefined : filter.isMatch(record, 0, record.length);
  }

  minOffset(topic: string, queueId: number): number {
    return this.#queues.get(keyOf(topic, queueId))?.firstOffset ?? 0;
  }

  maxOffset(topic: string, queueId: number): number {
    const queue = this.#queues.get(keyOf(topic, queueId));
    return queue === undefined ? 0 : queue.firstOffset + queue.messages.length;
  }

  isInMemory(topic: string, queueId: number, offset: number): boolean {
    return !this.isCold && this.#messageAt(topic, queueId, offset) !== undefined;
  }

  storeTimestampAt(topic: string, queueId: number, offset: number): Promise<number> {
    return Promise.resolve(this.#messageAt(topic, queueId, offset)?.storeTimestampMs ?? -1);
  }

  earliestStoreTimestamp(topic: string, queueId: number): Promise<number> {
    return this.storeTimestampAt(topic, queueId, this.minOffset(topic, queueId));
  }

  earliestLogTimestamp(): Promise<number> {
    const [first] = this.#log.values();
    return Promise.resolve(first?.storeTimestampMs ?? -1);
  }

  offsetByTimestamp(topic: string, queueId: number, timestampMs: number, boundary: BoundaryType): Promise<number> {
    const queue = this.#queues.get(keyOf(topic, queueId));
    if (queue === undefined) return Promise.resolve(0);
    const { firstOffset, messages } = queue;
    const last = messages.findLastIndex((message) => message.storeTimestampMs <= timestampMs);
    // Past the newest message the lower boundary is where the next one will be, the upper one the newest itself.
    if (boundary === 'UPPER') return Promise.resolve(firstOffset + Math.max(0, last));
    const first = messages.findIndex((message) => message.storeTimestampMs >= timestampMs);
    return Promise.resolve(firstOffset + (first < 0 ? messages.length : first));
  }

  recordAt(physicalOffset: number): Promise<Buffer | undefined> {
    return Promise.resolve(this.#log.get(physicalOffset)?.record);
  }

  queryMessage(query: MessageQuery): Promise<QueryResult> {
    return Promise.resolve(queryRecords(this.#log.values(), query));
  }

  queueIds(topic: string): number[] {
    const ids = [...this.#queues.keys()]
      .filter((key) => key.startsWith(`${topic}@`))
      .map((key) => Number(key.slice(topic.length + 1)));
    return ids.toSorted((a, b) => a - b);
  }

  deleteTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) for (const queueId of this.queueIds(topic)) this.#queues.delete(keyOf(topic, queueId));
    return Promise.resolve();
  }

  setArrivalListener(listener: ArrivalListener): void {
    this.#onArrival = listener;
  }

  stats(): StoreStats {
    const [firstOffset = this.#maxPhysicalOffset] = this.#log.keys();
    return {
      minPhysicalOffset: firstOffset,
      maxPhysicalOffset: this.#maxPhysicalOffset,
      flushedOffset: this.#maxPhysicalOffset - this.unflushedBytes,
      dispatchBehindBytes: 0,
      putsInFlight: this.#putsInFlight,
      commitLogSizeBytes: this.#maxPhysicalOffset - firstOffset,
      runningFlagBits: 0,
    };
  }

  stop(): Promise<void> {
    this.releasePuts();
    return Promise.resolve();
  }

  #read(
    topic: string,
    queueId: number,
    offset: number,
    maxCount: number,
    maxBytes: number,
    filter: MessageFilter | undefined,
  ): GetResult {
    const minOffset = this.minOffset(topic, queueId);
    const maxOffset = this.maxOffset(topic, queueId);
    const queue = this.#queues.get(keyOf(topic, queueId));
    const nothing = (status: GetStatus, nextBeginOffset: number): GetResult => {
      return { status, nextBeginOffset, minOffset, maxOffset, body: NO_BYTES, messageCount: 0 };
    };
    if (queue === undefined) return nothing(GetStatus.NO_MATCHED_LOGIC_QUEUE, 0);
    if (maxOffset === 0) return nothing(GetStatus.NO_MESSAGE_IN_QUEUE, 0);
    if (offset < minOffset) return nothing(GetStatus.OFFSET_TOO_SMALL, minOffset);
    if (offset === maxOffset) return nothing(GetStatus.OFFSET_OVERFLOW_ONE, offset);
    if (offset > maxOffset) return nothing(GetStatus.OFFSET_OVERFLOW_BADLY, maxOffset);
    const records: Buffer[] = [];
    let sizeBytes = 0;
    let next = offset;
    for (; next < maxOffset && records.length < maxCount; next++) {
      const message = queue.messages[next - minOffset];
      if (message === undefined || !isWanted(message, filter)) continue;
      if (records.length > 0 && sizeBytes + message.record.length > maxBytes) break;
      records.push(message.record);
      sizeBytes += message.record.length;
    }
    if (records.length === 0) return nothing(GetStatus.NO_MATCHED_MESSAGE, next);
    const body = Buffer.concat(records);
    return { status: GetStatus.FOUND, nextBeginOffset: next, minOffset, maxOffset, body, messageCount: records.length };
  }

  #append(message: MessageToStore): Arrival {
    const topic = Buffer.from(message.topic);
    const propertiesBytes = Buffer.byteLength(message.properties);
    const size = recordSize(
      message.bornHost.length,
      STORE_HOST.length,
      message.body.length,
      topic.length,
      propertiesBytes,
    );
    const record = Buffer.alloc(size);
    encodeRecord(record, 0, message, STORE_HOST, topic, message.properties, propertiesBytes);
    const queue = this.#queueOf(message.topic, message.queueId);
    const queueOffset = queue.firstOffset + queue.messages.length;
    const stored = {
      physicalOffset: this.#maxPhysicalOffset,
      storeTimestampMs: this.#clock.nowMs(),
      tagsCode: 0,
      record,
    };
    writeInt64(record, queueOffset, RECORD.QUEUE_OFFSET);
    writeInt64(record, stored.physicalOffset, RECORD.PHYSICAL_OFFSET);
    writeInt64(record, stored.storeTimestampMs, storeTimestampPosition(record, 0));
    const parts = emptyRecordParts();
    locateParts(record, 0, record.length, parts);
    stored.tagsCode = tagsCodeOfRecord(record, parts, stored.storeTimestampMs, this.delayLevels);
    queue.messages.push(stored);
    this.#log.set(stored.physicalOffset, stored);
    this.#maxPhysicalOffset += size;
    return { topic: message.topic, queueId: message.queueId, queueOffset, message: stored };
  }

  #resultOf(stored: readonly Arrival[]): PutResult {
    const physicalOffsets = stored.map(({ message }) => message.physicalOffset);
    return {
      status: this.putStatus,
      remark: this.putStatus === PutStatus.OK ? undefined : 'set by the test',
      queueOffset: stored[0]?.queueOffset ?? -1,
      physicalOffset: physicalOffsets[0] ?? -1,
      storeTimestampMs: this.#clock.nowMs(),
      physicalOffsets,
    };
  }

  #queueOf(topic: string, queueId: number): MemoryQueue {
    const key = keyOf(topic, queueId);
    const queue = this.#queues.get(key) ?? { firstOffset: 0, messages: [] };
    this.#queues.set(key, queue);
    return queue;
  }

  #messageAt(topic: string, queueId: number, offset: number): StoredMessage | undefined {
    const queue = this.#queues.get(keyOf(topic, queueId));
    return queue?.messages[offset - queue.firstOffset];
  }
}

function isWanted(message: StoredMessage, filter: MessageFilter | undefined): boolean {
  if (typeof filter === 'object') return filter.isMatch(message.record, 0, message.record.length);
  return filter === undefined || filter(message.tagsCode);
}

interface Arrival {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly message: StoredMessage;
}

function keyOf(topic: string, queueId: number): string {
  return `${topic}@${queueId}`;
}

function refused(remark: string): PutResult {
  const nowhere = { queueOffset: -1, physicalOffset: -1, storeTimestampMs: 0, physicalOffsets: [] };
  return { status: PutStatus.SERVICE_NOT_AVAILABLE, remark, ...nowhere };
}
