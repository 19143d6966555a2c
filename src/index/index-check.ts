/**
 * Reads the entries of one index file after a crash, says how many can be trusted, and makes its slots again from them. Commitlog worker, at start.
 * Java: none (Apache deletes the file).
 * Invariant: every kept entry is one that was put: its `previous` is what the slot held when it came, and offsets do not fall.
 */
import { type FileSystem, readFully } from '../commitlog/file-system.js';
import { readInt64 } from '../message/stored-record.js';
import { ENTRY_BYTES, entryPosition, FIRST_PLACE, type IndexHeader, type IndexShape } from './index-layout.js';

const CHUNK_ENTRIES = 32 * 1024;

/** Up to where entries are wanted. */
export interface IndexCheckLimits {
  /** Entries of records from here on are cut away. */
  readonly cutOffset: number;
  /** The last record may lack keys: if it begins here or later, the log will give it again, and its entries go. */
  readonly redoneFrom: number;
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
  const replay = new Replay(shape, header);
  const end = Math.min(header.indexCount, shape.indexNum);
  const chunk = Buffer.allocUnsafe(CHUNK_ENTRIES * ENTRY_BYTES);
  const file = files.open(path, 'read');
  let isDamaged = header.indexCount > shape.indexNum;
  try {
    for (let place = FIRST_PLACE; place < end; place += CHUNK_ENTRIES) {
      const count = Math.min(CHUNK_ENTRIES, end - place);
      const bytesRead = readFully(files, file, chunk, 0, count * ENTRY_BYTES, entryPosition(shape, place));
      chunk.fill(0, bytesRead);
      const verdict = replay.take(chunk, count, limits.cutOffset);
      if (verdict === 'go on') continue;
      isDamaged ||= verdict === 'damaged';
      break;
    }
  } finally {
    files.close(file);
  }
  return { ...replay.end(isDamaged ? 0 : limits.redoneFrom), isDamaged };
}

/** Puts entries one after the other, as they were put at first. */
class Replay {
  readonly #before: IndexHeader;
  readonly #slots: Int32Array;
  #place = FIRST_PLACE;
  #slotCount = 0;
  #beginOffset = 0;
  /** Of the last entry, and of the last one that is of another record. */
  #offset = 0;
  #timeSeconds = 0;
  #offsetBefore = 0;
  #timeSecondsBefore = 0;
  /** What the last record's entries have changed: slot and what it held. */
  readonly #undo: number[] = [];

  constructor(shape: IndexShape, before: IndexHeader) {
    this.#before = before;
    this.#slots = new Int32Array(shape.hashSlotNum);
  }

  take(chunk: Buffer, count: number, cutOffset: number): 'go on' | 'cut' | 'damaged' {
    const slots = this.#slots;
    for (let at = 0; at < count * ENTRY_BYTES; at += ENTRY_BYTES) {
      const keyHash = chunk.readInt32BE(at);
      const physicalOffset = readInt64(chunk, at + 4);
      const timeSeconds = chunk.readInt32BE(at + 12);
      const previous = chunk.readInt32BE(at + 16);
      const slot = keyHash % slots.length;
      if (keyHash < 0 || timeSeconds < 0 || physicalOffset < this.#offset || slots[slot] !== previous) {
        return 'damaged';
      }
      if (physicalOffset >= cutOffset) return 'cut';
      if (this.#place === FIRST_PLACE) this.#beginOffset = physicalOffset;
      if (physicalOffset !== this.#offset || this.#place === FIRST_PLACE) this.#beginRecord();
      this.#undo.push(slot, previous);
      this.#offset = physicalOffset;
      this.#timeSeconds = timeSeconds;
      slots[slot] = this.#place++;
      if (previous === 0) this.#slotCount++;
    }
    return 'go on';
  }

  /** The outcome, without the last record's entries if that begins at `redoneFrom` or later. */
  end(redoneFrom: number): { header: IndexHeader; slots: Int32Array } {
    const isWhole = this.#place === this.#before.indexCount;
    const isRedone = this.#undo.length > 0 && this.#offset >= redoneFrom;
    if (isRedone) this.#undoRecord();
    return { header: isWhole && !isRedone ? { ...this.#before } : this.#cutHeader(), slots: this.#slots };
  }

  #beginRecord(): void {
    this.#offsetBefore = this.#offset;
    this.#timeSecondsBefore = this.#timeSeconds;
    this.#undo.length = 0;
  }

  #undoRecord(): void {
    for (let i = this.#undo.length - 2; i >= 0; i -= 2) {
      const previous = this.#undo[i + 1] ?? 0;
      this.#slots[this.#undo[i] ?? 0] = previous;
      this.#place--;
      if (previous === 0) this.#slotCount--;
    }
    this.#offset = this.#offsetBefore;
    this.#timeSeconds = this.#timeSecondsBefore;
  }

  #cutHeader(): IndexHeader {
    const { beginTimestampMs } = this.#before;
    return {
      beginTimestampMs,
      // The exact time stands in the log; to the second is enough to find the file.
      endTimestampMs: beginTimestampMs + this.#timeSeconds * 1000 + 999,
      beginPhysicalOffset: this.#beginOffset,
      endPhysicalOffset: this.#offset,
      hashSlotCount: this.#slotCount,
      indexCount: this.#place,
    };
  }
}
