/**
 * Finds the physical offsets of a key's messages in index files. Piscina pool: it blocks its thread. Java: IndexService.queryOffset, IndexFile.selectPhyOffset.
 * Invariant: finds at least what was put before the search was asked for. Hashes can collide: who asked looks at the keys of what is found.
 */
import { join } from 'node:path';

import { type FileDescriptor, type FileSystem, readFully } from '../commitlog/file-system.js';
import {
  ENTRY_BYTES,
  entryPosition,
  FIRST_PLACE,
  type IndexEntry,
  type IndexShape,
  readEntry,
  SLOT_BYTES,
  slotPosition,
} from './index-layout.js';
import type { IndexFileState } from './index-set.js';

/** Entries read at once: the messages of a busy key stand close to each other. */
const BLOCK_ENTRIES = 1024;

/** What to search for. */
export interface IndexSearch {
  readonly folder: string;
  readonly shape: IndexShape;
  /** The files, oldest first. */
  readonly states: readonly IndexFileState[];
  readonly keyHash: number;
  readonly countMax: number;
  readonly beginTimestampMs: number;
  readonly endTimestampMs: number;
}

/** Physical offsets of the newest `countMax` messages stored between the times (to the second), newest first. */
export function searchIndex(files: FileSystem, search: IndexSearch): number[] {
  const found: number[] = [];
  for (const state of search.states.toReversed()) {
    if (found.length >= search.countMax) break;
    if (isTimeMatched(state, search)) searchFile(files, search, state, found);
    if (state.beginTimestampMs < search.beginTimestampMs) break;
  }
  return found;
}

/** Java: IndexFile.isTimeMatched. */
function isTimeMatched(state: IndexFileState, { beginTimestampMs: begin, endTimestampMs: end }: IndexSearch): boolean {
  const { beginTimestampMs: first, endTimestampMs: last } = state;
  return (begin < first && end > last) || (begin >= first && begin <= last) || (end >= first && end <= last);
}

function searchFile(files: FileSystem, search: IndexSearch, state: IndexFileState, found: number[]): void {
  // Without entries there may be no file.
  if (state.indexCount <= FIRST_PLACE) return;
  const file = openIfThere(files, join(search.folder, state.name));
  if (file === undefined) return;
  try {
    const newest = state.newestPlace < 0 ? readSlot(files, file, search) : state.newestPlace;
    followChain(new EntryReader(files, file, search.shape), newest, search, state, found);
  } finally {
    files.close(file);
  }
}

/** A file may have been deleted since the search was asked for: its messages are gone too. */
function openIfThere(files: FileSystem, path: string): FileDescriptor | undefined {
  try {
    return files.open(path, 'read');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function followChain(
  entries: EntryReader,
  newest: number,
  search: IndexSearch,
  state: IndexFileState,
  found: number[],
): void {
  // A slot in the file may be newer than what the search was told: the entries that it leads to are in the file before it is.
  for (let place = newest; place >= FIRST_PLACE && place < search.shape.indexNum;) {
    if (found.length >= search.countMax) return;
    const entry = entries.at(place);
    if (entry.timeSeconds < 0) return;
    const timestampMs = state.beginTimestampMs + entry.timeSeconds * 1000;
    const isWanted = timestampMs >= search.beginTimestampMs && timestampMs <= search.endTimestampMs;
    if (isWanted && entry.keyHash === search.keyHash) found.push(entry.physicalOffset);
    // Places only fall along a chain: one that does not is damage, and would lead around for ever.
    if (timestampMs < search.beginTimestampMs || entry.previous >= place) return;
    place = entry.previous;
  }
}

function readSlot(files: FileSystem, file: FileDescriptor, { shape, keyHash }: IndexSearch): number {
  const slot = Buffer.alloc(SLOT_BYTES);
  readFully(files, file, slot, 0, SLOT_BYTES, slotPosition(shape, keyHash));
  return slot.readInt32BE(0);
}

/** Entries of one file, a block at a time. */
class EntryReader {
  readonly #files: FileSystem;
  readonly #file: FileDescriptor;
  readonly #shape: IndexShape;
  readonly #block = Buffer.alloc(BLOCK_ENTRIES * ENTRY_BYTES);
  #blockPlace = -1;

  constructor(files: FileSystem, file: FileDescriptor, shape: IndexShape) {
    this.#files = files;
    this.#file = file;
    this.#shape = shape;
  }

  at(place: number): IndexEntry {
    const blockPlace = place - (place % BLOCK_ENTRIES);
    if (blockPlace !== this.#blockPlace) {
      const position = entryPosition(this.#shape, blockPlace);
      const bytesRead = readFully(this.#files, this.#file, this.#block, 0, this.#block.length, position);
      this.#block.fill(0, bytesRead);
      this.#blockPlace = blockPlace;
    }
    return readEntry(this.#block, (place - blockPlace) * ENTRY_BYTES);
  }
}
