/**
 * Corrects where a consume queue begins after segments of the log were deleted, and deletes its files of which nothing is left. Commitlog worker.
 * Java: ConsumeQueue.correctMinOffset, MappedFileQueue.deleteExpiredFileByOffset.
 * Invariant: the file of the queue's last entry stays, and one with an entry that is durable, so that neither a restart nor a crash lets the queue's
 * offsets begin anew.
 */
import { type ConsumeQueueEntry, ENTRY_BYTES, isBlankEntry, readEntry } from './consume-queue-entry.js';
import type { ConsumeQueueFiles } from './consume-queue-files.js';
import type { ConsumeQueueWriter } from './consume-queue-writer.js';

const entryBytes = Buffer.alloc(ENTRY_BYTES);

/**
 * Makes `queue` begin at its first entry of a record at or after `logMinOffset`, and deletes files before that; returns how many. Entries of records
 * before `durableOffset` are on disk. Throws the disk's errors; it may be called again.
 */
export function expireEntries(
  files: ConsumeQueueFiles,
  queue: ConsumeQueueWriter,
  logMinOffset: number,
  durableOffset: number,
): number {
  const isNothingExpired = queue.minPhysicalOffset >= logMinOffset || queue.minOffset === queue.nextOffset;
  if (isNothingExpired && queue.isTrimmed) return 0;
  // What is looked at is in the files then.
  queue.write();
  const before = queue.minOffset;
  queue.minOffset = firstOffsetFrom(files, queue, logMinOffset);
  const first = queue.minOffset < queue.writtenOffset ? entryAt(files, queue, queue.minOffset) : undefined;
  queue.minPhysicalOffset = first?.physicalOffset ?? -1;
  if (queue.minOffset === before && queue.isTrimmed) return 0;
  queue.isTrimmed = true;
  const isFirstDurable = first !== undefined && first.physicalOffset < durableOffset;
  return deleteFilesBefore(files, queue, isFirstDurable ? queue.minOffset : queue.minOffset - 1);
}

/** The first entry that is not expired, by halving: most queues begin where they did, which the first look shows. */
function firstOffsetFrom(files: ConsumeQueueFiles, queue: ConsumeQueueWriter, logMinOffset: number): number {
  let low = queue.minOffset;
  let high = queue.writtenOffset;
  for (let at = low; low < high; at = Math.floor((low + high) / 2)) {
    if (isExpired(entryAt(files, queue, at), logMinOffset)) low = at + 1;
    else high = at;
  }
  return low;
}

/** An entry without a message has no record that could be left. */
function isExpired(entry: ConsumeQueueEntry, logMinOffset: number): boolean {
  return isBlankEntry(entry) || entry.physicalOffset < logMinOffset;
}

function entryAt(files: ConsumeQueueFiles, queue: ConsumeQueueWriter, offset: number): ConsumeQueueEntry {
  files.readEntryBytes(queue.folder, offset, entryBytes);
  return readEntry(entryBytes, 0);
}

/** Deletes the files before the one that holds `offset`, the oldest first. */
function deleteFilesBefore(files: ConsumeQueueFiles, queue: ConsumeQueueWriter, offset: number): number {
  const byteOffset = offset * ENTRY_BYTES;
  const keptFrom = byteOffset - (byteOffset % files.fileSizeBytes);
  if (keptFrom <= 0) return 0;
  const expired = files.fileStarts(queue.folder).filter((start) => start < keptFrom);
  for (const start of expired) files.deleteFile(queue.folder, start);
  return expired.length;
}
