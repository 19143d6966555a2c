/** Reads what the files of a store say, without the store's help beyond its formats. Java: none. Invariant: it changes nothing. */
import { join } from 'node:path';

import { startOffsetOfSegment } from '#src/base/segment-name.js';
import { type FileSystem, readFully } from '#src/commitlog/file-system.js';
import { KeyDispatch } from '#src/commitlog/key-dispatch.js';
import { RecordDispatch } from '#src/commitlog/record-dispatch.js';
import { type RecordVisitor, scanSegment } from '#src/commitlog/segment-scan.js';
import { type ConsumeQueueEntry, ENTRY_BYTES, isBlankEntry, readEntry } from '#src/consumequeue/consume-queue-entry.js';
import {
  ENTRY_BYTES as INDEX_ENTRY_BYTES,
  entryPosition,
  FIRST_PLACE,
  readEntry as readIndexEntry,
} from '#src/index/index-layout.js';
import type { IndexFileState } from '#src/index/index-set.js';
import { DelayLevelTable } from '#src/message/delay-level-table.js';
import type { StoreSettings } from '#src/workers/control-message.js';

import { idIn } from './sent-messages.js';

/** A record of the log. */
export interface ImageRecord {
  readonly name: string;
  readonly topic: string;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly sizeBytes: number;
  readonly tagsCode: number;
  readonly id: number;
  readonly body: string;
  readonly properties: string;
}

/** The log from its first record to the first thing that is none. */
export interface ImageLog {
  readonly records: readonly ImageRecord[];
  /** `keyHash@physicalOffset` of all keys. */
  readonly keys: readonly string[];
  readonly startOffset: number;
  readonly endOffset: number;
}

/** Reads the log. */
export function readLog(files: FileSystem, settings: StoreSettings): ImageLog {
  const records: ImageRecord[] = [];
  const keys: string[] = [];
  let name = '';
  let found = { topic: '', queueOffset: 0, physicalOffset: 0, sizeBytes: 0, tagsCode: 0 };
  const levels = new DelayLevelTable(settings.delayLevelsMs);
  const dispatch = new RecordDispatch(0, levels, (topic, queueId, queueOffset, physicalOffset, sizeBytes, tagsCode) => {
    name = `${topic}/${queueId}`;
    found = { topic, queueOffset, physicalOffset, sizeBytes, tagsCode };
  });
  const keyDispatch = new KeyDispatch(0, (hash, physicalOffset) => void keys.push(`${hash}@${physicalOffset}`));
  const visit: RecordVisitor = (source, position, physicalOffset, parts) => {
    dispatch.visit(source, position, physicalOffset, parts);
    keyDispatch.visit(source, position, physicalOffset, parts);
    const body = source.toString('latin1', parts.bodyStart, parts.bodyEnd);
    const properties = source.toString('latin1', parts.propertiesStart, parts.propertiesEnd);
    records.push({ ...found, name, id: idIn(properties), body, properties });
  };
  const segments = segmentsOf(files, settings.storePathCommitLog);
  const startOffset = segments[0]?.start ?? 0;
  let endOffset = startOffset;
  for (const { path, start } of segments) {
    if (start !== endOffset) break;
    const range = { path, startOffset: start, sizeBytes: settings.mappedFileSizeCommitLog, fromOffset: start };
    const end = scanSegment(files, range, visit);
    ({ endOffset } = end);
    if (!end.isFull) break;
  }
  return { records, keys, startOffset, endOffset };
}

/** All entries of a queue by queue offset, blanks left out. */
export type ImageQueue = ReadonlyMap<number, ConsumeQueueEntry>;

/** Reads all queues, by `topic/queueId`. */
export function readQueues(files: FileSystem, settings: StoreSettings): Map<string, ImageQueue> {
  const queues = new Map<string, ImageQueue>();
  const root = join(settings.storePathRootDir, 'consumequeue');
  for (const topic of files.readdir(root)) {
    for (const queueId of files.readdir(join(root, topic))) {
      const entries = new Map<number, ConsumeQueueEntry>();
      for (const { path, start } of segmentsOf(files, join(root, topic, queueId))) {
        const bytes = readWhole(files, path);
        for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
          const entry = readEntry(bytes, at);
          if (entry.sizeBytes !== 0 && !isBlankEntry(entry)) entries.set((start + at) / ENTRY_BYTES, entry);
        }
      }
      queues.set(`${topic}/${queueId}`, entries);
    }
  }
  return queues;
}

/** `keyHash@physicalOffset` of all entries of the index, whose files the store says to have so many. */
export function readIndex(files: FileSystem, settings: StoreSettings, states: readonly IndexFileState[]): string[] {
  const shape = { hashSlotNum: settings.maxHashSlotNum, indexNum: settings.maxIndexNum };
  const folder = join(settings.storePathRootDir, 'index');
  const keys: string[] = [];
  for (const { name, indexCount } of states) {
    if (indexCount <= FIRST_PLACE) continue;
    const bytes = readWhole(files, join(folder, name));
    for (let place = FIRST_PLACE; place < indexCount; place++) {
      const position = entryPosition(shape, place);
      if (position + INDEX_ENTRY_BYTES > bytes.length) break;
      const { keyHash, physicalOffset } = readIndexEntry(bytes, position);
      keys.push(`${keyHash}@${physicalOffset}`);
    }
  }
  return keys;
}

function segmentsOf(files: FileSystem, folder: string): { path: string; start: number }[] {
  return files
    .readdir(folder)
    .toSorted()
    .map((name) => ({ path: join(folder, name), start: startOffsetOfSegment(name) ?? -1 }))
    .filter(({ start }) => start >= 0);
}

function readWhole(files: FileSystem, path: string): Buffer {
  const file = files.open(path, 'read');
  const bytes = Buffer.alloc(files.size(file));
  readFully(files, file, bytes, 0, bytes.length, 0);
  files.close(file);
  return bytes;
}
