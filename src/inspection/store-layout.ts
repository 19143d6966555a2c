/**
 * Which files a store has, and their sizes, found out from the files themselves: a store is checked without its configuration. Main thread, read-only.
 * Java: none.
 */
import { join } from 'node:path';

import { segmentName, startOffsetOfSegment } from '../base/segment-name.js';
import { type FileSystem, readFully } from '../commitlog/file-system.js';
import type { LogPiece } from '../commitlog/log-piece.js';
import { type CheckpointFields, StoreCheckpoint } from '../commitlog/store-checkpoint.js';
import { isIndexFileName } from '../index/index-file-name.js';
import { fileSizeOf, HEADER_BYTES, type IndexHeader, type IndexShape, readHeader } from '../index/index-layout.js';
import type { ProblemList } from './problem.js';

/** Apache's default, for the case that only unfinished files are there. */
const CONSUME_QUEUE_FILE_BYTES = 6_000_000;

/** A segment of the log. */
export type SegmentInfo = Pick<LogPiece, 'path' | 'startOffset' | 'sizeBytes' | 'writtenBytesMax'>;

/** A file of the index that can be read. */
export interface IndexFileInfo {
  readonly path: string;
  readonly header: IndexHeader;
}

/** A store. */
export interface StoreLayout {
  readonly folder: string;
  readonly segments: readonly SegmentInfo[];
  readonly segmentSizeBytes: number;
  readonly consumeQueueFolder: string;
  readonly queueFileSizeBytes: number;
  readonly queues: readonly { readonly topic: string; readonly queueId: number }[];
  readonly indexFiles: readonly IndexFileInfo[];
  readonly indexShape: IndexShape;
  readonly checkpoint: CheckpointFields;
  readonly wasCleanStop: boolean;
}

/** Where a store is, and what its files do not say of themselves. */
export interface StorePlace {
  readonly folder: string;
  readonly commitLogFolder: string;
  readonly indexShape: IndexShape;
}

/** Looks at the folders. Throws when there is no store. */
export function readStoreLayout(files: FileSystem, place: StorePlace, problems: ProblemList): StoreLayout {
  const { folder, commitLogFolder, indexShape } = place;
  const consumeQueueFolder = join(folder, 'consumequeue');
  if (!files.exists(commitLogFolder)) throw new Error(`${folder} is no store: there is no folder ${commitLogFolder}`);
  const segments = readSegments(files, commitLogFolder, problems);
  const queues = readQueues(files, consumeQueueFolder);
  const checkpoint = new StoreCheckpoint(files, join(folder, 'checkpoint'));
  checkpoint.load();
  return {
    folder,
    segments,
    segmentSizeBytes: segments[0]?.sizeBytes ?? 0,
    consumeQueueFolder,
    queueFileSizeBytes: queueFileSize(files, consumeQueueFolder, queues),
    queues,
    indexFiles: readIndexFiles(files, join(folder, 'index'), indexShape, problems),
    indexShape,
    checkpoint: checkpoint.fields,
    wasCleanStop: !files.exists(join(folder, 'abort')),
  };
}

function readSegments(files: FileSystem, folder: string, problems: ProblemList): SegmentInfo[] {
  const starts = files
    .readdir(folder)
    .map((name) => startOffsetOfSegment(name))
    .filter((start) => start !== undefined)
    .toSorted((a, b) => a - b);
  const found = starts.map((startOffset) => {
    const path = join(folder, segmentName(startOffset));
    return { path, startOffset, ...sizesOf(files, path) };
  });
  const sizeBytes = Math.max(0, ...found.map((segment) => segment.sizeBytes));
  return found.map((segment, i) => {
    const next = starts[i + 1];
    const isLast = next === undefined;
    if (segment.sizeBytes !== sizeBytes) {
      const text = `has ${segment.sizeBytes} bytes, the others ${sizeBytes}`;
      problems.add(isLast ? 'note' : 'damage', 'log', segment.path, -1, text);
    }
    if (!isLast && next !== segment.startOffset + sizeBytes) {
      problems.add('damage', 'log', segment.path, -1, `is followed by ${segmentName(next)}: files are missing between`);
    }
    return { ...segment, sizeBytes, writtenBytesMax: Math.min(segment.writtenBytesMax, sizeBytes) };
  });
}

function sizesOf(files: FileSystem, path: string): { sizeBytes: number; writtenBytesMax: number } {
  const file = files.open(path, 'read');
  try {
    const sizeBytes = files.size(file);
    return { sizeBytes, writtenBytesMax: Math.min(sizeBytes, files.allocatedBytes?.(file) ?? sizeBytes) };
  } finally {
    files.close(file);
  }
}

function readQueues(files: FileSystem, folder: string): { topic: string; queueId: number }[] {
  const queues: { topic: string; queueId: number }[] = [];
  for (const topic of files.readdir(folder).toSorted()) {
    const ids = files.readdir(join(folder, topic)).filter((name) => /^\d+$/.test(name));
    for (const queueId of ids.map(Number).toSorted((a, b) => a - b)) queues.push({ topic, queueId });
  }
  return queues;
}

/** The size that files have most often; a few queues are looked at. */
function queueFileSize(files: FileSystem, folder: string, queues: StoreLayout['queues']): number {
  const counts = new Map<number, number>();
  for (const { topic, queueId } of queues.slice(0, 64)) {
    const queueFolder = join(folder, topic, String(queueId));
    for (const name of files.readdir(queueFolder).filter((one) => startOffsetOfSegment(one) !== undefined)) {
      const { sizeBytes } = sizesOf(files, join(queueFolder, name));
      counts.set(sizeBytes, (counts.get(sizeBytes) ?? 0) + 1);
    }
  }
  const [mostOften] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [CONSUME_QUEUE_FILE_BYTES];
  return Math.max(mostOften, 20);
}

function readIndexFiles(files: FileSystem, folder: string, shape: IndexShape, problems: ProblemList): IndexFileInfo[] {
  const found: IndexFileInfo[] = [];
  for (const name of files.readdir(folder).filter(isIndexFileName).toSorted()) {
    const path = join(folder, name);
    const { sizeBytes } = sizesOf(files, path);
    if (sizeBytes !== fileSizeOf(shape)) {
      const text = `has ${sizeBytes} bytes, not those of maxHashSlotNum ${shape.hashSlotNum} and maxIndexNum ${shape.indexNum}: not checked`;
      problems.add('note', 'index', path, -1, text);
      continue;
    }
    const bytes = Buffer.alloc(HEADER_BYTES);
    const file = files.open(path, 'read');
    readFully(files, file, bytes, 0, HEADER_BYTES, 0);
    files.close(file);
    found.push({ path, header: readHeader(bytes) });
  }
  return found;
}
