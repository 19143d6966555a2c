/**
 * What the broker asks of the store, seen from the main thread. Java: MessageStore.
 * The implementation (`store-client.ts`) speaks to the commitlog worker through the rings; broker tests may stand in an
 * in-memory one.
 */

import type { PropertyFilter } from '../filter/property-filter.js';

/** How a put ended. Java: PutMessageStatus. */
export const PutStatus = {
  OK: 0,
  /** Stored, but not known to be on disk in time, or the fdatasync failed. */
  FLUSH_DISK_TIMEOUT: 1,
  /** The worker is gone, stopping, or its disk refuses writes; `remark` says which. */
  SERVICE_NOT_AVAILABLE: 2,
  MESSAGE_ILLEGAL: 3,
  /** More is waiting than the stated bound. */
  SYSTEM_BUSY: 4,
  /** Stored here, but no slave has acknowledged it in time. */
  FLUSH_SLAVE_TIMEOUT: 5,
  /** Stored here, but there is no slave, or not enough of them, that could have it. */
  SLAVE_NOT_AVAILABLE: 6,
} as const;
export type PutStatus = (typeof PutStatus)[keyof typeof PutStatus];

/** Stored, though perhaps not as safely as was asked: consumers will see it. */
export function isStored(status: PutStatus): boolean {
  return (
    status === PutStatus.OK ||
    status === PutStatus.FLUSH_DISK_TIMEOUT ||
    status === PutStatus.FLUSH_SLAVE_TIMEOUT ||
    status === PutStatus.SLAVE_NOT_AVAILABLE
  );
}

/** In the log and as safe as asked on this broker, whatever its slaves have. What is put by the broker itself asks no more, as with Apache. */
export function isSafeHere(status: PutStatus): boolean {
  return isStored(status) && status !== PutStatus.FLUSH_DISK_TIMEOUT;
}

/** One message as the send processor hands it over; nothing in it is kept past the call. Java: MessageExtBrokerInner. */
export interface MessageToStore {
  readonly topic: string;
  readonly queueId: number;
  readonly flag: number;
  readonly sysFlag: number;
  readonly bornTimestampMs: number;
  /** 8 or 20 bytes: address, then port as int32. The IPv6 bit of sysFlag is set by the encoder. */
  readonly bornHost: Uint8Array;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  readonly body: Uint8Array;
  /** `key\u0001value\u0002…`. Java: MessageDecoder.messageProperties2String. */
  readonly properties: string;
}

/** Where a message is that was answered before the worker had said it. Never a place of another message. */
export const UNKNOWN_OFFSET = -1;

/** The outcome of a put. For a batch, the first message's offsets, and every message's physical offset. */
export interface PutResult {
  readonly status: PutStatus;
  /** Names the cause when status is not OK. */
  readonly remark: string | undefined;
  /** {@link UNKNOWN_OFFSET} when it was answered late; so is `physicalOffset`. */
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly storeTimestampMs: number;
  /** Physical offsets of all messages of the put, in order; length 1 for a single one. */
  readonly physicalOffsets: readonly number[];
}

/** Java: GetMessageStatus. */
export const GetStatus = {
  FOUND: 0,
  NO_MATCHED_MESSAGE: 1,
  MESSAGE_WAS_REMOVING: 2,
  OFFSET_FOUND_NULL: 3,
  OFFSET_OVERFLOW_BADLY: 4,
  OFFSET_OVERFLOW_ONE: 5,
  OFFSET_TOO_SMALL: 6,
  NO_MATCHED_LOGIC_QUEUE: 7,
  NO_MESSAGE_IN_QUEUE: 8,
} as const;
export type GetStatus = (typeof GetStatus)[keyof typeof GetStatus];

/** Java: GetMessageResult. */
export interface GetResult {
  readonly status: GetStatus;
  readonly nextBeginOffset: number;
  readonly minOffset: number;
  readonly maxOffset: number;
  /** Whole stored records, one after the other; the caller's own copy. Empty unless FOUND. */
  readonly body: Buffer;
  readonly messageCount: number;
}

/** One message's place, without the message. Java: CqUnit. */
export interface QueueEntry {
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly sizeBytes: number;
  /** Java's hash of the tags, or when the message is due if it is a delayed one. */
  readonly tagsCode: number;
}

/** Entries of a queue, in order. */
export interface QueueEntries {
  readonly entries: readonly QueueEntry[];
  /** One past the last place that was looked at; there need not be a message at each. */
  readonly nextOffset: number;
}

/** Which messages of a key are wanted. */
export interface MessageQuery {
  readonly topic: string;
  readonly key: string;
  /** Most messages; past it the oldest are left out. */
  readonly countMax: number;
  /** Store times, to the second. */
  readonly beginTimestampMs: number;
  readonly endTimestampMs: number;
  /** `T`: the key is a message's tags. */
  readonly indexType: string | undefined;
}

