/**
 * All consume queues as the main thread knows them: by topic and queue id, and by the key that the rings use. Main thread.
 * Java: ConsumeQueueStore.
 * Invariant: a key is given out once; a queue of a deleted topic keeps its key, but no lookup by topic finds it.
 */
import { assert } from '../base/assert.js';
import type { OpenedQueue, QueueState } from './control-message.js';
import { ConsumeQueueTail } from './consume-queue-tail.js';
import { TailBudget } from './tail-budget.js';

/** One queue of a topic. */
export interface Queue {
  readonly key: number;
  readonly topic: string;
  readonly topicBytes: Buffer;
  readonly queueId: number;
  minOffset: number;
  readonly tail: ConsumeQueueTail;
}

/** The table; queues come from recovery or are opened by the first message. */
export class QueueTable {
  readonly #byKey: Queue[] = [];
  readonly #byTopic = new Map<string, Queue[]>();
  readonly #budget = new TailBudget();

  /** Adds the queues found by recovery, whose keys are their places in the list. */
  load(states: readonly QueueState[]): void {
    for (const state of states) this.#add(state.topic, state.queueId, state.minOffset, state.maxOffset);
  }

  find(topic: string, queueId: number): Queue | undefined {
    return this.#byTopic.get(topic)?.[queueId];
  }

  byKey(key: number): Queue | undefined {
    return this.#byKey[key];
  }

  /** Adds an empty queue, whose key the worker must be told. */
  open(topic: string, queueId: number): Queue {
    return this.#add(topic, queueId, 0, 0);
  }

  /** On a slave: adds a queue that the worker has opened, in place of one of the same name. */
  openAs({ key, topic, queueId, minOffset, maxOffset }: OpenedQueue): void {
    assert(key === this.#byKey.length, 'queue keys are given out one after the other');
    this.#add(topic, queueId, minOffset, maxOffset);
  }

  /** Queue ids of a topic, ascending. */
  queueIds(topic: string): number[] {
    return Object.values(this.#byTopic.get(topic) ?? []).map((queue) => queue.queueId);
  }

  /** Topics that have a queue. */
  topics(): IterableIterator<string> {
    return this.#byTopic.keys();
  }

  deleteTopic(topic: string): void {
    for (const queue of Object.values(this.#byTopic.get(topic) ?? [])) queue.tail.clear();
    this.#byTopic.delete(topic);
  }

  #add(topic: string, queueId: number, minOffset: number, maxOffset: number): Queue {
    let queues = this.#byTopic.get(topic);
    // One name for all queues of a topic: there may be ten thousands.
    const sibling = queues === undefined ? undefined : Object.values(queues)[0];
    const queue: Queue = {
      key: this.#byKey.length,
      topic: sibling?.topic ?? topic,
      topicBytes: sibling?.topicBytes ?? Buffer.from(topic, 'utf8'),
      queueId,
      minOffset,
      tail: new ConsumeQueueTail(maxOffset, this.#budget),
    };
    this.#byKey.push(queue);
    if (queues === undefined) this.#byTopic.set(topic, (queues = []));
    queues[queueId] = queue;
    return queue;
  }
}
