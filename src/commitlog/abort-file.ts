/**
 * The file `abort`: there while a broker runs, gone after a clean stop, so that its presence at start says the last run did not end.
 * After a failed fdatasync it says too from where on the log may not be on the disk: the next start must not take what it can read for safe.
 * Commitlog worker. Java: DefaultMessageStore.createTempFile.
 */
import { dirname, join } from 'node:path';

import { type FileSystem, readFully, writeFully } from './file-system.js';

const CONTENT_BYTES_MAX = 256;
const UNSYNCED = /unsyncedFrom=(\d+)/;

/** The mark of one store. */
export class AbortFile {
  readonly #files: FileSystem;
  readonly #path: string;

  constructor(files: FileSystem, storeFolder: string) {
    this.#files = files;
    this.#path = join(storeFolder, 'abort');
  }

  /** True when the last run did not end in order. */
  get isThere(): boolean {
    return this.#files.exists(this.#path);
  }

  /** Where the log begins that the last run could not make durable; undefined if no fdatasync had failed. */
  get unsyncedFrom(): number | undefined {
    if (!this.isThere) return undefined;
    const file = this.#files.open(this.#path, 'read');
    const content = Buffer.alloc(CONTENT_BYTES_MAX);
    const length = readFully(this.#files, file, content, 0, content.length, 0);
    this.#files.close(file);
    const found = UNSYNCED.exec(content.toString('latin1', 0, length));
    return found === null ? undefined : Number(found[1]);
  }

  /** Makes it, with the process id in it. A power cut does not take it away again: it would be taken for a clean stop. */
  write(): void {
    try {
      this.#write(String(process.pid));
      this.#files.fsyncFolder(dirname(this.#path));
    } catch (error) {
      // A full disk: that it is there is what counts.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC' || !this.isThere) throw error;
    }
  }

  /**
   * An fdatasync has failed. The note is not made durable, and need not be: it is to outlive this process, not the system, whose memory of the
   * log goes when the note does.
   */
  noteUnsynced(fromOffset: number): void {
    this.#write(`${process.pid}\nunsyncedFrom=${fromOffset}\n`);
  }

  #write(content: string): void {
    const text = Buffer.from(content);
    const file = this.#files.open(this.#path, 'create');
    try {
      this.#files.ftruncate(file, 0);
      writeFully(this.#files, file, text, 0, text.length, 0);
    } finally {
      this.#files.close(file);
    }
  }

  remove(): void {
    this.#files.unlink(this.#path);
  }
}
