/**
 * One file of the index while it is being written: its slots are in memory, its new entries until the next `write`. Commitlog worker.
 * Java: IndexFile.
 * Invariant: places [FIRST_PLACE, writtenPlace) are in the file, [writtenPlace, indexCount) in `#pending`; `put` writes nothing. The file has the
 * slots once `writeSlots` has come to its end: until then a search begins at the slot in memory.
 */
import { dirname, join } from 'node:path';

import { assert } from '../base/assert.js';
import {
  fdatasyncOrTell,
  type FileDescriptor,
  type FileSystem,
  readFully,
  writeFully,
} from '../commitlog/file-system.js';
import {
  ENTRY_BYTES,
  entryPosition,
  fileSizeOf,
  FIRST_PLACE,
  HEADER_BYTES,
  type IndexHeader,
  type IndexShape,
  timeSecondsOf,
  writeEntry,
  writeHeader,
} from './index-layout.js';
import { SlotTable } from './slot-table.js';

const NO_BYTES = Buffer.alloc(0);
const PENDING_BYTES_FIRST = 256 * ENTRY_BYTES;
/** So many entries are written without waiting for the next round: 80 KiB. */
const PENDING_ENTRIES_FULL = 4096;
/** So much of a file that has lost its name is copied at a time. */
const COPIED_BYTES = 1 << 20;

/** The file that takes entries, or has been the one to do so. */
export class IndexFile {
  readonly name: string;
  readonly path: string;
  readonly header: IndexHeader;
  readonly #files: FileSystem;
  readonly #shape: IndexShape;
  #file: FileDescriptor | undefined;
  /** There from the first `put` on. */
  #slots: SlotTable | undefined;
  #pending = NO_BYTES;
  /** The same bytes. Hot: a view writes an integer in a nanosecond, a Buffer in five. */
  #pendingView = viewOf(NO_BYTES);
  /** What slots held, for one `put`. */
  #previous = new Int32Array(0);
  #writtenPlace: number;
  #isSynced = true;
  /** False until this process has made the file's name durable. */
  #isNameSynced = false;

  /** `slots` are given when recovery has made them again; otherwise they are read from the file when first needed. */
  constructor(
    files: FileSystem,
    folder: string,
    name: string,
    shape: IndexShape,
    header: IndexHeader,
    slots?: SlotTable,
  ) {
    this.name = name;
    this.path = join(folder, name);
    this.header = header;
    this.#files = files;
    this.#shape = shape;
    this.#slots = slots;
    this.#writtenPlace = header.indexCount;
  }

  get isFull(): boolean {
    return this.header.indexCount >= this.#shape.indexNum;
  }

  /** True when so much is pending that it should be written before the next round. */
  get isPendingFull(): boolean {
    return this.#pendingCount >= PENDING_ENTRIES_FULL;
  }

  /** Place of the newest entry in a key's slot, or undefined when the slots are in the file only. */
  newestPlace(keyHash: number): number | undefined {
    return this.#slots?.get(keyHash);
  }

