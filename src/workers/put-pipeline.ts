/**
 * Encodes messages in their stored form straight into the request ring. Main thread. Java: CommitLog.asyncPutMessage up to its lock.
 * When the ring or the result ring is full, messages wait here, in order, and `onPressure` asks for the sockets not to be read;
 * past `waitingBytesMax` a put is refused with SYSTEM_BUSY. Nothing accepted is dropped.
 */
import type { Clock } from '../base/clock.js';
import { encodeRecord, PROPERTIES_BYTES_MAX, recordSize } from '../message/stored-record.js';
import type { Doorbell } from '../ring/doorbell.js';
import { alignEntrySize, ENTRY, EntryKind, type RequestRingProducer } from '../ring/request-ring.js';
import { type MessageToStore, type PutResult, PutStatus } from './message-store.js';
import { type PendingPuts, refusedPut } from './pending-puts.js';
import type { Queue, QueueTable } from './queue-table.js';

/** What a record may have beside a body of maxMessageSize. Java: MessageExtEncoder, maxMessageBodySize + 64 KiB. */
const RECORD_OVERHEAD_BYTES_MAX = 64 * 1024;

/** Limits and where the messages are stored. */
export interface PutLimits {
  readonly maxMessageSizeBytes: number;
  /** Most bytes that wait for room in the ring; past it SYSTEM_BUSY. */
  readonly waitingBytesMax: number;
}

/** What waits for room in the ring. */
interface WaitingEntry {
  /** False when there is still no room. */
  readonly attempt: () => boolean;
  readonly refuse: (status: PutStatus, remark: string) => void;
  readonly sizeBytes: number;
  /** Undefined for what is never refused for waiting too long. */
  readonly acceptedMs: number | undefined;
}

/** The main thread's way into the log. */
export class PutPipeline {
  readonly #ring: RequestRingProducer;
  readonly #doorbell: Doorbell;
  readonly #queues: QueueTable;
  readonly #pending: PendingPuts;
  readonly #limits: PutLimits;
  readonly #clock: Clock;
  readonly #onPressure: (isHigh: boolean) => void;
  readonly #storeHost: () => Uint8Array;
  #waiting: WaitingEntry[] = [];
  #waitingBytes = 0;
  #ringsThisTurn = false;
  #turnStartMs = 0;
  #lastTopic = '';
  #lastTopicBytes = 0;

  constructor(parts: {
    ring: RequestRingProducer;
    doorbell: Doorbell;
    queues: QueueTable;
    pending: PendingPuts;
    limits: PutLimits;
    clock: Clock;
    storeHost: () => Uint8Array;
    onPressure: (isHigh: boolean) => void;
  }) {
    this.#ring = parts.ring;
    this.#doorbell = parts.doorbell;
    this.#queues = parts.queues;
    this.#pending = parts.pending;
    this.#limits = parts.limits;
    this.#clock = parts.clock;
    this.#storeHost = parts.storeHost;
    this.#onPressure = parts.onPressure;
  }

  /** Puts that wait for room in the ring. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Stores `messages`, all of one topic and queue, next to each other. */
  put(messages: readonly MessageToStore[], done: (result: PutResult) => void): void {
    const size = this.#sizeOf(messages);
    if (typeof size === 'string') {
      done(refusedPut(PutStatus.MESSAGE_ILLEGAL, size));
      return;
    }
    if (this.#waiting.length === 0 && this.#tryPut(messages, size, done)) return;
    this.#waitToPut(messages, size, done);
  }

  /**
   * Forgets the topic's queues and tells the worker, which answers with `id`. It keeps its place among puts: those after it find the queues empty.
   */
  deleteTopic(topic: string, id: number): void {
    if (this.#waiting.length === 0 && this.#tryDelete(topic, id)) return;
    // A deletion has no answer of its own to refuse: the worker's end fails it.
    this.#wait({
      attempt: () => this.#tryDelete(topic, id),
      refuse: () => undefined,
      sizeBytes: 0,
      acceptedMs: undefined,
    });
  }

