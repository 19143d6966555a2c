/**
 * A small file that is always replaced as a whole: written to `<path>.tmp`, synced, the old content kept as `<path>.bak`, renamed.
 * Any thread. Java: MixAll.string2File, ConfigManager.persist.
 * Invariant: after a crash at any point `path` holds the old or the new content, whole. Writes happen in the order of the calls.
 */
import { copyFile, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One such file. One object a path, or writes may cross. */
export class ReplaceableFile {
  readonly path: string;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /** The content, that of `.bak` if the file is not there or empty, undefined if neither is. Rejects with other system errors. */
  async read(): Promise<string | undefined> {
    const content = await readIfThere(this.path);
    return content === undefined || content === '' ? readIfThere(this.backupPath) : content;
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
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(temporaryPath, 'w');
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await ignoreMissing(copyFile(this.path, this.backupPath));
    await rename(temporaryPath, this.path);
    await syncFolder(dirname(this.path));
  }
}

function readIfThere(path: string): Promise<string | undefined> {
  return ignoreMissing(readFile(path, 'utf8'));
}

async function ignoreMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** So that the rename itself is on disk. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