  /**
   * Adds entries of records stored at one time, as many of `keyHashes[start, end)` as there is room for; returns where it ended. When
   * it throws, since a part of the slots cannot be read, nothing is put any more until recovery has made the slots again. Java: putKey.
   */
  put(keyHashes: Int32Array, offsets: Float64Array, start: number, end: number, storeTimestampMs: number): number {
    const { header } = this;
    const place = header.indexCount;
    const count = Math.min(end - start, this.#shape.indexNum - place);
    assert(count > 0, 'the caller goes on to the next file');
    if (place === FIRST_PLACE && count > 1) {
      // The first entry is timed by the file before, the others by it.
      const next = this.put(keyHashes, offsets, start, start + 1, storeTimestampMs);
      return this.put(keyHashes, offsets, next, end, storeTimestampMs);
    }
    if (this.#previous.length < count) this.#previous = new Int32Array(count * 2);
    (this.#slots ??= this.#openSlots()).exchange(keyHashes, start, start + count, place, this.#previous);
    this.#addEntries(keyHashes, offsets, start, count, timeSecondsOf(header, storeTimestampMs));
    if (place === FIRST_PLACE) {
      header.beginPhysicalOffset = offsets[start] ?? 0;
      header.beginTimestampMs = storeTimestampMs;
    }
    header.indexCount += count;
    header.endPhysicalOffset = offsets[start + count - 1] ?? 0;
    header.endTimestampMs = storeTimestampMs;
    return start + count;
  }

  /** Gives pending entries, then the header, to the operating system; when it throws they stay pending. */
  write(): void {
    const count = this.#pendingCount;
    if (count === 0) return;
    const file = this.#open();
    this.#isSynced = false;
    writeFully(
      this.#files,
      file,
      this.#pending,
      0,
      count * ENTRY_BYTES,
      entryPosition(this.#shape, this.#writtenPlace),
    );
    this.writeHeader();
    this.#writtenPlace += count;
  }

  /** Writes the header as it stands. */
  writeHeader(): void {
    this.#isSynced = false;
    const bytes = Buffer.alloc(HEADER_BYTES);
    writeHeader(bytes, this.header);
    writeFully(this.#files, this.#open(), bytes, 0, HEADER_BYTES, 0);
  }

  /** Writes at most `bytesMax` of the slots; true when the file has them all. Entries are written before. */
  writeSlots(bytesMax: number): boolean {
    assert(this.#pendingCount === 0, 'a slot points to an entry that is in the file');
    if (this.#slots === undefined) return true;
    return this.#slots.writeSome((bytes, position) => {
      this.#isSynced = false;
      writeFully(this.#files, this.#open(), bytes, 0, bytes.length, HEADER_BYTES + position);
    }, bytesMax);
  }

  /** True when the file by itself is all that a reader needs. */
  get isWhole(): boolean {
    return this.#pendingCount === 0 && (this.#slots?.isWritten ?? true);
  }

  /** True when an fdatasync has covered all that was written. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** After a crash: what is in the file may not be on disk. */
  owe(): void {
    this.#isSynced = false;
  }

  /** Makes what was written before the call durable. */
  async fdatasyncLater(): Promise<void> {
    if (this.#isSynced) return;
    if (!this.#files.exists(this.path)) this.#putBack();
    // A descriptor of its own: the other one may be closed while the disk works.
    const file = this.#files.open(this.path, 'update');
    this.#isSynced = true;
    try {
      await fdatasyncOrTell(this.#files, file);
    } finally {
      this.#files.close(file);
    }
    if (this.#isNameSynced) return;
    const folder = dirname(this.path);
    await this.#files.fsyncFolderLater(folder);
    await this.#files.fsyncFolderLater(dirname(folder));
    this.#isNameSynced = true;
  }

  /** Frees the slots of a file that is whole and takes nothing more. */
  release(): void {
    assert(this.isWhole, 'a file is released when it can be read without us');
    this.#slots = undefined;
    this.#pending = NO_BYTES;
    this.#pendingView = viewOf(NO_BYTES);
    this.close();
  }

  close(): void {
    if (this.#file !== undefined) this.#files.close(this.#file);
    this.#file = undefined;
  }

  /**
   * Makes the file again from the one that is still open but has no name any more: a broker of Apache's that is started in this folder removes index files
   * before it finds that the folder is locked.
   */
  #putBack(): void {
    const nameless = this.#file;
    if (nameless === undefined) return;
    this.#file = undefined;
    this.#isNameSynced = false;
    const file = this.#open();
    const sizeBytes = fileSizeOf(this.#shape);
    const bytes = Buffer.alloc(COPIED_BYTES);
    const zeros = Buffer.alloc(COPIED_BYTES);
    for (let position = 0; position < sizeBytes; position += COPIED_BYTES) {
      const length = readFully(this.#files, nameless, bytes, 0, Math.min(COPIED_BYTES, sizeBytes - position), position);
      const isHole = bytes.subarray(0, length).equals(zeros.subarray(0, length));
      if (!isHole) writeFully(this.#files, file, bytes, 0, length, position);
    }
    this.#files.close(nameless);
  }

  get #pendingCount(): number {
    return this.header.indexCount - this.#writtenPlace;
  }

  #addEntries(keyHashes: Int32Array, offsets: Float64Array, start: number, count: number, timeSeconds: number): void {
    const { header } = this;
    const place = header.indexCount;
    const previous = this.#previous;
    let position = this.#pendingCount * ENTRY_BYTES;
    if (position + count * ENTRY_BYTES > this.#pending.length) this.#grow(position + count * ENTRY_BYTES);
    for (let i = 0; i < count; i++) {
      const held = previous[i] ?? 0;
      // Compat: a slot that cannot be is taken for an empty one.
      const isUsed = held > 0 && held <= place + i;
      if (!isUsed) header.hashSlotCount++;
      const keyHash = keyHashes[start + i] ?? 0;
      writeEntry(this.#pendingView, position, keyHash, offsets[start + i] ?? 0, timeSeconds, isUsed ? held : 0);
      position += ENTRY_BYTES;
    }
  }

  #grow(sizeBytesMin: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(PENDING_BYTES_FIRST, sizeBytesMin, this.#pending.length * 2));
    this.#pending.copy(larger);
    this.#pending = larger;
    this.#pendingView = viewOf(larger);
  }

  /** A file without entries has no slots in use, and may not be there yet. */
  #openSlots(): SlotTable {
    const { hashSlotNum } = this.#shape;
    if (this.#writtenPlace === FIRST_PLACE) return SlotTable.empty(hashSlotNum);
    return SlotTable.inFile(hashSlotNum, (bytes, position) => {
      readFully(this.#files, this.#open(), bytes, 0, bytes.length, HEADER_BYTES + position);
    });
  }

  #open(): FileDescriptor {
    if (this.#file !== undefined) return this.#file;
    this.#files.mkdir(dirname(this.path));
    const file = this.#files.open(this.path, 'create');
    try {
      // Full size from its first day, as Apache's mapped file; sparse where the file system can.
      this.#files.ftruncate(file, fileSizeOf(this.#shape));
    } catch (error) {
      this.#files.close(file);
      throw error;
    }
    this.#file = file;
    return file;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