  /** Called after results have freed room: lets what waits go on. */
  drain(): void {
    if (this.#waiting.length === 0) return;
    let sent = 0;
    for (const entry of this.#waiting) {
      if (!entry.attempt()) break;
      this.#waitingBytes -= entry.sizeBytes;
      sent++;
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
    if (this.#waiting.length === 0) this.#onPressure(false);
  }

  /** Refuses what waits: the worker is gone. */
  refuseWaiting(remark: string): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const entry of waiting) entry.refuse(PutStatus.SERVICE_NOT_AVAILABLE, remark);
    if (waiting.length > 0) this.#onPressure(false);
  }

  /** Answers puts that wait since before `deadlineMs` with SYSTEM_BUSY: they are not stored, and will not be. Java: BrokerFastFailure. */
  expire(deadlineMs: number, remark: string): void {
    const isLate = ({ acceptedMs }: WaitingEntry): boolean => acceptedMs !== undefined && acceptedMs < deadlineMs;
    const late = this.#waiting.filter(isLate);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter((entry) => !isLate(entry));
    for (const entry of late) {
      this.#waitingBytes -= entry.sizeBytes;
      entry.refuse(PutStatus.SYSTEM_BUSY, remark);
    }
    if (this.#waiting.length === 0) this.#onPressure(false);
  }

  /** Bytes of the records together, or why they cannot be stored. */
  #sizeOf(messages: readonly MessageToStore[]): number | string {
    const storeHostBytes = this.#storeHost().length;
    const sizeMax = this.#limits.maxMessageSizeBytes + RECORD_OVERHEAD_BYTES_MAX;
    if (messages.length > this.#pending.capacity) {
      return `the batch holds ${messages.length} messages, at most ${this.#pending.capacity} are allowed`;
    }
    let total = 0;
    for (const message of messages) {
      const propertiesBytes = Buffer.byteLength(message.properties);
      if (propertiesBytes > PROPERTIES_BYTES_MAX) {
        return `the properties have ${propertiesBytes} bytes, at most ${PROPERTIES_BYTES_MAX} are allowed`;
      }
      const topicBytes = this.#topicBytesOf(message.topic);
      const size = recordSize(
        message.bornHost.length,
        storeHostBytes,
        message.body.length,
        topicBytes,
        propertiesBytes,
      );
      if (size > sizeMax) return `the message takes ${size} bytes, at most ${sizeMax} are allowed`;
      total += size;
    }
    // A batch of small messages has more overhead than one message of the same body; its entry must still fit half the ring.
    if (alignEntrySize(ENTRY.PAYLOAD + total) > this.#ring.capacityBytes / 2) {
      return `the batch takes ${total} bytes, at most ${this.#ring.capacityBytes / 2 - ENTRY.PAYLOAD} are allowed`;
    }
    return total;
  }

  // Hot: one message after the other is of the same topic, and counting its bytes takes 0.1 µs.
  #topicBytesOf(topic: string): number {
    if (topic !== this.#lastTopic) {
      this.#lastTopic = topic;
      this.#lastTopicBytes = Buffer.byteLength(topic);
    }
    return this.#lastTopicBytes;
  }

  #tryPut(messages: readonly MessageToStore[], sizeBytes: number, done: (result: PutResult) => void): boolean {
    const first = messages[0];
    if (first === undefined || !this.#pending.hasRoom(messages.length)) return false;
    const queue = this.#queues.find(first.topic, first.queueId) ?? this.#openQueue(first.topic, first.queueId);
    if (queue === undefined) return false;
    const position = this.#ring.reserve(ENTRY.PAYLOAD + sizeBytes);
    if (position < 0) return false;
    this.#ringSoon();
    const requestId = this.#pending.add(done, messages.length, this.#turnStartMs);
    const { bytes } = this.#ring;
    writeEntryHeader(bytes, position, EntryKind.PUT, queue.key, sizeBytes);
    bytes.writeUInt16LE(messages.length, position + ENTRY.MESSAGE_COUNT);
    bytes.writeUInt32LE(requestId, position + ENTRY.REQUEST_ID);
    let at = position + ENTRY.PAYLOAD;
    const storeHost = this.#storeHost();
    const { topicBytes } = queue;
    for (const message of messages) {
      const { properties, bornHost, body } = message;
      // Hot: of a single message the size is known, and with it that of its properties, which take 0.1 µs to measure again.
      const propertiesBytes =
        messages.length === 1
          ? sizeBytes - recordSize(bornHost.length, storeHost.length, body.length, topicBytes.length, 0)
          : Buffer.byteLength(properties);
      at = encodeRecord(bytes, at, message, storeHost, topicBytes, properties, propertiesBytes);
    }
    this.#ring.commit();
    return true;
  }

