/**
 * Blocks of the log for consumers who read it from front to back, behind the log tail window: one read from disk serves many pulls, and the next
 * block is on its way before it is asked for. Main thread. Java: none (it maps the segments and leaves this to the page cache).
 * Invariant: a block is read once all of it has left the window, so that its bytes are final; at most `BLOCKS_MAX` have memory.
 */
import { assert } from '../base/assert.js';

/** One read. Large enough for a disk, small enough for a client that wants one pull. */
export const BLOCK_BYTES = 512 * 1024;
/** Blocks in memory, 32 MiB; past it the one that was not used for longest makes room, and with all of them being read, a pull reads for itself. */
export const BLOCKS_MAX = 64;

/** The log, as far as it is read in blocks. */
export interface BlockSource {
  /** Fills `target[start, end)` from `physicalOffset` on; false when the log does not have all of it. */
  read(physicalOffset: number, target: Buffer, start: number, end: number): Promise<boolean>;
}

interface Block {
  readonly bytes: Buffer;
  /** Until it is read. */
  loading: Promise<void> | undefined;
}

/** The blocks. */
export class LogReadAhead {
  readonly #log: BlockSource;
  readonly #finalOffset: () => number;
  /** By number, the least recently used first. */
  readonly #blocks = new Map<number, Block>();
  readonly #spare: Buffer[] = [];

  /** `finalOffset` tells up to where the log's bytes are in its files and final. */
  constructor(log: BlockSource, finalOffset: () => number) {
    this.#log = log;
    this.#finalOffset = finalOffset;
  }

  /** Blocks that have memory. */
  get count(): number {
    return this.#blocks.size;
  }

  /** Copies `[physicalOffset, physicalOffset + sizeBytes)` to `target` at `targetStart`; false when a part is in no block. */
  copyOut(physicalOffset: number, sizeBytes: number, target: Buffer, targetStart: number): boolean {
    const end = physicalOffset + sizeBytes;
    let at = physicalOffset;
    while (at < end) {
      const number = Math.floor(at / BLOCK_BYTES);
      const block = this.#blocks.get(number);
      if (block === undefined || block.loading !== undefined) return false;
      const inBlock = at - number * BLOCK_BYTES;
      const length = Math.min(end - at, BLOCK_BYTES - inBlock);
      block.bytes.copy(target, targetStart + (at - physicalOffset), inBlock, inBlock + length);
      at += length;
    }
    return true;
  }

  /** Has the blocks of `[from, end)` read, as far as they can be. */
  async load(from: number, end: number): Promise<void> {
    const loads: Promise<void>[] = [];
    for (let number = Math.floor(from / BLOCK_BYTES); number * BLOCK_BYTES < end; number++) {
      const loading = this.#ensure(number);
      if (loading !== undefined) loads.push(loading);
    }
    await Promise.all(loads);
  }

  /** A reader has come to `offset` and goes on: begins to read the next block when this one is half used. */
  advance(offset: number): void {
    const number = Math.floor(offset / BLOCK_BYTES);
    if (offset - number * BLOCK_BYTES < BLOCK_BYTES / 2) return;
    void this.#ensure(number + 1);
  }

  /** Uses a block, or begins to read it: settles then, and never rejects. Undefined when it is there or cannot be read now. */
  #ensure(number: number): Promise<void> | undefined {
    const there = this.#blocks.get(number);
    if (there !== undefined) {
      this.#blocks.delete(number);
      this.#blocks.set(number, there);
      return there.loading;
    }
    if ((number + 1) * BLOCK_BYTES > this.#finalOffset()) return undefined;
    const bytes = this.#takeMemory();
    if (bytes === undefined) return undefined;
    const block: Block = { bytes, loading: undefined };
    this.#blocks.set(number, block);
    block.loading = this.#read(number, block);
    return block.loading;
  }

  async #read(number: number, block: Block): Promise<void> {
    let isWhole = false;
    try {
      isWhole = await this.#log.read(number * BLOCK_BYTES, block.bytes, 0, BLOCK_BYTES);
    } catch {
      // The pull that needs it reads for itself, and meets the error.
    }
    block.loading = undefined;
    if (isWhole) return;
    this.#blocks.delete(number);
    this.#spare.push(block.bytes);
  }

  #takeMemory(): Buffer | undefined {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    if (this.#blocks.size < BLOCKS_MAX) return Buffer.allocUnsafeSlow(BLOCK_BYTES);
    for (const [number, block] of this.#blocks) {
      if (block.loading !== undefined) continue;
      this.#blocks.delete(number);
      assert(block.bytes.length === BLOCK_BYTES, 'a block has its size');
      return block.bytes;
    }
    return undefined;
  }
}
