/**
 * Tells a failed fdatasync from everything else that may fail around it, such as opening the file. Commitlog worker. Java: none.
 * Invariant: after this error nobody knows what of the file is on the disk, and a later fdatasync that works proves nothing.
 */
import type { FileDescriptor, FileSystem } from './file-system.js';

/** The disk has not confirmed what was written. */
export class FdatasyncError extends Error {}

/** As `files.fdatasyncLater`; rejects with {@link FdatasyncError} only. */
export async function fdatasyncOrTell(files: FileSystem, file: FileDescriptor): Promise<void> {
  try {
    await files.fdatasyncLater(file);
  } catch (error) {
    throw new FdatasyncError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
