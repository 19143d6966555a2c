/**
 * The entries that the index has of a part of the log, compared with the keys of the records there: each entry must be one of them. Piscina pool,
 * read-only. Java: none. Invariant: entries of a file, and files, are in the order of the log, so that a place is found by halving.
 */
import { type FileDescriptor, nodeFileSystem, readFully } from '../commitlog/file-system.js';
import { ENTRY_BYTES, entryPosition, FIRST_PLACE, type IndexShape, readEntry } from '../index/index-layout.js';
import type { ProblemList } from './problem.js';
import type { IndexFileInfo } from './store-layout.js';

const CHUNK_ENTRIES = 8192;
const NUMBERS_PER_KEY = 3;

/** The index's files. */
export class IndexSlice {
  readonly #indexFiles: readonly IndexFileInfo[];
  readonly #shape: IndexShape;
  readonly #one = Buffer.alloc(ENTRY_BYTES);
  readonly #pendingFrom: number;

  /** Entries of records after `pendingFrom` are cut away by the next start if they are wrong. */
  constructor(indexFiles: readonly IndexFileInfo[], shape: IndexShape, pendingFrom: number) {
    this.#pendingFrom = pendingFrom;
    this.#indexFiles = indexFiles;
    this.#shape = shape;
  }

  /** Compares entries of records in [fromOffset, untilOffset) with `keys` (see KeyBatchBuilder); returns how many there were. */
  check(fromOffset: number, untilOffset: number, keys: Float64Array, problems: ProblemList): number {
    let count = 0;
    for (const { path, header } of this.#indexFiles) {
      if (header.endPhysicalOffset < fromOffset || header.beginPhysicalOffset >= untilOffset) continue;
      const end = Math.min(header.indexCount, this.#shape.indexNum);
      const file = nodeFileSystem.open(path, 'read');
      try {
        const first = this.#placeOf(file, fromOffset, end);
        count += this.#compare(file, path, first, this.#placeOf(file, untilOffset, end), keys, problems);
      } finally {
        nodeFileSystem.close(file);
      }
    }
    return count;
  }

  /** The first place whose record begins at `physicalOffset` or later. */
  #placeOf(file: FileDescriptor, physicalOffset: number, end: number): number {
    let low = FIRST_PLACE;
    let high = end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      readFully(nodeFileSystem, file, this.#one, 0, ENTRY_BYTES, entryPosition(this.#shape, middle));
      if (readEntry(this.#one, 0).physicalOffset < physicalOffset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(
    file: FileDescriptor,
    path: string,
    first: number,
    end: number,
    keys: Float64Array,
    problems: ProblemList,
  ): number {
    const chunk = Buffer.alloc(CHUNK_ENTRIES * ENTRY_BYTES);
    let key = 0;
    for (let place = first; place < end;) {
      const count = Math.min(CHUNK_ENTRIES, end - place);
      const position = entryPosition(this.#shape, place);
      readFully(nodeFileSystem, file, chunk, 0, count * ENTRY_BYTES, position);
      for (let i = 0; i < count; i++) {
        const { physicalOffset, keyHash } = readEntry(chunk, i * ENTRY_BYTES);
        while (key < keys.length && (keys[key + 1] ?? 0) < physicalOffset) key += NUMBERS_PER_KEY;
        if (hasKey(keys, key, physicalOffset, keyHash)) continue;
        const text = `the entry at place ${place + i} is of no key of a whole record at ${physicalOffset}`;
        problems.add(
          physicalOffset > this.#pendingFrom ? 'note' : 'damage',
          'index',
          path,
          position + i * ENTRY_BYTES,
          text,
        );
      }
      place += count;
    }
    return Math.max(0, end - first);
  }
}

function hasKey(keys: Float64Array, from: number, physicalOffset: number, keyHash: number): boolean {
  for (let i = from; i < keys.length && keys[i + 1] === physicalOffset; i += NUMBERS_PER_KEY) {
    if (keys[i] === keyHash) return true;
  }
  return false;
}
