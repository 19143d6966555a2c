/**
 * Checks a whole store without writing to it: the log's records, the queues against them, the index, groups' offsets and the checkpoint. Main thread;
 * the reading is done in the piscina pool. Java: none.
 * Invariant: memory does not grow with the store, but for one count a queue and the bounded list of problems.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { nodeFileSystem } from '../commitlog/file-system.js';
import { kindOfEnd, type LogPiece, piecesOf } from '../commitlog/log-piece.js';
import { TaskPool } from '../workers/task-pool.js';
import { checkCheckpoint, checkOffsets, readTopicNames } from './offset-check.js';
import type { PieceCheckResult, PieceCheckTask } from './piece-check-task.js';
import { type Problem, ProblemList } from './problem.js';
import type { MatchedQueue } from './queue-match.js';
import type { CheckedQueue, QueueCheckResult, QueueCheckTask } from './queue-check-task.js';
import { readStoreLayout, type StoreLayout, type StorePlace } from './store-layout.js';

const THREADS_MAX = 8;
const QUEUES_PER_TASK = 64;

/** What there is, and what is wrong with it. */
export interface StoreReport {
  readonly folder: string;
  readonly wasCleanStop: boolean;
  readonly log: {
    readonly files: number;
    readonly minOffset: number;
    readonly endOffset: number;
    readonly records: number;
    readonly damagedBytes: number;
  };
  readonly queues: {
    readonly queues: number;
    readonly entries: number;
    readonly blanks: number;
    readonly pendingRecords: number;
    readonly recordsOfDeletedTopics: number;
  };
  readonly index: { readonly files: number; readonly entries: number };
  readonly offsets: number;
  readonly damageCount: number;
  readonly noteCount: number;
  /** The first thousand of them. */
  readonly problems: readonly Problem[];
}

/** Called as the check goes on. */
export type CheckProgress = (step: 'log' | 'queues' | 'index', done: number, total: number) => void;

/** Checks the store. Rejects when there is none. */
export async function checkStore(place: StorePlace, onProgress: CheckProgress): Promise<StoreReport> {
  const problems = new ProblemList();
  const layout = readStoreLayout(nodeFileSystem, place, problems);
  const pool = new TaskPool(Math.min(THREADS_MAX, availableParallelism()));
  try {
    return await new StoreCheck(layout, problems, pool, onProgress).run();
  } finally {
    await pool.close();
  }
}

class StoreCheck {
  readonly #layout: StoreLayout;
  readonly #problems: ProblemList;
  readonly #pool: TaskPool;
  readonly #onProgress: CheckProgress;
  readonly #records = new Map<string, MatchedQueue>();
  #endOffset: number;
  #lastTimestampMs = 0;
  #recordCount = 0;
  #damagedBytes = 0;
  #indexEntries = 0;

  constructor(layout: StoreLayout, problems: ProblemList, pool: TaskPool, onProgress: CheckProgress) {
    this.#layout = layout;
    this.#problems = problems;
    this.#pool = pool;
    this.#onProgress = onProgress;
    this.#endOffset = layout.segments[0]?.startOffset ?? 0;
  }

