/**
 * A small file that is always replaced as a whole: written to `<path>.tmp`, synced, the old content kept as `<path>.bak`, renamed.
 * Any thread. Java: MixAll.string2File, ConfigManager.persist.
 * Invariant: after a crash at any point `path` holds the old or the new content, whole. Writes happen in the order of the calls.
 */
import { dirname } from 'node:path';

import { nodeReplaceableFileSystem, type ReplaceableFileSystem } from './replaceable-file-system.js';

/** One such file. One object a path, or writes may cross. */
export class ReplaceableFile {
  readonly path: string;
  readonly #files: ReplaceableFileSystem;
  #lastWrite: Promise<void> = Promise.resolve();
  #isFolderDurable = false;

  constructor(path: string, files: ReplaceableFileSystem = nodeReplaceableFileSystem) {
    this.path = path;
    this.#files = files;
  }

  /** The content, that of `.bak` if the file is not there or empty, undefined if neither is. Rejects with other system errors. */
  async read(): Promise<string | undefined> {
    const content = await this.readOnly(this.path);
    return content === undefined || content === '' ? this.readOnly(this.backupPath) : content;
  }

  /** The content of the file or of its backup, whichever `path` names; undefined if it is not there. */
  readOnly(path: string): Promise<string | undefined> {
    return ignoreMissing(this.#files.readText(path));
  }

  /** Where the content before the last `write` is. */
  get backupPath(): string {
    return `${this.path}.bak`;
  }

  /** Settles when `content` would survive a crash. Rejects with the system's error; the old content is then still there. */
  write(content: string): Promise<void> {
    const written = this.#lastWrite.then(() => this.#replace(content));
    // The next write comes after this one, whether or not it worked; its own caller hears of a failure.
    this.#lastWrite = written.catch(() => undefined);
    return written;
  }

  /** Settles when all writes asked for so far are done. */
  settled(): Promise<void> {
    return this.#lastWrite;
  }

  async #replace(content: string): Promise<void> {
    const temporaryPath = `${this.path}.tmp`;
    const folder = dirname(this.path);
    if (!this.#isFolderDurable) await this.#makeFolder(folder);
    await this.#files.writeDurably(temporaryPath, content);
    await ignoreMissing(this.#files.copy(this.path, this.backupPath));
    await this.#files.rename(temporaryPath, this.path);
    // So that the rename itself is on disk.
    await this.#files.syncFolder(folder);
  }

  /** The folder's own name is made durable too, and those of the folders that are made above it. */
  async #makeFolder(folder: string): Promise<void> {
    const firstMade = (await this.#files.makeFolder(folder)) ?? folder;
    for (let made = folder; ; made = dirname(made)) {
      await this.#files.syncFolder(dirname(made));
      if (made === firstMade || made === dirname(made)) break;
    }
    this.#isFolderDurable = true;
  }
}

async function ignoreMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
