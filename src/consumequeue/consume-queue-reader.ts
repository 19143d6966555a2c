/**
 * Reads consume-queue entries from their files without blocking: for offsets older than the in-memory tail. Main thread and pool.
 * Java: ConsumeQueue.iterateFrom. The entry's layout is declared in `consume-queue-entry.ts`.
 */
import { join } from 'node:path';

import { FileHandleCache, openForReading } from '../base/file-handle-cache.js';
import { segmentName } from '../base/segment-name.js';

import { type ConsumeQueueEntry, ENTRY_BYTES, readEntry, TAGS_CODE_AT } from './consume-queue-entry.js';
import { ConsumeQueueExtReader, isExtAddress } from './consume-queue-ext.js';

const OPEN_FILES_MAX = 256;

/** Reads of all consume queues of a store. */
export class ConsumeQueueReader {
  readonly #rootFolder: string;
  readonly #fileSizeBytes: number;
  readonly #files = new FileHandleCache(OPEN_FILES_MAX, openForReading);
  readonly #ext: ConsumeQueueExtReader;

  /** `rootFolder` is the store's `consumequeue` folder, `fileSizeBytes` a multiple of the entry's size. */
  constructor(rootFolder: string, fileSizeBytes: number) {
    this.#rootFolder = rootFolder;
    this.#fileSizeBytes = fileSizeBytes;
    this.#ext = new ConsumeQueueExtReader(rootFolder, this.#files);
  }

  /** At most `count` entries from `queueOffset` on; fewer at a file's end, none where there is no file. Tags codes are those of their extension units. */
  async read(topic: string, queueId: number, queueOffset: number, count: number): Promise<ConsumeQueueEntry[]> {
    const byteOffset = queueOffset * ENTRY_BYTES;
    const inFile = byteOffset % this.#fileSizeBytes;
    const length = Math.min(count * ENTRY_BYTES, this.#fileSizeBytes - inFile);
    const path = join(this.#rootFolder, topic, String(queueId), segmentName(byteOffset - inFile));
    const bytes = Buffer.allocUnsafe(length);
    const bytesRead = await this.#readFile(path, bytes, inFile);
    const entries: ConsumeQueueEntry[] = [];
    let isExtended = false;
    for (let at = 0; at + ENTRY_BYTES <= bytesRead; at += ENTRY_BYTES) {
      const entry = readEntry(bytes, at);
      entries.push(entry);
      isExtended ||= isExtAddress(entry.tagsCode);
    }
    return isExtended ? this.#withTagsCodes(topic, queueId, bytes, entries) : entries;
  }

  async #withTagsCodes(
    topic: string,
    queueId: number,
    bytes: Buffer,
    entries: readonly ConsumeQueueEntry[],
  ): Promise<ConsumeQueueEntry[]> {
    const positions: number[] = [];
    entries.forEach(({ tagsCode }, index) => {
      if (isExtAddress(tagsCode)) positions.push(index * ENTRY_BYTES + TAGS_CODE_AT);
    });
    const found = (await this.#ext.tagsCodes(topic, queueId, bytes, positions)).values();
    return entries.map((entry) =>
      isExtAddress(entry.tagsCode) ? { ...entry, tagsCode: found.next().value ?? entry.tagsCode } : entry,
    );
  }

  /** Closes what is open of a topic whose files are about to go. */
  async closeTopic(topic: string): Promise<void> {
    await this.#files.closeUnder(join(this.#rootFolder, topic, '/'));
    await this.#ext.closeTopic(topic);
  }

  async close(): Promise<void> {
    await this.#files.close();
  }

  async #readFile(path: string, bytes: Buffer, position: number): Promise<number> {
    try {
      return await this.#files.use(path, async (file) => (await file.read(bytes, 0, bytes.length, position)).bytesRead);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  }
}