  async run(): Promise<StoreReport> {
    const { folder, segments, indexFiles, wasCleanStop } = this.#layout;
    const minOffset = this.#endOffset;
    await this.#checkLog();
    const queues = await this.#checkQueues(minOffset);
    await this.#checkIndex();
    const maxOffsets = new Map(queues.map(({ topic, queueId, maxOffset }) => [`${topic}/${queueId}`, maxOffset]));
    const pending = (name: string): number | undefined => this.#records.get(name)?.maxOffset;
    const offsets = checkOffsets(
      this.#layout,
      (topic, queueId) => {
        const name = `${topic}/${queueId}`;
        const inFiles = maxOffsets.get(name);
        // After a crash the queue's end is in the log.
        return wasCleanStop ? inFiles : (max(inFiles, pending(name)) ?? inFiles);
      },
      this.#problems,
    );
    checkCheckpoint(
      this.#layout,
      { endOffset: this.#endOffset, lastTimestampMs: this.#lastTimestampMs },
      this.#problems,
    );
    const counts = [...this.#records.values()];
    return {
      folder,
      wasCleanStop,
      log: {
        files: segments.length,
        minOffset,
        endOffset: this.#endOffset,
        records: this.#recordCount,
        damagedBytes: this.#damagedBytes,
      },
      queues: {
        queues: queues.length,
        entries: sum(queues, ({ entries }) => entries),
        blanks: sum(queues, ({ blanks }) => blanks),
        pendingRecords: sum(counts, (one) => one.pending),
        recordsOfDeletedTopics: sum(counts, (one) => one.withoutQueue + one.superseded),
      },
      index: { files: indexFiles.length, entries: this.#indexEntries },
      offsets,
      ...this.#problems.found,
    };
  }

  async #checkLog(): Promise<void> {
    const pieces = this.#layout.segments.flatMap((segment) =>
      piecesOf(segment, segment.writtenBytesMax, segment.startOffset),
    );
    const total = sum(this.#layout.segments, (segment) => segment.writtenBytesMax);
    let done = 0;
    await inOrder(
      pieces,
      this.#pool.threadsMax * 2,
      (piece) => this.#checkPiece(piece),
      async (piece, early) => {
        if (this.#endOffset >= piece.untilOffset) return;
        const isMistaken = (early.runs[0]?.startOffset ?? this.#endOffset) < this.#endOffset;
        this.#takePiece(piece, isMistaken ? await this.#checkPiece({ ...piece, fromOffset: this.#endOffset }) : early);
        done = Math.min(total, done + piece.untilOffset - piece.fromOffset);
        this.#onProgress('log', done, total);
      },
    );
    this.#checkTail();
  }

  #checkPiece(piece: LogPiece): Promise<PieceCheckResult> {
    const { consumeQueueFolder, queueFileSizeBytes, indexFiles, indexShape, checkpoint, wasCleanStop } = this.#layout;
    const task: PieceCheckTask = {
      piece,
      consumeQueueFolder,
      queueFileSizeBytes,
      indexFiles,
      indexShape,
      pendingFrom: wasCleanStop ? Number.POSITIVE_INFINITY : checkpoint.logicsPhysicalOffset || -1,
    };
    return this.#pool.run(new URL('./piece-check-task.js', import.meta.url), 'checkPieceOfStore', task);
  }

  #takePiece(piece: LogPiece, result: PieceCheckResult): void {
    for (const run of result.runs) {
      if (run.startOffset > this.#endOffset) this.#closeSegment(piece.startOffset);
      if (run.startOffset > this.#endOffset) this.#reportGap(run.startOffset);
      this.#endOffset = run.endOffset;
      this.#recordCount += run.recordCount;
      this.#lastTimestampMs = Math.max(this.#lastTimestampMs, run.lastTimestampMs);
    }
    this.#closeSegment(piece.untilOffset);
    this.#problems.addAll(result);
    this.#indexEntries += result.indexEntries;
    for (const queue of result.queues) {
      const name = `${queue.topic}/${queue.queueId}`;
      const before = this.#records.get(name);
      if (before === undefined) this.#records.set(name, queue);
      else addCounts(before, queue);
    }
  }

  /** The log goes on in the next segment, if it has come to the blank that ends one before `untilOffset`. */
  #closeSegment(untilOffset: number): void {
    const segment = this.#segmentAt(this.#endOffset);
    if (segment === undefined || this.#endOffset >= untilOffset) return;
    if (kindOfEnd(nodeFileSystem, segment, this.#endOffset) === 'full')
      this.#endOffset = segment.startOffset + segment.sizeBytes;
  }

  #reportGap(toOffset: number): void {
    const bytes = toOffset - this.#endOffset;
    this.#damagedBytes += bytes;
    const segment = this.#segmentAt(this.#endOffset);
    const text = `${bytes} bytes from ${this.#endOffset} on are no whole record`;
    this.#problems.add('damage', 'log', segment?.path ?? '', this.#endOffset - (segment?.startOffset ?? 0), text);
  }

  /** Nothing whole follows: zeros in a log that ended in order, or what a crash has left. */
  #checkTail(): void {
    const segment = this.#segmentAt(this.#endOffset);
    if (segment === undefined || kindOfEnd(nodeFileSystem, segment, this.#endOffset) !== 'damage') return;
    const text = `the log ends at ${this.#endOffset} with bytes that are no whole record`;
    const severity = this.#layout.wasCleanStop ? 'damage' : 'note';
    this.#problems.add(severity, 'log', segment.path, this.#endOffset - segment.startOffset, text);
  }

  async #checkQueues(logMinOffset: number): Promise<CheckedQueue[]> {
    const { consumeQueueFolder, queueFileSizeBytes, queues, wasCleanStop } = this.#layout;
    const groups = Array.from({ length: Math.ceil(queues.length / QUEUES_PER_TASK) }, (_, i) =>
      queues.slice(i * QUEUES_PER_TASK, (i + 1) * QUEUES_PER_TASK),
    );
    const checked: CheckedQueue[] = [];
    const check = (group: QueueCheckTask['queues']): Promise<QueueCheckResult> => {
      const task: QueueCheckTask = {
        consumeQueueFolder,
        queueFileSizeBytes,
        queues: group,
        logMinOffset,
        logEndOffset: this.#endOffset,
        wasCleanStop,
      };
      return this.#pool.run(new URL('./queue-check-task.js', import.meta.url), 'checkQueues', task);
    };
    await inOrder(groups, this.#pool.threadsMax * 2, check, (_, result) => {
      this.#problems.addAll(result);
      checked.push(...result.queues);
      this.#onProgress('queues', checked.length, queues.length);
    });
    this.#compareCounts(checked);
    return checked;
  }

  /** Every record has its entry; so the entries are right if they are no more than the records. */
  #compareCounts(checked: readonly CheckedQueue[]): void {
    const { consumeQueueFolder, folder } = this.#layout;
    for (const { topic, queueId, entries } of checked) {
      const matched = this.#records.get(`${topic}/${queueId}`)?.matched ?? 0;
      if (entries <= matched) continue;
      const text = `${entries - matched} of ${entries} entries point to no whole record of this queue`;
      this.#problems.add('damage', 'queue', join(consumeQueueFolder, topic, String(queueId)), -1, text);
    }
    const topics = readTopicNames(this.#layout, this.#problems);
    for (const { topic, queueId, withoutQueue } of this.#records.values()) {
      if (withoutQueue === 0) continue;
      const text = `${topic}/${queueId} has no files, but ${withoutQueue} records`;
      // The topic was deleted, or deleted and made again since.
      const severity = topics.has(topic) ? 'damage' : 'note';
      this.#problems.add(severity, 'queue', join(folder, 'consumequeue', topic, String(queueId)), -1, text);
    }
  }

  async #checkIndex(): Promise<void> {
    const { indexFiles, indexShape, wasCleanStop } = this.#layout;
    const check = (file: (typeof indexFiles)[number]): Promise<number> =>
      this.#pool.run(new URL('./index-check-task.js', import.meta.url), 'countDamagedEntries', {
        file,
        shape: indexShape,
      });
    let done = 0;
    await inOrder(indexFiles, this.#pool.threadsMax, check, (file, damaged) => {
      const severity = wasCleanStop ? 'damage' : 'note';
      if (damaged > 0) this.#problems.add(severity, 'index', file.path, -1, `the last ${damaged} entries are none`);
      this.#onProgress('index', ++done, indexFiles.length);
    });
  }

