/**
 * The file `abort`: there while a broker runs, gone after a clean stop, so that its presence at start says the last run did not end.
 * Commitlog worker. Java: DefaultMessageStore.createTempFile.
 */
import { dirname, join } from 'node:path';

import { type FileSystem, writeFully } from './file-system.js';

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

  /** Makes it, with the process id in it. A power cut does not take it away again: it would be taken for a clean stop. */
  write(): void {
    const text = Buffer.from(String(process.pid));
    const file = this.#files.open(this.#path, 'create');
    this.#files.ftruncate(file, 0);
    writeFully(this.#files, file, text, 0, text.length, 0);
    this.#files.close(file);
    this.#files.fsyncFolder(dirname(this.#path));
  }

  remove(): void {
    this.#files.unlink(this.#path);
  }
}
