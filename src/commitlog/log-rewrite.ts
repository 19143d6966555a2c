/**
 * Writes a part of the log again, byte for byte, and makes it durable: after a failed fdatasync the system holds the bytes for written
 * although the disk may not have them, and a further fdatasync would write nothing. Commitlog worker, at start. Java: none.
 * Invariant: no byte of the log changes.
 */
import { type FileSystem, readFully, writeFully } from './file-system.js';
import type { SegmentFile } from './segment-file.js';

const CHUNK_BYTES = 1024 * 1024;

/** Rewrites [fromOffset, endOffset) of the log; throws when the disk does not take it. */
export function rewriteLog(
  files: FileSystem,
  segments: readonly SegmentFile[],
  fromOffset: number,
  endOffset: number,
): void {
  for (const segment of segments) {
    const from = Math.max(fromOffset, segment.startOffset);
    const end = Math.min(endOffset, segment.endOffset);
    if (from < end) rewriteRange(files, segment.path, from - segment.startOffset, end - segment.startOffset);
  }
}

function rewriteRange(files: FileSystem, path: string, start: number, end: number): void {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - start));
  const file = files.open(path, 'update');
  try {
    for (let at = start; at < end;) {
      const length = readFully(files, file, chunk, 0, Math.min(chunk.length, end - at), at);
      if (length === 0) throw new Error(`${path} ends at ${at}, and should hold ${end} bytes`);
      writeFully(files, file, chunk, 0, length, at);
      at += length;
    }
    files.fdatasync(file);
  } finally {
    files.close(file);
  }
}
