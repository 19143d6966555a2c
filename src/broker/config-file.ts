/**
 * One of the broker's tables as a file in `config/`, in Apache's form. Main thread, never blocking it. Java: ConfigManager.
 * Invariant: saves do not overlap; one that is asked for during another waits for it and holds all that has changed meanwhile. A damaged file is
 * never overwritten before its backup was tried.
 */
import type { Logger } from '../base/log.js';
import { ReplaceableFile } from '../base/replaceable-file.js';
import type { ReplaceableFileSystem } from '../base/replaceable-file-system.js';

/** What is kept in a file. */
export interface PersistentTable {
  encode(): string;
  /** The same without holding up the thread, for a table that may be large. */
  encodeInSlices?(): Promise<string>;
  /** Takes over a file's content; throws if it makes no sense. */
  decode(text: string): void;
}

/** A table and its file. */
export class ConfigFile {
  readonly #file: ReplaceableFile;
  readonly #table: PersistentTable;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;
  /** The last save failed, for this; undefined when it worked. */
  #failure: string | undefined;

  constructor(path: string, table: PersistentTable, logger: Logger, files?: ReplaceableFileSystem) {
    this.#file = new ReplaceableFile(path, files);
    this.#table = table;
    this.#logger = logger;
  }

  /** Reads the file, or if it is missing, empty or damaged its `.bak`. Neither there: the table stays as it is. */
  async load(): Promise<void> {
    if (await this.#loadFrom(this.#file.path)) return;
    if (await this.#loadFrom(this.#file.backupPath))
      this.#logger.warn('read from the backup', { path: this.#file.backupPath });
  }

  /** True when the file does not hold what it should, since a save failed. */
  get isOwed(): boolean {
    return this.#failure !== undefined;
  }

  /** Settles when all saves asked for so far have come to their ends. */
  async settled(): Promise<void> {
    await (this.#waiting ?? this.#running);
  }

  /** Settles when the table, as it is now or later, is on disk. A failure is logged: the table in memory stays in force, as at Apache's. */
  save(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#write().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#waiting ??= this.#running.then(() => {
      this.#waiting = undefined;
      return this.save();
    });
    return this.#waiting;
  }

  async #write(): Promise<void> {
    try {
      const slices = this.#table.encodeInSlices?.();
      await this.#file.write(slices === undefined ? this.#table.encode() : await slices);
      if (this.#failure !== undefined) this.#logger.warn('can be written again', { path: this.#file.path });
      this.#failure = undefined;
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      // One line, though it is tried again and again.
      if (failure !== this.#failure) this.#logger.error('could not be written', { path: this.#file.path, error });
      this.#failure = failure;
    }
  }

  async #loadFrom(path: string): Promise<boolean> {
    const text = await this.#file.readOnly(path);
    if (text === undefined || text.trim() === '') return false;
    try {
      this.#table.decode(text);
      return true;
    } catch (error) {
      this.#logger.error('is damaged', { path, error });
      return false;
    }
  }
}
