/**
 * Reads a queue from one offset to another in steps, and lets the event loop turn between them. Main thread.
 * Java: TransactionalMessageBridge.getMessage. A promise where the messages are on disk, so that nothing waits for it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { decodeMessages, type StoredMessage } from '../../message/stored-message.js';
import { GetStatus, type MessageStore } from '../../workers/message-store.js';

const STEP_MESSAGES = 32;
/** More only for a single message that is larger. */
const STEP_BYTES_MAX = 512 * 1024;

/** A part of a queue, `end` not included. */
export interface QueueSpan {
  readonly topic: string;
  readonly queueId: number;
  readonly begin: number;
  readonly end: number;
}

/** What a scan may be told not to go on. */
export type StopScan = () => boolean;

/** The part of the store that is needed to read a queue. */
export type QueueSource = Pick<MessageStore, 'getMessages'>;

/** Up to `count` messages from `offset` on; `next` is where to go on, past what has been deleted. */
export async function readStep(
  store: QueueSource,
  { topic, queueId }: Pick<QueueSpan, 'topic' | 'queueId'>,
  offset: number,
  count = STEP_MESSAGES,
): Promise<{ readonly messages: readonly StoredMessage[]; readonly next: number }> {
  const result = await store.getMessages(topic, queueId, offset, count, STEP_BYTES_MAX, undefined);
  const messages = result.status === GetStatus.FOUND ? decodeMessages(result.body) : [];
  return { messages, next: result.nextBeginOffset };
}

/** Visits the messages of `span` in order, until `isStopped`. */
export async function scanQueue(
  store: QueueSource,
  span: QueueSpan,
  visit: (message: StoredMessage) => void,
  isStopped: StopScan,
): Promise<void> {
  for (let at = span.begin; at < span.end && !isStopped();) {
    const { messages, next } = await readStep(store, span, at, Math.min(STEP_MESSAGES, span.end - at));
    for (const message of messages) visit(message);
    // What has been deleted meanwhile begins later; anything else that cannot be read is passed.
    at = Math.max(next, at + 1);
    await nextTurn();
  }
}
