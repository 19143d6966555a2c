/** The files of `config/` on a simulated disk: each step ends when the disk says so. Java: none. Invariant: steps are those of the operating system's. */
import { dirname } from 'node:path';

import type { ReplaceableFileSystem } from '#src/base/replaceable-file-system.js';
import { readFully, writeFully } from '#src/commitlog/file-system.js';

import type { SimulatedDisk } from './simulated-disk.js';

/** Stands in for the operating system below a ReplaceableFile. */
export class SimulatedConfigFiles implements ReplaceableFileSystem {
  readonly #disk: SimulatedDisk;

  constructor(disk: SimulatedDisk) {
    this.#disk = disk;
  }

  async readText(path: string): Promise<string> {
    return Promise.resolve(this.#read(path).toString('utf8'));
  }

  async makeFolder(path: string): Promise<string | undefined> {
    let firstMade: string | undefined;
    for (let folder = path; !this.#disk.exists(folder); folder = dirname(folder)) firstMade = folder;
    await this.#disk.later(() => this.#disk.mkdir(path));
    return firstMade;
  }

  async writeDurably(path: string, text: string): Promise<void> {
    await this.write(path, Buffer.from(text));
    await this.sync(path);
  }

  async copy(from: string, to: string): Promise<void> {
    await this.write(to, this.#read(from));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.later(() => this.#disk.rename(from, to));
  }

  syncFolder(path: string): Promise<void> {
    return this.#disk.fsyncFolderLater(path);
  }

  /** Writes without making anything durable. */
  async write(path: string, bytes: Buffer): Promise<void> {
    await this.#disk.later(() => {
      const file = this.#disk.open(path, 'create');
      this.#disk.ftruncate(file, 0);
      writeFully(this.#disk, file, bytes, 0, bytes.length, 0);
      this.#disk.close(file);
    });
  }

  /** Makes a file's bytes durable. */
  async sync(path: string): Promise<void> {
    const file = this.#disk.open(path, 'update');
    await this.#disk.fdatasyncLater(file);
    this.#disk.close(file);
  }

  #read(path: string): Buffer {
    const file = this.#disk.open(path, 'read');
    const bytes = Buffer.alloc(this.#disk.size(file));
    readFully(this.#disk, file, bytes, 0, bytes.length, 0);
    this.#disk.close(file);
    return bytes;
  }
}