  #openQueue(topic: string, queueId: number): Queue | undefined {
    const topicSizeBytes = Buffer.byteLength(topic);
    const position = this.#ring.reserve(ENTRY.PAYLOAD + topicSizeBytes);
    if (position < 0) return undefined;
    const queue = this.#queues.open(topic, queueId);
    const { bytes } = this.#ring;
    writeEntryHeader(bytes, position, EntryKind.OPEN_QUEUE, queue.key, topicSizeBytes);
    bytes.writeUInt32LE(queueId, position + ENTRY.QUEUE_ID);
    bytes.writeDoubleLE(queue.tail.nextOffset, position + ENTRY.FIRST_QUEUE_OFFSET);
    bytes.set(queue.topicBytes, position + ENTRY.PAYLOAD);
    this.#ring.commit();
    return queue;
  }

  #tryDelete(topic: string, id: number): boolean {
    const topicSizeBytes = Buffer.byteLength(topic);
    const position = this.#ring.reserve(ENTRY.PAYLOAD + topicSizeBytes);
    if (position < 0) return false;
    const { bytes } = this.#ring;
    writeEntryHeader(bytes, position, EntryKind.DELETE_TOPIC, 0, topicSizeBytes);
    bytes.writeUInt32LE(id, position + ENTRY.REQUEST_ID);
    bytes.write(topic, position + ENTRY.PAYLOAD, 'utf8');
    this.#ring.commit();
    this.#queues.deleteTopic(topic);
    this.#ringSoon();
    return true;
  }

  #wait(entry: WaitingEntry): void {
    this.#waiting.push(entry);
    this.#waitingBytes += entry.sizeBytes;
    if (this.#waiting.length === 1) this.#onPressure(true);
  }

  #waitToPut(messages: readonly MessageToStore[], sizeBytes: number, done: (result: PutResult) => void): void {
    if (this.#waitingBytes + sizeBytes > this.#limits.waitingBytesMax) {
      const remark = `${this.#waitingBytes} bytes wait to be stored, at most ${this.#limits.waitingBytesMax} may`;
      done(refusedPut(PutStatus.SYSTEM_BUSY, remark));
      return;
    }
    // The bodies are views into a read buffer that will be used again.
    const copies = messages.map((message) => ({ ...message, body: Buffer.from(message.body) }));
    this.#wait({
      attempt: () => this.#tryPut(copies, sizeBytes, done),
      refuse: (status, remark) => done(refusedPut(status, remark)),
      sizeBytes,
      acceptedMs: this.#clock.monotonicMs(),
    });
  }

  /** One ring of the doorbell for all that is put in a turn: fewer wake-ups and larger writes. */
  #ringSoon(): void {
    if (this.#ringsThisTurn) return;
    this.#ringsThisTurn = true;
    // Hot: one look at the clock for all puts of a turn.
    this.#turnStartMs = this.#clock.monotonicMs();
    queueMicrotask(this.#ringNow);
  }

  readonly #ringNow = (): void => {
    this.#ringsThisTurn = false;
    this.#doorbell.ring();
  };
}

function writeEntryHeader(bytes: Buffer, position: number, kind: number, queueKey: number, payloadBytes: number): void {
  bytes.writeUInt32LE(alignEntrySize(ENTRY.PAYLOAD + payloadBytes), position + ENTRY.SIZE);
  bytes.writeUInt16LE(kind, position + ENTRY.KIND);
  bytes.writeUInt32LE(queueKey, position + ENTRY.QUEUE_KEY);
  bytes.writeUInt32LE(payloadBytes, position + ENTRY.PAYLOAD_SIZE);
}
