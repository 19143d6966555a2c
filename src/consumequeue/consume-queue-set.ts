/**
 * All consume queues of a store: by the sender's key, and in rounds to their files. Commitlog worker. Java: ConsumeQueueStore,
 * FlushConsumeQueueService.
 * Invariant: once a round has ended, every entry that had been appended when it began is in its file.
 */
import { assert } from '../base/assert.js';
import { expireEntries } from './expired-entries.js';
import type { ConsumeQueueFiles } from './consume-queue-files.js';
import { PRE_BLANK_SIZE_BYTES } from './consume-queue-entry.js';
import { BUFFERED_ENTRIES_FULL, ConsumeQueueWriter } from './consume-queue-writer.js';

/** Queues written in one step of a round: with a file each that has to be opened, a third of a millisecond; to be made, one. */
export const QUEUES_PER_STEP = 32;

/** A queue as recovery found it. */
export interface RecoveredQueue {
  readonly topic: string;
  readonly queueId: number;
  readonly minOffset: number;
  readonly maxOffset: number;
}

/** The queues. */
export class ConsumeQueueSet {
  readonly #files: ConsumeQueueFiles;
  readonly #byKey: (ConsumeQueueWriter | undefined)[] = [];
  readonly #byName = new Map<string, ConsumeQueueWriter>();
  /** Queues with entries in memory only. */
  #dirty = new Set<ConsumeQueueWriter>();
  #round: ConsumeQueueWriter[] = [];
  readonly #full: ConsumeQueueWriter[] = [];
  /** Entries that recovery found neither in a queue nor in the log; they stand as blanks. */
  missingEntries = 0;

  constructor(files: ConsumeQueueFiles) {
    this.#files = files;
  }

  /** How many there are. */
  get count(): number {
    return this.#byName.size;
  }

  /** Adds a queue that recovery found in files. */
  load(queue: RecoveredQueue): void {
    this.#add(new ConsumeQueueWriter(this.#files, queue.topic, queue.queueId, queue.minOffset, queue.maxOffset, false));
  }

  /** Dispatches a record again that recovery found in the log; records come in the log's order. */
  restore(
    topic: string,
    queueId: number,
    queueOffset: number,
    physicalOffset: number,
    sizeBytes: number,
    tagsCode: number,
  ): void {
    let queue = this.#byName.get(nameOf(topic, queueId));
    // Offsets that begin anew: the topic was deleted and made again after the queue's last entry, and what stands in the queue is of the old one.
    if (queue !== undefined && queueOffset < queue.nextOffset) {
      this.#files.deleteQueue(queue.folder);
      this.#dirty.delete(queue);
      queue = undefined;
    }
    queue ??= this.#add(this.#newQueue(topic, queueId, queueOffset));
    while (queue.nextOffset < queueOffset) {
      // Entries are missing whose records lie before the part of the log that is dispatched again: the offsets of those that follow count more.
      this.missingEntries++;
      this.#restoreNext(queue, 0, PRE_BLANK_SIZE_BYTES, 0);
    }
    this.#restoreNext(queue, physicalOffset, sizeBytes, tagsCode);
  }

