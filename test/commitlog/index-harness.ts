/** What the index of a store holds, and what its log calls for. Java: none. Invariant: reads files only, of a store that is not open. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeFileSystem } from '#src/commitlog/file-system.js';
import { KeyDispatch } from '#src/commitlog/key-dispatch.js';
import { scanSegment } from '#src/commitlog/segment-scan.js';
import { checkIndexFile } from '#src/index/index-check.js';
import {
  entryPosition,
  FIRST_PLACE,
  HEADER_BYTES,
  type IndexShape,
  readEntry,
  readHeader,
  SLOT_BYTES,
} from '#src/index/index-layout.js';

/** Names of the index's files, oldest first. */
export function indexFiles(folder: string): string[] {
  return nodeFileSystem.readdir(join(folder, 'index')).toSorted();
}

/** `keyHash@physicalOffset` of all keys of the log's records, in order. */
export function keysOfLog(folder: string): string[] {
  const keys: string[] = [];
  const dispatch = new KeyDispatch(0, (keyHash, physicalOffset) => keys.push(`${keyHash}@${physicalOffset}`));
  for (const name of readdirSync(join(folder, 'commitlog')).toSorted()) {
    const path = join(folder, 'commitlog', name);
    const range = { path, startOffset: Number(name), sizeBytes: readFileSync(path).length, fromOffset: Number(name) };
    scanSegment(nodeFileSystem, range, dispatch.visit);
  }
  return keys;
}

/** The same of all entries of the index; throws when slots or chains are not what the entries call for. */
export function keysOfIndex(folder: string, shape: IndexShape): string[] {
  return indexFiles(folder).flatMap((name) => {
    const path = join(folder, 'index', name);
    const bytes = readFileSync(path);
    const header = readHeader(bytes);
    const limits = { cutOffset: Number.POSITIVE_INFINITY, redoneFrom: Number.POSITIVE_INFINITY };
    const checked = checkIndexFile(nodeFileSystem, path, shape, header, limits);
    if (checked.isDamaged) throw new Error(`${path} is damaged`);
    if (checked.slots.some((place, slot) => bytes.readInt32BE(HEADER_BYTES + slot * SLOT_BYTES) !== place)) {
      throw new Error(`${path} has slots that do not fit its entries`);
    }
    const keys: string[] = [];
    for (let place = FIRST_PLACE; place < header.indexCount; place++) {
      const { keyHash, physicalOffset } = readEntry(bytes, entryPosition(shape, place));
      keys.push(`${keyHash}@${physicalOffset}`);
    }
    return keys;
  });
}
