/**
 * Compares what records call for with what their consume queues have, queue by queue in runs of offsets. Piscina pool, read-only. Java: none.
 * Invariant: what is held of a queue is at most {@link RUN_ENTRIES} records.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { segmentName } from '../base/segment-name.js';
import { nodeFileSystem, readFully } from '../commitlog/file-system.js';
import type { DispatchSink } from '../commitlog/record-dispatch.js';
import { ENTRY_BYTES, isBlankEntry, readEntry } from '../consumequeue/consume-queue-entry.js';
import { SCHEDULE_TOPIC } from '../message/delay-level-table.js';
import type { ProblemList } from './problem.js';

const RUN_ENTRIES = 1024;
/** Below it, a tags code is an address in the queue's extension file. Java: ConsumeQueueExt.isExtAddr. */
const TAGS_CODE_MIN = -0x8000_0000;

/** How many records of a queue have the entry that they should have. */
export interface MatchedQueue {
  readonly topic: string;
  readonly queueId: number;
  matched: number;
  /** Records whose entry is still to be made. */
  pending: number;
  /** Records of a queue offset that a later record has: their topic was deleted and made again. */
  superseded: number;
  /** Records whose queue has no files. */
  withoutQueue: number;
  /** One past the largest queue offset of a record. */
  maxOffset: number;
}

/** Where the queues are. */
export interface QueueMatchOptions {
  readonly consumeQueueFolder: string;
  readonly queueFileSizeBytes: number;
  /** Records after this one may have no entries yet. */
  readonly pendingFrom: number;
}

interface Run {
  readonly counts: MatchedQueue;
  readonly folder: string;
  readonly isThere: boolean;
  firstOffset: number;
  readonly physicalOffsets: number[];
  readonly sizes: number[];
  readonly tagsCodes: number[];
}

/** One pass over the records of a piece. */
export class QueueMatch {
  readonly #task: QueueMatchOptions;
  readonly #problems: ProblemList;
  readonly #runs = new Map<string, Run>();
  readonly #bytes = Buffer.alloc(RUN_ENTRIES * ENTRY_BYTES);

  constructor(task: QueueMatchOptions, problems: ProblemList) {
    this.#task = task;
    this.#problems = problems;
  }

  /** A `DispatchSink`. */
  readonly add: DispatchSink = (topic, queueId, queueOffset, physicalOffset, sizeBytes, tagsCode) => {
    const run = this.#runOf(topic, queueId);
    const count = run.sizes.length;
    if (count > 0 && (count === RUN_ENTRIES || queueOffset !== run.firstOffset + count)) this.#compare(run);
    if (run.sizes.length === 0) run.firstOffset = queueOffset;
    run.physicalOffsets.push(physicalOffset);
    run.sizes.push(sizeBytes);
    run.tagsCodes.push(tagsCode);
    run.counts.maxOffset = Math.max(run.counts.maxOffset, queueOffset + 1);
  };

  /** The counts of each queue. */
  finish(): MatchedQueue[] {
    return [...this.#runs.values()].map((run) => {
      this.#compare(run);
      return run.counts;
    });
  }

  #runOf(topic: string, queueId: number): Run {
    const name = `${topic}/${queueId}`;
    let run = this.#runs.get(name);
    if (run === undefined) {
      const folder = join(this.#task.consumeQueueFolder, topic, String(queueId));
      const counts = { topic, queueId, matched: 0, pending: 0, superseded: 0, withoutQueue: 0, maxOffset: 0 };
      run = {
        counts,
        folder,
        isThere: existsSync(folder),
        firstOffset: 0,
        physicalOffsets: [],
        sizes: [],
        tagsCodes: [],
      };
      this.#runs.set(name, run);
    }
    return run;
  }

  #compare(run: Run): void {
    const count = run.sizes.length;
    this.#load(run, count);
    for (let i = 0; i < count; i++) this.#compareOne(run, i);
    run.physicalOffsets.length = 0;
    run.sizes.length = 0;
    run.tagsCodes.length = 0;
  }

  /** What a file lacks are zeros. */
  #load(run: Run, count: number): void {
    const { queueFileSizeBytes } = this.#task;
    const bytes = this.#bytes.fill(0, 0, count * ENTRY_BYTES);
    for (let at = 0; run.isThere && at < count * ENTRY_BYTES;) {
      const byteOffset = run.firstOffset * ENTRY_BYTES + at;
      const inFile = byteOffset % queueFileSizeBytes;
      const length = Math.min(count * ENTRY_BYTES - at, queueFileSizeBytes - inFile);
      const path = join(run.folder, segmentName(byteOffset - inFile));
      if (nodeFileSystem.exists(path)) {
        const file = nodeFileSystem.open(path, 'read');
        readFully(nodeFileSystem, file, bytes, at, length, inFile);
        nodeFileSystem.close(file);
      }
      at += length;
    }
  }

  #compareOne(run: Run, i: number): void {
    const { counts } = run;
    const physicalOffset = run.physicalOffsets[i] ?? 0;
    const entry = readEntry(this.#bytes, i * ENTRY_BYTES);
    const isPending = physicalOffset > this.#task.pendingFrom;
    if (!run.isThere) {
      if (isPending) counts.pending++;
      else counts.withoutQueue++;
      return;
    }
    if (entry.physicalOffset === physicalOffset && entry.sizeBytes === run.sizes[i] && !isBlankEntry(entry)) {
      counts.matched++;
      const tagsCode = run.tagsCodes[i] ?? 0;
      const isComparable = counts.topic !== SCHEDULE_TOPIC && entry.tagsCode >= TAGS_CODE_MIN;
      if (!isComparable || entry.tagsCode === tagsCode) return;
      this.#report(run, i, `has the tags code ${entry.tagsCode}, and its record ${tagsCode}`);
      return;
    }
    if (entry.sizeBytes !== 0 && !isBlankEntry(entry) && entry.physicalOffset > physicalOffset) {
      counts.superseded++;
    } else if (isPending) {
      counts.pending++;
    } else {
      const what = entry.sizeBytes === 0 ? 'is missing' : `says ${entry.physicalOffset} of ${entry.sizeBytes} bytes`;
      this.#report(run, i, `${what}; its record is at ${physicalOffset} of ${run.sizes[i]} bytes`);
    }
  }

  #report(run: Run, i: number, text: string): void {
    const queueOffset = run.firstOffset + i;
    const inFile = (queueOffset * ENTRY_BYTES) % this.#task.queueFileSizeBytes;
    const path = join(run.folder, segmentName(queueOffset * ENTRY_BYTES - inFile));
    this.#problems.add('damage', 'queue', path, inFile, `the entry of offset ${queueOffset} ${text}`);
  }
}
