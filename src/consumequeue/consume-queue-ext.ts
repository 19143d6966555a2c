/**
 * Extension units of consume queues, which Apache's broker writes with `enableConsumeQueueExt`: an entry's tagsCode is then the place of its unit, and the
 * true one is there. Read only: none are made here, and entries of both kinds stand in a queue side by side. Main thread and pool. Java: ConsumeQueueExt.
 *
 *     0   i16  sizeBytes         of the unit; -1: the file's rest is empty
 *     2   i64  tagsCode
 *     10  i64  msgStoreTime
 *     18  i16  bitMapSizeBytes
 *     20       bit map of the SQL92 filters that the message passes
 */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { FileHandleCache } from '../base/file-handle-cache.js';
import { segmentName, startOffsetOfSegment } from '../base/segment-name.js';
import { readInt64 } from '../message/stored-record.js';

/** Tags codes are Java's int hashes or times: what is below them all is a place. Java: MAX_ADDR. */
const EXT_ADDRESS_MAX = -0x8000_0001;
const UNIT_BYTES_MIN = 20;
const TAGS_CODE_AT = 2;
/** Units that are read at once lie within so many bytes; what lies further is another read. */
const READ_BYTES_MAX = 256 * 1024;

/** True when a tagsCode is the place of a unit; of one that was read from a queue's files: of a unit that is lost. */
export function isExtAddress(tagsCode: number): boolean {
  return tagsCode <= EXT_ADDRESS_MAX;
}

/** Offset among the queue's units of the i64 at `position`, which is an address: the offset less 2^63. */
function extOffsetAt(source: Buffer, position: number): number {
  return (source.readInt32BE(position) + 2 ** 31) * 2 ** 32 + source.readUInt32BE(position + 4);
}

/** Reads the units of all queues of a store. */
export class ConsumeQueueExtReader {
  readonly #rootFolder: string;
  readonly #files: FileHandleCache;

  /** Units lie beside `consumeQueueFolder`, in `consumequeue_ext`; open files are the caller's. */
  constructor(consumeQueueFolder: string, files: FileHandleCache) {
    this.#rootFolder = join(dirname(consumeQueueFolder), 'consumequeue_ext');
    this.#files = files;
  }

  /** The tagsCodes of the units whose addresses are at `positions` of `source`, in order; undefined for a unit that is not there. */
  async tagsCodes(
    topic: string,
    queueId: number,
    source: Buffer,
    positions: readonly number[],
  ): Promise<(number | undefined)[]> {
    const folder = join(this.#rootFolder, topic, String(queueId));
    const starts = await fileStarts(folder);
    const offsets = positions.map((position) => extOffsetAt(source, position));
    const tagsCodes: (number | undefined)[] = [];
    while (tagsCodes.length < offsets.length) {
      const first = offsets[tagsCodes.length] ?? 0;
      const start = starts.findLast((each) => each <= first);
      const nextStart = starts.find((each) => each > first) ?? Number.POSITIVE_INFINITY;
      const isInReach = (offset: number): boolean =>
        offset >= first && offset < nextStart && offset + UNIT_BYTES_MIN <= first + READ_BYTES_MAX;
      const reach = offsets.slice(tagsCodes.length);
      const outOfReach = reach.findIndex((offset) => !isInReach(offset));
      const together = outOfReach === -1 ? reach : reach.slice(0, outOfReach);
      const bytes =
        start === undefined
          ? Buffer.alloc(0)
          : await this.#read(join(folder, segmentName(start)), first - start, (together.at(-1) ?? first) - first);
      for (const offset of together) tagsCodes.push(tagsCodeAt(bytes, offset - first));
    }
    return tagsCodes;
  }

  /** Closes what is open of a topic whose files are about to go. */
  async closeTopic(topic: string): Promise<void> {
    await this.#files.closeUnder(join(this.#rootFolder, topic, '/'));
  }

  /** From `position` on as far as the unit that begins `lastBytes` further goes. */
  async #read(path: string, position: number, lastBytes: number): Promise<Buffer> {
    const bytes = Buffer.alloc(lastBytes + UNIT_BYTES_MIN);
    const { bytesRead } = await this.#files.use(path, (file) => file.read(bytes, 0, bytes.length, position));
    return bytes.subarray(0, bytesRead);
  }
}

function tagsCodeAt(bytes: Buffer, position: number): number | undefined {
  if (position + UNIT_BYTES_MIN > bytes.length || bytes.readInt16BE(position) < UNIT_BYTES_MIN) return undefined;
  return readInt64(bytes, position + TAGS_CODE_AT);
}

/** Where the files begin, ascending. Their size is a setting of Apache's, so it is taken from their names. */
async function fileStarts(folder: string): Promise<number[]> {
  try {
    const starts = (await readdir(folder)).map(startOffsetOfSegment).filter((start) => start !== undefined);
    return starts.toSorted((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
