/**
 * A disk in memory that a power cut leaves as a real one might. Java: none.
 * Invariant: once the power is off every call throws `PowerCut`, and nothing changes until `restart`.
 */
import { basename, dirname } from 'node:path';

import type { FileDescriptor, FileSystem, OpenMode } from '#src/commitlog/file-system.js';

import { PowerLoss } from './power-loss.js';
import { SimulatedFile } from './simulated-file.js';
import { SimulatedFolder, type SimulatedNode } from './simulated-folder.js';

/** Thrown by everything after a crash. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';

  constructor() {
    super('the process has ended');
  }
}

/** A file operation that the disk has not ended. */
interface PendingOperation {
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * The disk. Its model, which is as bad as POSIX allows and worse than ext4 is in fact:
 * - Bytes, size and holes of a file are durable after an fdatasync of it, as they were when it was asked for. Before, each sector of 512 bytes and the
 *   size go back to any state since the last fdatasync, each its own way: writes are lost, torn and reordered, and what was cut off by a
 *   truncate shows again. A sector is never torn in itself.
 * - A name (made, renamed, removed) is durable after an fsync of its folder, which says nothing of the folder's own name and nothing of the file's
 *   bytes. Before, each name goes back to any state since then: a new file is gone, a removed one there again. A rename puts the new file in
 *   place of the old one as one step, but its old name may stay.
 * - `kill` leaves what the operating system had: nothing is lost, but nothing more is durable either.
 * - `fdatasyncLater` and `fsyncFolderLater` last until `completeOne`, while the store goes on.
 * Not simulated: bytes that go bad on disk, fdatasyncs that fail, a full disk, short writes, reads that see a write half done.
 */
export class SimulatedDisk implements FileSystem {
  readonly #root = new SimulatedFolder();
  readonly #open = new Map<FileDescriptor, SimulatedFile>();
  #nextDescriptor = 3;
  /** Counts changes. */
  #sequence = 0;
  /** The last one that was there at the last power cut. */
  #startSequence = 0;
  #isOff = false;
  /** Processes that have come and gone. */
  #restarts = 0;
  /** Calls that change something until the process ends; 0: it does not. */
  #callsLeft = 0;
  readonly #pending: PendingOperation[] = [];

  /** True from a crash to the restart. */
  get isOff(): boolean {
    return this.#isOff;
  }

  /** How many processes have ended. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Operations under way. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Ends the process at the `calls`-th call from now that changes something: writes have happened then, fsyncs have not. */
  crashAfter(calls: number): void {
    this.#callsLeft = calls;
  }

