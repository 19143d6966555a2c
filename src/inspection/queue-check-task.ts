/**
 * Checks the files of some consume queues by themselves: sizes, order, nothing after the end, nothing past the log. Piscina pool, read-only.
 * Java: none. Keeps no state between tasks.
 */
import { join } from 'node:path';

import { segmentName, startOffsetOfSegment } from '../base/segment-name.js';
import { nodeFileSystem, readFully } from '../commitlog/file-system.js';
import { type ConsumeQueueEntry, ENTRY_BYTES, isBlankEntry, readEntry } from '../consumequeue/consume-queue-entry.js';
import { type FoundProblems, ProblemList } from './problem.js';

const CHUNK_BYTES = 51_200 * ENTRY_BYTES;

/** What to check. */
export interface QueueCheckTask {
  readonly consumeQueueFolder: string;
  readonly queueFileSizeBytes: number;
  readonly queues: readonly { readonly topic: string; readonly queueId: number }[];
  readonly logMinOffset: number;
  readonly logEndOffset: number;
  readonly wasCleanStop: boolean;
}

/** What one queue holds. */
export interface CheckedQueue {
  readonly topic: string;
  readonly queueId: number;
  /** Entries of records within the log. */
  entries: number;
  blanks: number;
  /** Entries of records before the log's beginning. */
  expired: number;
  maxOffset: number;
}

/** What was found. */
export interface QueueCheckResult extends FoundProblems {
  readonly queues: readonly CheckedQueue[];
}

/** Entry point of the task. */
export function checkQueues(task: QueueCheckTask): QueueCheckResult {
  const problems = new ProblemList();
  const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, task.queueFileSizeBytes));
  const queues = task.queues.map(({ topic, queueId }) => new QueueCheck(task, topic, queueId, problems, chunk).run());
  return { queues, ...problems.found };
}

class QueueCheck {
  readonly #task: QueueCheckTask;
  readonly #problems: ProblemList;
  readonly #chunk: Buffer;
  readonly #folder: string;
  readonly #counts: CheckedQueue;
  #lastPhysicalOffset = -1;
  #hasEnded = false;

  constructor(task: QueueCheckTask, topic: string, queueId: number, problems: ProblemList, chunk: Buffer) {
    this.#task = task;
    this.#problems = problems;
    this.#chunk = chunk;
    this.#folder = join(task.consumeQueueFolder, topic, String(queueId));
    this.#counts = { topic, queueId, entries: 0, blanks: 0, expired: 0, maxOffset: 0 };
  }

  run(): CheckedQueue {
    const starts = nodeFileSystem
      .readdir(this.#folder)
      .map((name) => startOffsetOfSegment(name))
      .filter((start) => start !== undefined)
      .toSorted((a, b) => a - b);
    for (const [i, start] of starts.entries()) {
      const path = join(this.#folder, segmentName(start));
      const before = starts[i - 1];
      if (before !== undefined && start !== before + this.#task.queueFileSizeBytes) {
        this.#problems.add('damage', 'queue', path, -1, `does not follow ${segmentName(before)}: a file is missing`);
      }
      this.#checkFile(path, start, i === starts.length - 1);
    }
    return this.#counts;
  }

  #checkFile(path: string, start: number, isLast: boolean): void {
    const { queueFileSizeBytes, wasCleanStop } = this.#task;
    const file = nodeFileSystem.open(path, 'read');
    try {
      const sizeBytes = nodeFileSystem.size(file);
      if (sizeBytes !== queueFileSizeBytes) {
        const severity = isLast && !wasCleanStop ? 'note' : 'damage';
        this.#problems.add(severity, 'queue', path, -1, `has ${sizeBytes} bytes and not ${queueFileSizeBytes}`);
      }
      const writtenMax = nodeFileSystem.allocatedBytes?.(file) ?? sizeBytes;
      for (let at = 0; at < sizeBytes;) {
        // Of a sparse file, nothing is read that was never written.
        if (this.#hasEnded && at >= writtenMax) return;
        const read = readFully(nodeFileSystem, file, this.#chunk, 0, this.#chunk.length, at);
        if (read === 0) return;
        for (let i = 0; i + ENTRY_BYTES <= read; i += ENTRY_BYTES) {
          this.#checkEntry(path, at + i, (start + at + i) / ENTRY_BYTES, readEntry(this.#chunk, i));
        }
        at += read;
      }
    } finally {
      nodeFileSystem.close(file);
    }
  }

  #checkEntry(path: string, inFile: number, queueOffset: number, entry: ConsumeQueueEntry): void {
    const counts = this.#counts;
    if (entry.sizeBytes === 0 && entry.physicalOffset === 0) {
      this.#hasEnded = true;
      return;
    }
    const { logMinOffset, logEndOffset, wasCleanStop } = this.#task;
    const severity = wasCleanStop ? 'damage' : 'note';
    if (this.#hasEnded) {
      const text = `an entry stands at offset ${queueOffset}, after the queue's end at ${counts.maxOffset}`;
      this.#problems.add(severity, 'queue', path, inFile, text);
      return;
    }
    counts.maxOffset = queueOffset + 1;
    if (isBlankEntry(entry)) {
      counts.blanks++;
      return;
    }
    if (entry.physicalOffset <= this.#lastPhysicalOffset || entry.sizeBytes < 0) {
      const text = `the entry of offset ${queueOffset} says ${entry.physicalOffset} of ${entry.sizeBytes} bytes, after ${this.#lastPhysicalOffset}`;
      this.#problems.add('damage', 'queue', path, inFile, text);
      return;
    }
    this.#lastPhysicalOffset = entry.physicalOffset;
    if (entry.physicalOffset < logMinOffset) counts.expired++;
    else if (entry.physicalOffset + entry.sizeBytes <= logEndOffset) counts.entries++;
    else {
      const text = `the entry of offset ${queueOffset} points to ${entry.physicalOffset}, past the log's end at ${logEndOffset}`;
      this.#problems.add(severity, 'queue', path, inFile, text);
    }
  }
}
