/**
 * What a store was given and what it has promised, kept beside it for comparison. Java: none.
 * Invariant: a message that a restart has shown once counts as promised from then on, whether or not it was answered.
 */
import type { SentMessage } from './history.js';
import { type Destination, destinationOf } from './sent-messages.js';

/** What can be wrong. */
export type ViolationKind =
  | 'acknowledged-missing'
  | 'content-changed'
  | 'record-twice'
  | 'queue-gap'
  | 'log-begins'
  | 'queue-differs'
  | 'index-beyond-log'
  | 'index-lacks'
  | 'offset-beyond-queue'
  | 'offsets-lost'
  | 'checkpoint-ahead'
  | 'answered-missing'
  | 'answered-too-early'
  | 'acknowledged-too-early'
  | 'not-a-prefix'
  | 'cut-too-much'
  | 'cut-not-kept'
  | 'does-not-converge'
  | 'cannot-open'
  | 'worker-failed';

/** Thrown when a check fails. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly kind: ViolationKind;

  constructor(kind: ViolationKind, message: string, cause?: unknown) {
    super(`${kind}: ${message}`, { cause });
    this.kind = kind;
  }
}

/** A message that went into the ring. */
export interface SentRecord extends Destination {
  readonly message: SentMessage;
}

/** Where a message is. */
export interface StoredPlace {
  readonly physicalOffset: number;
  readonly queueOffset: number;
}

/** One run's. */
export class Ledger {
  readonly sent: Map<number, SentRecord>;
  /** By message id. */
  readonly stored = new Map<number, StoredPlace>();
  /** Before it, everything is on disk. */
  durableOffset = 0;
  /** By `topic/queueId`, the last message that a start has shown: its queue goes on there when it has expired. */
  readonly queueEnds = new Map<string, StoredPlace>();
  /** The log has begun here, and does not begin earlier again. */
  logStart = 0;
  /** The log may begin here at most: so much was told to be deleted. */
  logStartMax = 0;
  /** Records of a topic before this place may be in no queue: the topic was deleted there. */
  readonly #deletedBefore = new Map<string, number>();
  readonly #requests = new Map<number, readonly number[]>();

  /** `sent` may be that of several stores, which have the same messages. */
  constructor(sent = new Map<number, SentRecord>()) {
    this.sent = sent;
  }

  send(requestId: number, topic: string, queueId: number, messages: readonly SentMessage[]): void {
    for (const message of messages) this.sent.set(message.id, { ...destinationOf(topic, queueId, message), message });
    this.#requests.set(
      requestId,
      messages.map(({ id }) => id),
    );
  }

  /** Ids of a request's messages, once. */
  takeRequest(requestId: number): readonly number[] {
    const ids = this.#requests.get(requestId);
    if (ids === undefined)
      throw new Violation('worker-failed', `a result for request ${requestId} that nobody waits for`);
    this.#requests.delete(requestId);
    return ids;
  }

  /** What was not answered will not be. */
  forgetRequests(): void {
    this.#requests.clear();
  }

  deleteTopic(topic: string, logEndOffset: number): void {
    this.#deletedBefore.set(topic, logEndOffset);
  }

  /** So many bytes at the log's beginning may go. */
  allowExpiry(bytes: number): void {
    this.logStartMax += bytes;
  }

  /** The store says so. */
  logBegins(offset: number): void {
    this.logStart = Math.max(this.logStart, offset);
  }

  /** 0 for a topic that was never deleted. */
  deletedBefore(topic: string): number {
    return this.#deletedBefore.get(topic) ?? 0;
  }

  /** The log ends here: places behind are given away again. */
  cut(logEndOffset: number): void {
    for (const [topic, offset] of this.#deletedBefore) this.#deletedBefore.set(topic, Math.min(offset, logEndOffset));
    for (const [name, { physicalOffset }] of this.queueEnds)
      if (physicalOffset >= logEndOffset) this.queueEnds.delete(name);
    for (const [id, { physicalOffset }] of this.stored) if (physicalOffset >= logEndOffset) this.stored.delete(id);
  }
}