  #segmentAt(physicalOffset: number): StoreLayout['segments'][number] | undefined {
    return this.#layout.segments.find(
      ({ startOffset, sizeBytes }) => physicalOffset >= startOffset && physicalOffset < startOffset + sizeBytes,
    );
  }
}

/** Runs a task for each item, at most `ahead` at a time, and takes the results in the items' order. */
async function inOrder<Item, Result>(
  items: readonly Item[],
  ahead: number,
  run: (item: Item) => Promise<Result>,
  take: (item: Item, result: Result) => void | Promise<void>,
): Promise<void> {
  const waiting: Promise<Result>[] = [];
  for (const [i, item] of items.entries()) {
    for (let next = i + waiting.length; next < items.length && waiting.length < ahead; next++) {
      const following = items[next];
      if (following === undefined) break;
      const task = run(following);
      task.catch(() => undefined);
      waiting.push(task);
    }
    const first = waiting.shift();
    if (first !== undefined) await take(item, await first);
  }
}

function addCounts(target: MatchedQueue, more: MatchedQueue): void {
  target.matched += more.matched;
  target.pending += more.pending;
  target.superseded += more.superseded;
  target.withoutQueue += more.withoutQueue;
  target.maxOffset = Math.max(target.maxOffset, more.maxOffset);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function max(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
