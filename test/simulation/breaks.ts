/**
 * Five ways to break the store on purpose, from outside: what it does is changed on its way to the disk. Java: none.
 * Invariant: without a crash each of them behaves as the store does, so that only a simulation finds it.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';

import type { FileDescriptor, FileSystem, OpenMode } from '#src/commitlog/file-system.js';

import type { ViolationKind } from './ledger.js';
import { SimulatedConfigFiles } from './simulated-config-files.js';
import type { SimulatedDisk } from './simulated-disk.js';
import type { DiskWrappers } from './simulated-run.js';

/** One way. */
export interface Break {
  readonly name: string;
  readonly wrappers: DiskWrappers;
  /** What the simulation calls it. */
  readonly kind: ViolationKind;
  /** Found without a power cut too: the end of the process is enough. */
  readonly isFoundByKill?: boolean;
  /** Put in force, and taken back. */
  readonly install?: () => () => void;
}

/** All of them. */
export const BREAKS: readonly Break[] = [
  {
    name: 'no fsync before the answer',
    wrappers: { files: (disk) => override(disk, { fdatasync: () => undefined }) },
    kind: 'acknowledged-missing',
  },
  { name: 'checkpoint before flush', wrappers: { files: checkpointFirst }, kind: 'checkpoint-ahead' },
  { name: 'no CRC check', wrappers: {}, kind: 'content-changed', install: makeAllCrcsEqual },
  {
    name: 'rename before write',
    wrappers: { configFiles: (disk) => new UnsyncedConfigFiles(disk) },
    kind: 'offsets-lost',
  },
  {
    name: 'results before write',
    wrappers: { files: (disk) => override(disk, new LateWrites(disk).methods) },
    kind: 'acknowledged-missing',
    isFoundByKill: true,
  },
];

/** The disk with some of its methods replaced. */
export function override(disk: SimulatedDisk, methods: Partial<FileSystem>): FileSystem {
  return new Proxy<FileSystem>(disk, {
    get: (_, name) => {
      const own: unknown = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const method: unknown = Reflect.get(disk, name, disk);
      return typeof method === 'function' ? (method.bind(disk) as unknown) : method;
    },
  });
}

/** The files that a checkpoint speaks of reach the disk after it. */
function checkpointFirst(disk: SimulatedDisk): FileSystem {
  const paths = new Map<FileDescriptor, string>();
  const owed = new Set<string>();
  return override(disk, {
    open: (path, mode) => {
      const file = disk.open(path, mode);
      paths.set(file, path);
      return file;
    },
    fdatasyncLater: async (file) => {
      const path = paths.get(file) ?? '';
      if (basename(path) !== 'checkpoint') {
        owed.add(path);
        return;
      }
      await disk.fdatasyncLater(file);
      for (const late of owed) {
        owed.delete(late);
        if (!disk.exists(late)) continue;
        const lateFile = disk.open(late, 'update');
        await disk.fdatasyncLater(lateFile);
        disk.close(lateFile);
      }
    },
  });
}

/** The temporary file takes the place of the old one before its bytes are on disk. */
class UnsyncedConfigFiles extends SimulatedConfigFiles {
  override async writeDurably(path: string, text: string): Promise<void> {
    await this.write(path, Buffer.from(text));
  }
}

/** Writes to the log happen when the disk is asked for something else next, which is after the answers. */
class LateWrites {
  readonly #disk: SimulatedDisk;
  readonly #logFiles = new Set<FileDescriptor>();
  #held: { file: FileDescriptor; bytes: Buffer; position: number }[] = [];
  #restarts = 0;

  constructor(disk: SimulatedDisk) {
    this.#disk = disk;
  }

  get methods(): Partial<FileSystem> {
    const disk = this.#disk;
    return {
      open: (path, mode) => this.#open(path, mode),
      close: (file) => {
        this.#write();
        this.#logFiles.delete(file);
        disk.close(file);
      },
      pwrite: (file, source, start, length, position) => {
        this.#write();
        if (!this.#logFiles.has(file)) return disk.pwrite(file, source, start, length, position);
        this.#held.push({ file, bytes: Buffer.from(source.subarray(start, start + length)), position });
        return length;
      },
      ftruncate: (file, sizeBytes) => {
        this.#write();
        disk.ftruncate(file, sizeBytes);
      },
      fdatasyncLater: (file) => {
        this.#write();
        return disk.fdatasyncLater(file);
      },
    };
  }

  #open(path: string, mode: OpenMode): FileDescriptor {
    this.#write();
    const file = this.#disk.open(path, mode);
    if (basename(dirname(path)) === 'commitlog') this.#logFiles.add(file);
    return file;
  }

  #write(): void {
    const held = this.#held;
    this.#held = [];
    // What a process had not written when it ended is gone.
    if (this.#restarts !== this.#disk.restarts) this.#logFiles.clear();
    const isOfThisProcess = this.#restarts === this.#disk.restarts;
    this.#restarts = this.#disk.restarts;
    if (!isOfThisProcess) return;
    for (const { file, bytes, position } of held) this.#disk.pwrite(file, bytes, 0, bytes.length, position);
  }
}

/** Every body has the CRC that every other has. */
function makeAllCrcsEqual(): () => void {
  const zlib = createRequire(import.meta.url)('node:zlib') as { crc32: unknown };
  const { crc32 } = zlib;
  const put = (value: unknown): void => {
    zlib.crc32 = value;
    syncBuiltinESMExports();
  };
  put(() => 0);
  return () => put(crc32);
}