  /** Ends recovery: gives every queue its key, its place in the list that is returned. */
  assignKeys(): RecoveredQueue[] {
    assert(this.#byKey.length === 0, 'keys are assigned once');
    this.#byKey.push(...this.#byName.values());
    return [...this.#byName.values()].map(({ topic, queueId, minOffset, nextOffset }) => ({
      topic,
      queueId,
      minOffset,
      maxOffset: nextOffset,
    }));
  }

  /** Adds a queue under the key that the sender uses from now on. */
  open(key: number, topic: string, queueId: number, firstOffset: number): void {
    assert(this.#byKey[key] === undefined, 'a queue key is used once');
    assert(!this.#byName.has(nameOf(topic, queueId)), 'a queue that is there is not opened again');
    this.#byKey[key] = this.#add(this.#newQueue(topic, queueId, firstOffset));
  }

  /** A further key for a queue that has one: entries given under it follow those under the first. */
  alias(key: number, queue: ConsumeQueueWriter): void {
    assert(this.#byKey[key] === undefined, 'a queue key is used once');
    this.#byKey[key] = queue;
  }

  /** Fills a queue with blanks up to `queueOffset`; `writeFull` follows when the caller is done. */
  skipTo(queue: ConsumeQueueWriter, queueOffset: number): void {
    while (queue.nextOffset < queueOffset) {
      this.missingEntries++;
      queue.nextOffset++;
      this.append(queue, 0, PRE_BLANK_SIZE_BYTES, 0);
    }
  }

  /** Forgets one queue and removes its files; its keys are not used again. */
  deleteQueue(queue: ConsumeQueueWriter): void {
    queue.isDeleted = true;
    this.#dirty.delete(queue);
    this.#byName.delete(nameOf(queue.topic, queue.queueId));
    this.#files.deleteQueue(queue.folder);
  }

  byKey(key: number): ConsumeQueueWriter {
    const queue = this.#byKey[key];
    assert(queue !== undefined, 'the sender opens a queue before it uses the key');
    return queue;
  }

  /** Adds the entry of the queue's next record; `writeFull` follows when the caller is done adding. */
  append(queue: ConsumeQueueWriter, physicalOffset: number, sizeBytes: number, tagsCode: number): void {
    queue.append(physicalOffset, sizeBytes, tagsCode);
    if (queue.bufferedCount === 1) this.#dirty.add(queue);
    if (queue.bufferedCount === BUFFERED_ENTRIES_FULL) this.#full.push(queue);
  }

  /** Writes the queues whose buffers are full. */
  writeFull(): void {
    for (let queue = this.#full.pop(); queue !== undefined; queue = this.#full.pop()) queue.write();
  }

  /** Begins a round over all queues that have entries in memory. */
  beginRound(): void {
    assert(this.#round.length === 0, 'one round at a time');
    this.#round = [...this.#dirty];
    this.#dirty = new Set();
  }

  /** Writes some of the round's queues; true when the round has ended. When it throws, the round goes on with the same queue. */
  stepRound(): boolean {
    for (let i = 0; i < QUEUES_PER_STEP; i++) {
      const queue = this.#round.at(-1);
      if (queue === undefined) return true;
      queue.write();
      this.#round.pop();
      this.#dirty.delete(queue);
    }
    return this.#round.length === 0;
  }

  /** A whole round at once, for the start and the end. */
  writeAll(): void {
    while (!this.stepRound()) continue;
    this.beginRound();
    while (!this.stepRound()) continue;
  }

  /**
   * Forgets the queues of a topic and removes their files; their keys are not used again. A topic without queues has no files, and its name,
   * which may be anything that a client sent, is no part of a path.
   */
  deleteTopic(topic: string): void {
    let isKnown = false;
    for (const [name, queue] of this.#byName) {
      if (queue.topic !== topic) continue;
      isKnown = true;
      queue.isDeleted = true;
      this.#byName.delete(name);
    }
    if (isKnown) this.#files.deleteTopic(topic);
  }

  /** As `ConsumeQueueFiles.beginSync`. */
  beginSync(): void {
    this.#files.beginSync();
  }

  /** As `ConsumeQueueFiles.syncSome`. */
  syncSome(): Promise<boolean> {
    return this.#files.syncSome();
  }

  /** One more than the largest key. */
  get keyCount(): number {
    return this.#byKey.length;
  }

  /** The queue of a key that was given out, unless it was deleted. */
  livingByKey(key: number): ConsumeQueueWriter | undefined {
    const queue = this.#byKey[key];
    return queue?.isDeleted === true ? undefined : queue;
  }

  /** Deletes what is expired of one queue; returns how many files. See `expireEntries`. */
  expire(queue: ConsumeQueueWriter, logMinOffset: number, durableOffset: number): number {
    return expireEntries(this.#files, queue, logMinOffset, durableOffset);
  }

  close(): void {
    this.#files.close();
  }

  #restoreNext(queue: ConsumeQueueWriter, physicalOffset: number, sizeBytes: number, tagsCode: number): void {
    queue.nextOffset++;
    this.append(queue, physicalOffset, sizeBytes, tagsCode);
    this.writeFull();
  }

  #newQueue(topic: string, queueId: number, firstOffset: number): ConsumeQueueWriter {
    return new ConsumeQueueWriter(this.#files, topic, queueId, firstOffset, firstOffset, true);
  }

  #add(queue: ConsumeQueueWriter): ConsumeQueueWriter {
    this.#byName.set(nameOf(queue.topic, queue.queueId), queue);
    return queue;
  }
}

function nameOf(topic: string, queueId: number): string {
  return `${topic}/${queueId}`;
}