/** Java: QueryMessageResult. */
export interface QueryResult {
  /** Whole stored records, the oldest first. Empty when nothing was found. */
  readonly body: Buffer;
  /** Of the last message that the index holds; 0 when nothing was found. */
  readonly indexLastUpdateTimestampMs: number;
  readonly indexLastUpdatePhysicalOffset: number;
}

/** True when a message with this tags code (Java string hash, or a delivery time for delayed ones) is wanted. */
export type TagsCodeFilter = (tagsCode: number) => boolean;

/** Which messages of a queue are wanted: by the entry's tags code, or by the record's properties. Java: MessageFilter. */
export type MessageFilter = TagsCodeFilter | PropertyFilter;

/** A message has become visible to consumers; called in queue order, on the main thread. */
export type ArrivalListener = (topic: string, queueId: number, queueOffset: number, tagsCode: number) => void;

/** First or last of several messages with the same time. Java: BoundaryType. */
export type BoundaryType = 'LOWER' | 'UPPER';

/** Figures for GET_BROKER_RUNTIME_INFO. */
export interface StoreStats {
  readonly minPhysicalOffset: number;
  readonly maxPhysicalOffset: number;
  readonly flushedOffset: number;
  readonly dispatchBehindBytes: number;
  readonly putsInFlight: number;
  readonly commitLogSizeBytes: number;
  /** 0 while messages are accepted. Java: RunningFlags.getFlagBits. */
  readonly runningFlagBits: number;
}

/** The store's front. Queue-level reads are synchronous: min and max are kept on the main thread. */
export interface MessageStore {
  /**
   * Encodes into the ring and returns; `done` is called later, on the main thread, exactly once.
   * `done` may be called before `putMessage` returns only when the put is refused.
   */
  putMessage(message: MessageToStore, done: (result: PutResult) => void): void;
  /** Puts all of `messages` (same topic and queue) next to each other; one `done` for all. Java: putMessages(MessageExtBatch). */
  putMessages(messages: readonly MessageToStore[], done: (result: PutResult) => void): void;
  /** Synchronous when the records are in the log tail window, else a promise. `maxCount` messages, `maxBytes` bytes at the most (at least one message). */
  getMessages(
    topic: string,
    queueId: number,
    offset: number,
    maxCount: number,
    maxBytes: number,
    filter: MessageFilter | undefined,
  ): GetResult | Promise<GetResult>;
  /** At most `maxCount` entries from `offset` on, none for a queue or an offset that does not exist. Synchronous when they are in memory. */
  queueEntries(topic: string, queueId: number, offset: number, maxCount: number): QueueEntries | Promise<QueueEntries>;
  /** What `filter` says of the message at `offset` of a queue; undefined if the record is not in memory. */
  matchInMemory(topic: string, queueId: number, offset: number, filter: PropertyFilter): boolean | undefined;
  /** 0 for a queue that does not exist. */
  minOffset(topic: string, queueId: number): number;
  /** One past the last; 0 for a queue that does not exist. */
  maxOffset(topic: string, queueId: number): number;
  /** True if the entry at `offset` needs no disk read. Java: checkInMemByConsumeOffset. */
  isInMemory(topic: string, queueId: number, offset: number): boolean;
  /** Store time of the message at `offset` of a queue, ms, or -1. */
  storeTimestampAt(topic: string, queueId: number, offset: number): Promise<number>;
  /** Store time of the oldest message of a queue, ms, or -1. */
  earliestStoreTimestamp(topic: string, queueId: number): Promise<number>;
  /** Store time of the oldest message of the log, ms, or -1. */
  earliestLogTimestamp(): Promise<number>;
  /** Java: getOffsetInQueueByTime. */
  offsetByTimestamp(topic: string, queueId: number, timestampMs: number, boundary: BoundaryType): Promise<number>;
  /** The stored record that begins at `physicalOffset`, or undefined if there is none. */
  recordAt(physicalOffset: number): Promise<Buffer | undefined>;
  /** Messages of a key, those that are answered for included; among them may be ones of other keys with the same hash. Java: queryMessage. */
  queryMessage(query: MessageQuery): Promise<QueryResult>;
  /** Queue ids of the topic that have a consume queue, ascending. */
  queueIds(topic: string): number[];
  /** Forgets the queues of topics and deletes their consume-queue files. */
  deleteTopics(topics: readonly string[]): Promise<void>;
  setArrivalListener(listener: ArrivalListener): void;
  stats(): StoreStats;
  /** Undefined while writes are accepted, else why not. */
  readonly refusal: string | undefined;
  /** Ends when everything accepted is answered, flushed and closed. */
  stop(): Promise<void>;
}
