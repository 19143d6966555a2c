/**
 * Reads the entries of one index file after a crash, says how many can be trusted, and makes its slots again from them. Commitlog worker, at start.
 * Java: none (Apache deletes the file).
 * Invariant: every kept entry is one that was put: its `previous` is what the slot held when it came, and offsets do not fall.
 */
import { type FileDescriptor, type FileSystem, readFully } from '../commitlog/file-system.js';
import {
  ENTRY_BYTES,
  entryPosition,
  FIRST_PLACE,
  type IndexHeader,
  type IndexShape,
  readEntry,
} from './index-layout.js';

const CHUNK_ENTRIES = 32 * 1024;

/** Up to where entries are wanted. */
export interface IndexCheckLimits {
  /** Entries of records from here on are cut away. */
  readonly cutOffset: number;
}

/** What is left of a file. */
export interface CheckedIndexFile {
  readonly header: IndexHeader;
  readonly slots: Int32Array;
  /** True when an entry that the header counts is not one: entries after it are lost. */
  readonly isDamaged: boolean;
}

/** Checks the file at `path`. */
export function checkIndexFile(
  files: FileSystem,
  path: string,
  shape: IndexShape,
  header: IndexHeader,
  limits: IndexCheckLimits,
): CheckedIndexFile {
  const file = files.open(path, 'read');
  try {
    return new IndexCheck(files, file, shape, header).run(limits);
  } finally {
    files.close(file);
  }
}

type Verdict = 'whole' | 'cut' | 'damaged';

/** Puts the entries of one file one after the other, as they were put at first. */
class IndexCheck {
  readonly #files: FileSystem;
  readonly #file: FileDescriptor;
  readonly #shape: IndexShape;
  readonly #header: IndexHeader;
  readonly #slots: Int32Array;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_ENTRIES * ENTRY_BYTES);
  readonly #view = new DataView(this.#chunk.buffer, this.#chunk.byteOffset, this.#chunk.length);
  /** Entries before it are in the slots. */
  #place = FIRST_PLACE;
  /** The first entry of the last record, and where that record is. */
  #recordPlace = FIRST_PLACE;
  #recordOffset: number;
  #slotCount = 0;

  constructor(files: FileSystem, file: FileDescriptor, shape: IndexShape, header: IndexHeader) {
    this.#files = files;
    this.#file = file;
    this.#shape = shape;
    this.#header = header;
    this.#recordOffset = header.beginPhysicalOffset;
    this.#slots = new Int32Array(shape.hashSlotNum);
  }

  run({ cutOffset }: IndexCheckLimits): CheckedIndexFile {
    const end = Math.min(this.#header.indexCount, this.#shape.indexNum);
    let verdict: Verdict = 'whole';
    while (verdict === 'whole' && this.#place < end) {
      const count = Math.min(CHUNK_ENTRIES, end - this.#place);
      this.#load(this.#place, count);
      verdict = this.#take(count, cutOffset);
    }
    const isDamaged = verdict === 'damaged' || this.#header.indexCount > this.#shape.indexNum;
    // The record before the damage may lack keys: it has none afterwards, and the log gives it again.
    if (isDamaged && this.#place > FIRST_PLACE) this.#undoRecord();
    const isAsItWas = this.#place === this.#header.indexCount;
    return { header: isAsItWas ? { ...this.#header } : this.#cutHeader(), slots: this.#slots, isDamaged };
  }

  /** Bytes that the file lacks are zeros, and no entries. */
  #load(place: number, count: number): void {
    const position = entryPosition(this.#shape, place);
    const bytesRead = readFully(this.#files, this.#file, this.#chunk, 0, count * ENTRY_BYTES, position);
    this.#chunk.fill(0, bytesRead, count * ENTRY_BYTES);
  }

  /** Hot: there may be 20 million, with their slots all over memory. */
  #take(count: number, cutOffset: number): Verdict {
    const slots = this.#slots;
    const view = this.#view;
    for (let at = 0; at < count * ENTRY_BYTES; at += ENTRY_BYTES) {
      const keyHash = view.getInt32(at);
      const slot = keyHash % slots.length;
      const physicalOffset = view.getInt32(at + 4) * 0x1_0000_0000 + view.getUint32(at + 8);
      const timeSeconds = view.getInt32(at + 12);
      const previous = view.getInt32(at + 16);
      const isEntry = keyHash >= 0 && timeSeconds >= 0 && physicalOffset >= this.#recordOffset;
      // All zeros: never written. One of the log's first record, put in the file's first second under a hash of 0, looks so too, and is made again.
      const isBlank = keyHash === 0 && physicalOffset === 0 && timeSeconds === 0 && previous === 0;
      if (!isEntry || isBlank || slots[slot] !== previous) return 'damaged';
      // Past the file's own end it is none of its entries.
      if (physicalOffset >= cutOffset) return physicalOffset > this.#header.endPhysicalOffset ? 'damaged' : 'cut';
      if (physicalOffset !== this.#recordOffset) {
        this.#recordOffset = physicalOffset;
        this.#recordPlace = this.#place;
      }
      slots[slot] = this.#place++;
      if (previous === 0) this.#slotCount++;
    }
    return 'whole';
  }

  /** Takes the last record's entries out again, the newest first. */
  #undoRecord(): void {
    while (this.#place > this.#recordPlace) {
      const count = Math.min(CHUNK_ENTRIES, this.#place - this.#recordPlace);
      this.#place -= count;
      this.#load(this.#place, count);
      for (let at = (count - 1) * ENTRY_BYTES; at >= 0; at -= ENTRY_BYTES) {
        const { keyHash, previous } = readEntry(this.#chunk, at);
        this.#slots[keyHash % this.#slots.length] = previous;
        if (previous === 0) this.#slotCount--;
      }
    }
  }

  #cutHeader(): IndexHeader {
    const { beginTimestampMs } = this.#header;
    if (this.#place === FIRST_PLACE) return { ...this.#header, indexCount: FIRST_PLACE };
    this.#load(FIRST_PLACE, 1);
    const first = readEntry(this.#chunk, 0);
    this.#load(this.#place - 1, 1);
    const last = readEntry(this.#chunk, 0);
    return {
      beginTimestampMs,
      // The exact time stands in the log; to the second is enough to find the file.
      endTimestampMs: beginTimestampMs + last.timeSeconds * 1000 + 999,
      beginPhysicalOffset: first.physicalOffset,
      endPhysicalOffset: last.physicalOffset,
      hashSlotCount: this.#slotCount,
      indexCount: this.#place,
    };
  }
}
