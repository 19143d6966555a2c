/**
 * Looks through a stretch of one queue for messages whose properties a filter wants. Piscina pool: it blocks its thread with reads, and
 * what it reads is far from the log's end. Java: DefaultMessageStore.getMessage with ExpressionMessageFilter.
 * Invariant: keeps nothing between tasks but compiled expressions and one buffer; reads at most `SCAN_BYTES_MAX`, and one record at least.
 */
import { join } from 'node:path';

import { segmentName } from '../base/segment-name.js';
import { type FileDescriptor, nodeFileSystem, readFully } from '../commitlog/file-system.js';
import { ENTRY_BYTES, isBlankEntry, readEntry } from '../consumequeue/consume-queue-entry.js';
import { PropertyFilter, type PropertyFilterSpec } from '../filter/property-filter.js';
import { isRecordHead } from '../commitlog/log-reader.js';

/** Most bytes of the log that one task reads, unless a single record has more. */
export const SCAN_BYTES_MAX = 8 * 1024 * 1024;
/** Most that judging the messages of one task may cost, as PropertyFilter measures it: some 50 ms. */
const SCAN_COST_MAX = 64_000_000;
/** Most bytes of one read, unless a single record has more. */
const CHUNK_BYTES = 512 * 1024;
/** Records no further apart than this are read together with what lies between them. */
const GAP_BYTES_MAX = 4_096;

/** Where records are: entry `i` is that of the queue offset `offset + i`. A size of 0 stands for no message. */
export interface ScanEntries {
  readonly physicalOffsets: Float64Array;
  readonly sizes: Int32Array;
}

/** What to look through. */
export interface FilterScanTask {
  readonly commitLogFolder: string;
  readonly segmentSizeBytes: number;
  readonly consumeQueueFolder: string;
  readonly consumeQueueFileSizeBytes: number;
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  /** Entries to look at, at the most. */
  readonly count: number;
  /** The entries, if they may not be in the consume queue's files yet. */
  readonly entries: ScanEntries | undefined;
  readonly filter: PropertyFilterSpec;
  readonly maxCount: number;
  readonly maxBytes: number;
}

/** What was found. */
export interface FilterScanResult {
  /** Where to go on; `offset` if there was no entry at all. */
  readonly nextOffset: number;
  /** The wanted records, one after the other. */
  readonly records: Uint8Array;
  readonly messageCount: number;
  /** True if a record was not where its entry says: its segment is gone. */
  readonly isIncomplete: boolean;
}

/** Entry point of the task. */
export function scanQueue(task: FilterScanTask): FilterScanResult {
  const entries = task.entries ?? readEntries(task);
  const log = new SegmentReads(task.commitLogFolder, task.segmentSizeBytes);
  try {
    return new QueueScan(task, entries, log).run();
  } finally {
    log.close();
  }
}

/** One task on its way. */
class QueueScan {
  readonly #task: FilterScanTask;
  readonly #entries: ScanEntries;
  readonly #log: SegmentReads;
  readonly #filter: PropertyFilter;
  readonly #records: Uint8Array[] = [];
  #recordBytes = 0;
  #cost = 0;
  #isIncomplete = false;

  constructor(task: FilterScanTask, entries: ScanEntries, log: SegmentReads) {
    this.#task = task;
    this.#entries = entries;
    this.#log = log;
    this.#filter = new PropertyFilter(task.filter);
  }