  /** Ends the process now. */
  crash(): void {
    this.#isOff = true;
    this.#callsLeft = 0;
    for (const { fail } of this.#pending.splice(0)) fail(new PowerCut());
  }

  /** Starts the machine again after a power cut: what was not durable is lost as the seed says. */
  restartAfterPowerCut(lossSeed: number): void {
    const loss = new PowerLoss(lossSeed, this.#startSequence + 1, this.#sequence);
    losePower(this.#root, loss, new Set());
    this.#startSequence = this.#sequence;
    this.restart();
  }

  /** Starts the next process after a crash or an end of the one before. */
  restart(): void {
    for (const { fail } of this.#pending.splice(0)) fail(new PowerCut());
    this.#open.clear();
    this.#restarts++;
    this.#isOff = false;
  }

  /** Ends the operation that is under way longest. */
  completeOne(): void {
    this.#pending.shift()?.finish();
  }

  /** An operation that is carried out, and settles, at `completeOne`. */
  later(operation: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isOff) {
        reject(new PowerCut());
        return;
      }
      const finish = (): void => {
        try {
          operation();
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.#pending.push({ finish, fail: reject });
    });
  }

  open(path: string, mode: OpenMode): FileDescriptor {
    this.#checkPower();
    let file = this.#find(path);
    if (file === undefined && mode === 'create') file = this.#create(path);
    if (!(file instanceof SimulatedFile)) throw systemError('ENOENT', path);
    const descriptor = this.#nextDescriptor++;
    this.#open.set(descriptor, file);
    return descriptor;
  }

  close(file: FileDescriptor): void {
    this.#checkPower();
    this.#fileOf(file);
    this.#open.delete(file);
  }

  size(file: FileDescriptor): number {
    this.#checkPower();
    return this.#fileOf(file).sizeBytes;
  }

  pread(file: FileDescriptor, target: Buffer, start: number, length: number, position: number): number {
    this.#checkPower();
    return this.#fileOf(file).read(target, start, length, position);
  }

  pwrite(file: FileDescriptor, source: Buffer, start: number, length: number, position: number): number {
    this.#change((sequence) => this.#fileOf(file).write(sequence, source.subarray(start, start + length), position));
    return length;
  }

  ftruncate(file: FileDescriptor, sizeBytes: number): void {
    this.#change((sequence) => this.#fileOf(file).truncate(sequence, sizeBytes));
  }

  fdatasync(file: FileDescriptor): void {
    this.#sync(this.#fileOf(file), this.#sequence);
  }

  fdatasyncLater(file: FileDescriptor): Promise<void> {
    return this.#syncLater(() => this.#fileOf(file));
  }

  fsyncFolder(path: string): void {
    this.#sync(this.#folderAt(path), this.#sequence);
  }

  fsyncFolderLater(path: string): Promise<void> {
    return this.#syncLater(() => this.#folderAt(path));
  }

  readdir(path: string): string[] {
    this.#checkPower();
    const folder = this.#find(path);
    return folder instanceof SimulatedFolder ? folder.names : [];
  }

  mkdir(path: string): void {
    this.#checkPower();
    const found = this.#find(path);
    if (found instanceof SimulatedFolder) return;
    if (found !== undefined) throw systemError('EEXIST', path);
    this.mkdir(dirname(path));
    this.#setName(path, new SimulatedFolder());
  }

  exists(path: string): boolean {
    this.#checkPower();
    return this.#find(path) !== undefined;
  }

  rename(from: string, to: string): void {
    this.#checkPower();
    const node = this.#find(from);
    if (node === undefined) throw systemError('ENOENT', from);
    this.#change((sequence) => {
      this.#folderAt(dirname(to)).set(sequence, basename(to), node);
      this.#folderAt(dirname(from)).set(sequence, basename(from), undefined);
    });
  }

  unlink(path: string): void {
    this.#checkPower();
    if (this.#find(path) !== undefined) this.#setName(path, undefined);
  }

  unlinkLater(path: string): Promise<void> {
    return this.later(() => this.unlink(path));
  }

  /** Files have no times: what is deleted is told by number. */
  lastModifiedMs(): number {
    return 0;
  }

  removeFolder(path: string): void {
    this.#checkPower();
    const folder = this.#find(path);
    if (!(folder instanceof SimulatedFolder)) return;
    for (const name of folder.names) {
      if (folder.get(name) instanceof SimulatedFolder) this.removeFolder(`${path}/${name}`);
      else this.unlink(`${path}/${name}`);
    }
    this.unlink(path);
  }

  /** An fsync that covers what there is now, and happens at `completeOne`. */
  #syncLater(find: () => SimulatedNode): Promise<void> {
    if (this.#isOff) return Promise.reject(new PowerCut());
    const node = find();
    const sequence = this.#sequence;
    return this.later(() => this.#sync(node, sequence));
  }

  #sync(node: SimulatedNode, sequence: number): void {
    this.#checkPower();
    this.#countCall();
    this.#checkPower();
    node.sync(sequence);
  }

  #create(path: string): SimulatedFile {
    const file = new SimulatedFile();
    this.#setName(path, file);
    return file;
  }

  #setName(path: string, node: SimulatedNode | undefined): void {
    this.#change((sequence) => this.#folderAt(dirname(path)).set(sequence, basename(path), node));
  }

  #change(apply: (sequence: number) => void): void {
    this.#checkPower();
    apply(++this.#sequence);
    this.#countCall();
    this.#checkPower();
  }

  #countCall(): void {
    if (this.#callsLeft > 0 && --this.#callsLeft === 0) this.crash();
  }

  #checkPower(): void {
    if (this.#isOff) throw new PowerCut();
  }

  #fileOf(descriptor: FileDescriptor): SimulatedFile {
    this.#checkPower();
    const file = this.#open.get(descriptor);
    if (file === undefined) throw systemError('EBADF', String(descriptor));
    return file;
  }

  #folderAt(path: string): SimulatedFolder {
    this.#checkPower();
    const folder = this.#find(path);
    if (!(folder instanceof SimulatedFolder)) throw systemError('ENOENT', path);
    return folder;
  }

  #find(path: string): SimulatedNode | undefined {
    let node: SimulatedNode | undefined = this.#root;
    for (const name of path.split('/')) {
      if (name === '') continue;
      node = node instanceof SimulatedFolder ? node.get(name) : undefined;
      if (node === undefined) return undefined;
    }
    return node;
  }
}

/** Names first: a file that lost its name is gone with all it held, unless it has another one. */
function losePower(node: SimulatedNode, loss: PowerLoss, seen: Set<SimulatedNode>): void {
  if (seen.has(node)) return;
  seen.add(node);
  node.losePower(loss);
  if (node instanceof SimulatedFolder) for (const child of node.nodes) losePower(child, loss, seen);
}

function systemError(code: string, subject: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${subject}`), { code });
}
