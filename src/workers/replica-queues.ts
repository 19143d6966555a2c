/**
 * Finds the consume queue that takes a record of the master's, by topic and queue id; opens it when it is the first of it. Commitlog worker
 * of a slave. Java: ConsumeQueueStore.findOrCreateConsumeQueue, ConsumeQueue.putMessagePositionInfo.
 * Invariant: on a slave keys are given out here and nowhere else, since the main thread puts nothing; the main thread is told of a key before
 * a result has it.
 */
import { assert } from '../base/assert.js';
import type { ConsumeQueueSet, RecoveredQueue } from '../consumequeue/consume-queue-set.js';
import type { ConsumeQueueWriter } from '../consumequeue/consume-queue-writer.js';
import type { OpenedQueue } from './control-message.js';

/** A queue and the key under which results speak of it. */
export interface KeyedQueue {
  readonly key: number;
  readonly queue: ConsumeQueueWriter;
}

/** The queues of a slave. */
export class ReplicaQueues {
  readonly #queues: ConsumeQueueSet;
  readonly #onOpen: (queue: OpenedQueue) => void;
  readonly #byTopic = new Map<string, KeyedQueue[]>();
  #nextKey: number;

  /** `recovered` are the queues that recovery found, in the order of their keys. */
  constructor(queues: ConsumeQueueSet, recovered: readonly RecoveredQueue[], onOpen: (queue: OpenedQueue) => void) {
    this.#queues = queues;
    this.#onOpen = onOpen;
    this.#nextKey = recovered.length;
    recovered.forEach(({ topic, queueId }, key) => this.#remember({ key, queue: queues.byKey(key) }, topic, queueId));
  }

  /** The queue whose next entry is that of `queueOffset`; its offset is given out to the caller. */
  take(topic: string, queueId: number, queueOffset: number): KeyedQueue {
    const known = this.#byTopic.get(topic)?.[queueId];
    const isUsable = known !== undefined && !known.queue.isDeleted;
    if (isUsable && known.queue.nextOffset === queueOffset) {
      known.queue.nextOffset++;
      return known;
    }
    const keyed = isUsable ? this.#jump(known.queue, queueOffset) : this.#open(topic, queueId, queueOffset);
    assert(keyed.queue.nextOffset === queueOffset, 'an entry follows the one before it');
    keyed.queue.nextOffset++;
    return keyed;
  }

  /** As recovery does: offsets that begin anew are those of a topic that was made anew, missing entries stand as blanks. */
  #jump(queue: ConsumeQueueWriter, queueOffset: number): KeyedQueue {
    const { topic, queueId } = queue;
    if (queueOffset < queue.nextOffset) {
      this.#queues.deleteQueue(queue);
      return this.#open(topic, queueId, queueOffset);
    }
    this.#queues.skipTo(queue, queueOffset);
    const key = this.#nextKey++;
    this.#queues.alias(key, queue);
    return this.#announce({ key, queue });
  }

  #open(topic: string, queueId: number, firstOffset: number): KeyedQueue {
    const key = this.#nextKey++;
    this.#queues.open(key, topic, queueId, firstOffset);
    return this.#announce({ key, queue: this.#queues.byKey(key) });
  }

  #announce(keyed: KeyedQueue): KeyedQueue {
    const { key, queue } = keyed;
    const { topic, queueId, minOffset, nextOffset } = queue;
    this.#remember(keyed, topic, queueId);
    this.#onOpen({ key, topic, queueId, minOffset, maxOffset: nextOffset });
    return keyed;
  }

  #remember(keyed: KeyedQueue, topic: string, queueId: number): void {
    let queues = this.#byTopic.get(topic);
    if (queues === undefined) this.#byTopic.set(topic, (queues = []));
    queues[queueId] = keyed;
  }
}