  run(): FilterScanResult {
    const { sizes } = this.#entries;
    let at = 0;
    while (at < sizes.length && this.#mayGoOn()) {
      if (!this.#offer(at)) break;
      at++;
    }
    const records = new Uint8Array(this.#recordBytes);
    let end = 0;
    for (const record of this.#records) {
      records.set(record, end);
      end += record.length;
    }
    const nextOffset = this.#task.offset + at;
    return { nextOffset, records, messageCount: this.#records.length, isIncomplete: this.#isIncomplete };
  }

  #mayGoOn(): boolean {
    const { maxCount } = this.#task;
    return this.#records.length < maxCount && this.#cost < SCAN_COST_MAX && this.#log.bytesRead < SCAN_BYTES_MAX;
  }

  /** Takes or passes over an entry; false if it is wanted but does not fit any more. */
  #offer(index: number): boolean {
    const sizeBytes = this.#entries.sizes[index] ?? 0;
    if (sizeBytes === 0) return true;
    const position = this.#log.load(this.#entries, index);
    if (position < 0) {
      this.#isIncomplete = true;
      return true;
    }
    const { buffer } = this.#log;
    const isMatch = this.#filter.isMatch(buffer, position, position + sizeBytes);
    this.#cost += this.#filter.lastCost;
    if (!isMatch) return true;
    if (this.#records.length > 0 && this.#recordBytes + sizeBytes > this.#task.maxBytes) return false;
    this.#records.push(Uint8Array.prototype.slice.call(buffer, position, position + sizeBytes));
    this.#recordBytes += sizeBytes;
    return true;
  }
}

/** The task's entries from the consume queue's files; fewer where the files end. */
function readEntries(task: FilterScanTask): ScanEntries {
  const bytes = Buffer.allocUnsafe(task.count * ENTRY_BYTES);
  const folder = join(task.consumeQueueFolder, task.topic, String(task.queueId));
  let done = 0;
  while (done < bytes.length) {
    const byteOffset = task.offset * ENTRY_BYTES + done;
    const inFile = byteOffset % task.consumeQueueFileSizeBytes;
    const length = Math.min(bytes.length - done, task.consumeQueueFileSizeBytes - inFile);
    const read = readFile(join(folder, segmentName(byteOffset - inFile)), bytes, done, length, inFile);
    done += read;
    if (read < length) break;
  }
  return decodeEntries(bytes, Math.floor(done / ENTRY_BYTES));
}

function decodeEntries(bytes: Buffer, count: number): ScanEntries {
  const physicalOffsets = new Float64Array(count);
  const sizes = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const entry = readEntry(bytes, i * ENTRY_BYTES);
    // The rest of the file is empty.
    if (entry.sizeBytes === 0) return { physicalOffsets: physicalOffsets.subarray(0, i), sizes: sizes.subarray(0, i) };
    physicalOffsets[i] = entry.physicalOffset;
    sizes[i] = isBlankEntry(entry) ? 0 : entry.sizeBytes;
  }
  return { physicalOffsets, sizes };
}

function readFile(path: string, target: Buffer, start: number, length: number, position: number): number {
  const file = openIfThere(path);
  if (file === undefined) return 0;
  try {
    return readFully(nodeFileSystem, file, target, start, length, position);
  } finally {
    nodeFileSystem.close(file);
  }
}

function openIfThere(path: string): FileDescriptor | undefined {
  try {
    return nodeFileSystem.open(path, 'read');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** One buffer for all tasks of a thread: its content is a task's own, and forgotten with it. */
const chunkBuffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);

/** Reads runs of records that lie close together. */
class SegmentReads {
  buffer: Buffer = chunkBuffer;
  /** Bytes of the log read so far. */
  bytesRead = 0;
  readonly #folder: string;
  readonly #segmentSizeBytes: number;
  #file: FileDescriptor | undefined;
  #segment = -1;
  #start = 0;
  #end = 0;

  constructor(folder: string, segmentSizeBytes: number) {
    this.#folder = folder;
    this.#segmentSizeBytes = segmentSizeBytes;
  }

  /** Where in `buffer` the record of entry `index` is, or -1 if there is no such record. */
  load(entries: ScanEntries, index: number): number {
    const physicalOffset = entries.physicalOffsets[index] ?? 0;
    const sizeBytes = entries.sizes[index] ?? 0;
    const isThere = physicalOffset >= this.#start && physicalOffset + sizeBytes <= this.#end;
    if (!isThere && !this.#read(physicalOffset, runBytes(entries, index), sizeBytes)) return -1;
    const position = physicalOffset - this.#start;
    return isRecordHead(this.buffer, position, sizeBytes, physicalOffset) ? position : -1;
  }

  close(): void {
    if (this.#file !== undefined) nodeFileSystem.close(this.#file);
    this.#file = undefined;
  }

  #read(physicalOffset: number, length: number, needed: number): boolean {
    const inSegment = physicalOffset % this.#segmentSizeBytes;
    const file = this.#use(physicalOffset - inSegment);
    if (file === undefined) return false;
    this.buffer = length > CHUNK_BYTES ? Buffer.allocUnsafeSlow(length) : chunkBuffer;
    const read = readFully(nodeFileSystem, file, this.buffer, 0, length, inSegment);
    this.bytesRead += read;
    this.#start = physicalOffset;
    this.#end = physicalOffset + read;
    return read >= needed;
  }

  #use(segment: number): FileDescriptor | undefined {
    if (segment === this.#segment) return this.#file;
    this.close();
    this.#segment = segment;
    this.#file = openIfThere(join(this.#folder, segmentName(segment)));
    return this.#file;
  }
}

/** Bytes from the record of entry `index` to the end of the last one that is worth the same read; one that runs past its segment comes short. */
function runBytes({ physicalOffsets, sizes }: ScanEntries, index: number): number {
  const start = physicalOffsets[index] ?? 0;
  let end = start + (sizes[index] ?? 0);
  for (let i = index + 1; i < sizes.length; i++) {
    const next = physicalOffsets[i] ?? 0;
    const nextEnd = next + (sizes[i] ?? 0);
    if ((sizes[i] ?? 0) === 0 || next < end || next - end > GAP_BYTES_MAX) break;
    if (nextEnd - start > CHUNK_BYTES) break;
    end = nextEnd;
  }
  return end - start;
}
