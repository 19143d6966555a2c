/**
 * Keeps files open for reading, the least recently used closed first, so that open files are bounded. Any thread.
 * Java: none (MappedFile keeps every file mapped).
 * Invariant: a handle is not closed while a `use` of it runs.
 */
import { type FileHandle, open } from 'node:fs/promises';

/** What reading needs of an open file; Node's handle is one. */
export interface ReadableFile {
  read(target: Buffer, start: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** Opens a file for reading. Rejects as `fs.open` does. */
export type OpenFile = (path: string) => Promise<ReadableFile>;

/** The operating system's. */
export function openForReading(path: string): Promise<FileHandle> {
  return open(path, 'r');
}

interface CachedFile<T> {
  readonly handle: Promise<T>;
  users: number;
  evicted: boolean;
}

/** Open files by path. */
export class FileHandleCache<File extends Pick<ReadableFile, 'close'> = FileHandle> {
  readonly #files = new Map<string, CachedFile<File>>();
  readonly #filesMax: number;
  readonly #open: (path: string) => Promise<File>;

  /** At most `filesMax` files stay open while nobody uses them. */
  constructor(filesMax: number, openFile: (path: string) => Promise<File>) {
    this.#filesMax = filesMax;
    this.#open = openFile;
  }

  /** Runs `read` on the open file. Rejects as `fs.open` does when there is no such file. */
  async use<T>(path: string, read: (handle: File) => Promise<T>): Promise<T> {
    const file = this.#get(path);
    file.users++;
    try {
      return await read(await file.handle);
    } catch (error) {
      this.#forget(path, file);
      throw error;
    } finally {
      file.users--;
      if (file.evicted && file.users === 0) await closeQuietly(file);
    }
  }

  /** Closes every file; those in use, once their use ends. */
  async close(): Promise<void> {
    const files = [...this.#files];
    await Promise.all(files.map(([path, file]) => this.#evict(path, file)));
  }

  /** Closes the files under a folder, or one file. */
  async closeUnder(pathPrefix: string): Promise<void> {
    await this.closeWhere((path) => path.startsWith(pathPrefix));
  }

  /** Closes the files whose paths fit. */
  async closeWhere(fits: (path: string) => boolean): Promise<void> {
    const files = [...this.#files].filter(([path]) => fits(path));
    await Promise.all(files.map(([path, file]) => this.#evict(path, file)));
  }

  #get(path: string): CachedFile<File> {
    const cached = this.#files.get(path);
    if (cached !== undefined) {
      // A Map keeps the order of insertion: the first key is the least recently used.
      this.#files.delete(path);
      this.#files.set(path, cached);
      return cached;
    }
    const opened: CachedFile<File> = { handle: this.#open(path), users: 0, evicted: false };
    this.#files.set(path, opened);
    this.#trim();
    return opened;
  }

  #trim(): void {
    if (this.#files.size <= this.#filesMax) return;
    for (const [path, file] of this.#files) {
      if (file.users > 0) continue;
      void this.#evict(path, file);
      return;
    }
  }

  #forget(path: string, file: CachedFile<File>): void {
    if (this.#files.get(path) === file) this.#files.delete(path);
    file.evicted = true;
  }

  async #evict(path: string, file: CachedFile<File>): Promise<void> {
    this.#forget(path, file);
    if (file.users === 0) await closeQuietly(file);
  }
}

/** A file opened for reading only has nothing to lose when it cannot be closed; one that never opened needs no closing. */
async function closeQuietly<File extends Pick<ReadableFile, 'close'>>(file: CachedFile<File>): Promise<void> {
  const handle = await file.handle.catch(() => undefined);
  await handle?.close().catch(() => undefined);
}
