/**
 * One file of the index while it is being written: its slots are in memory, its new entries until the next `write`. Commitlog worker.
 * Java: IndexFile.
 * Invariant: places [FIRST_PLACE, writtenPlace) are in the file, [writtenPlace, indexCount) in `#pending`; `put` writes nothing. The file has the
 * slots once `writeSlots` has come to its end: until then a search begins at the slot in memory.
 */
import { dirname, join } from 'node:path';

import { assert } from '../base/assert.js';
import { type FileDescriptor, type FileSystem, readFully, writeFully } from '../commitlog/file-system.js';
import {
  ENTRY_BYTES,
  entryPosition,
  fileSizeOf,
  FIRST_PLACE,
  HEADER_BYTES,
  type IndexHeader,
  type IndexShape,
  slotPosition,
  timeSecondsOf,
  writeEntry,
  writeHeader,
} from './index-layout.js';
import { SlotTable } from './slot-table.js';

const NO_BYTES = Buffer.alloc(0);
const PENDING_ENTRIES_FIRST = 256;
/** So many entries are written without waiting for the next round: 80 KiB. */
const PENDING_ENTRIES_FULL = 4096;

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
  #writtenPlace: number;
  #isSynced = true;

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
    return this.#slots?.get(slotPosition(this.#shape, keyHash));
  }

  /** Adds an entry. Java: putKey. */
  put(keyHash: number, physicalOffset: number, storeTimestampMs: number): void {
    assert(!this.isFull, 'the caller goes on to the next file');
    const { header } = this;
    const slots = (this.#slots ??= this.#openSlots());
    const place = header.indexCount;
    const newest = slots.exchange(slotPosition(this.#shape, keyHash), place);
    const previous = newest > 0 && newest <= place ? newest : 0;
    const position = this.#pendingCount * ENTRY_BYTES;
    if (position === this.#pending.length) this.#grow();
    writeEntry(this.#pending, position, keyHash, physicalOffset, timeSecondsOf(header, storeTimestampMs), previous);
    if (place === FIRST_PLACE) {
      header.beginPhysicalOffset = physicalOffset;
      header.beginTimestampMs = storeTimestampMs;
    }
    if (previous === 0) header.hashSlotCount++;
    header.indexCount++;
    header.endPhysicalOffset = physicalOffset;
    header.endTimestampMs = storeTimestampMs;
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
    return this.#slots.writeSome((bytes, start, length) => {
      this.#isSynced = false;
      writeFully(this.#files, this.#open(), bytes, start, length, HEADER_BYTES + start);
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

  /** Makes what was written before the call durable. */
  async fdatasyncLater(): Promise<void> {
    if (this.#isSynced) return;
    this.#isSynced = true;
    // A descriptor of its own: the other one may be closed while the disk works.
    const file = this.#files.open(this.path, 'update');
    try {
      await this.#files.fdatasyncLater(file);
    } finally {
      this.#files.close(file);
    }
  }

  /** Frees the slots of a file that is whole and takes nothing more. */
  release(): void {
    assert(this.isWhole, 'a file is released when it can be read without us');
    this.#slots = undefined;
    this.#pending = NO_BYTES;
    this.close();
  }

  close(): void {
    if (this.#file !== undefined) this.#files.close(this.#file);
    this.#file = undefined;
  }

  get #pendingCount(): number {
    return this.header.indexCount - this.#writtenPlace;
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(PENDING_ENTRIES_FIRST * ENTRY_BYTES, this.#pending.length * 2));
    this.#pending.copy(larger);
    this.#pending = larger;
  }

  /** A file without entries has no slots in use, and may not be there yet. */
  #openSlots(): SlotTable {
    const { hashSlotNum } = this.#shape;
    if (this.#writtenPlace === FIRST_PLACE) return SlotTable.empty(hashSlotNum);
    return SlotTable.inFile(hashSlotNum, (bytes, start, length) => {
      readFully(this.#files, this.#open(), bytes, start, length, HEADER_BYTES + start);
    });
  }

  #open(): FileDescriptor {
    if (this.#file !== undefined) return this.#file;
    this.#files.mkdir(dirname(this.path));
    const file = this.#files.open(this.path, 'create');
    this.#file = file;
    // Full size from its first day, as Apache's mapped file; sparse where the file system can.
    this.#files.ftruncate(file, fileSizeOf(this.#shape));
    return file;
  }
}
