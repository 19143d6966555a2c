/** Blocks of the log that are read ahead: what may be in one, how many there are, and what happens when a read fails. */
import * as assert from 'uvu/assert';

import { BLOCK_BYTES, BLOCKS_MAX, LogReadAhead } from '#src/commitlog/log-read-ahead.js';

import { suite } from '../suite.js';

const test = suite('log read ahead');

/** A log in which each byte tells its block. Reads end when they are let. */
class FakeLog {
  readonly reads: number[] = [];
  failing = false;
  isShort = false;
  isHeld = false;
  readonly #held: (() => void)[] = [];

  async read(physicalOffset: number, target: Buffer, start: number, end: number): Promise<boolean> {
    this.reads.push(physicalOffset / BLOCK_BYTES);
    if (this.isHeld) await new Promise<void>((resolve) => void this.#held.push(resolve));
    if (this.failing) throw new Error('EIO');
    target.fill((physicalOffset / BLOCK_BYTES) % 251, start, end);
    return !this.isShort;
  }

  release(): void {
    for (const resolve of this.#held.splice(0)) resolve();
  }
}

function byteAt(blocks: LogReadAhead, offset: number): number | undefined {
  const target = Buffer.alloc(1);
  return blocks.copyOut(offset, 1, target, 0) ? target[0] : undefined;
}

test('a copy runs over the border of two blocks, and fails when one of them is not there', async () => {
  const log = new FakeLog();
  const blocks = new LogReadAhead(log, () => Number.MAX_SAFE_INTEGER);
  const target = Buffer.alloc(12, 0xff);
  await blocks.load(3 * BLOCK_BYTES, 3 * BLOCK_BYTES + 1);
  assert.not(blocks.copyOut(4 * BLOCK_BYTES - 5, 10, target, 1));
  await blocks.load(4 * BLOCK_BYTES - 5, 4 * BLOCK_BYTES + 5);
  assert.ok(blocks.copyOut(4 * BLOCK_BYTES - 5, 10, target, 1));
  assert.equal([...target], [0xff, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 0xff]);
  assert.equal(log.reads, [3, 4]);
});

test('a block that is not final to its end is not read', async () => {
  const log = new FakeLog();
  let finalOffset = 2 * BLOCK_BYTES - 1;
  const blocks = new LogReadAhead(log, () => finalOffset);
  await blocks.load(0, 3 * BLOCK_BYTES);
  assert.equal(log.reads, [0]);
  finalOffset++;
  await blocks.load(BLOCK_BYTES, BLOCK_BYTES + 1);
  assert.equal(log.reads, [0, 1]);
});

test('the next block is begun once this one is half used, and once only', async () => {
  const log = new FakeLog();
  const blocks = new LogReadAhead(log, () => Number.MAX_SAFE_INTEGER);
  blocks.advance(BLOCK_BYTES / 2 - 1);
  assert.equal(log.reads, []);
  blocks.advance(BLOCK_BYTES / 2);
  blocks.advance(BLOCK_BYTES / 2 + 1);
  assert.equal(log.reads, [1]);
  await blocks.load(BLOCK_BYTES, BLOCK_BYTES + 1);
  assert.is(byteAt(blocks, BLOCK_BYTES), 1);
});

test('memory is bounded: the block that was not used for longest goes, and none that is being read', async () => {
  const log = new FakeLog();
  const blocks = new LogReadAhead(log, () => Number.MAX_SAFE_INTEGER);
  for (let number = 0; number < BLOCKS_MAX; number++) await blocks.load(number * BLOCK_BYTES, number * BLOCK_BYTES + 1);
  await blocks.load(0, 1);
  await blocks.load(BLOCKS_MAX * BLOCK_BYTES, BLOCKS_MAX * BLOCK_BYTES + 1);
  assert.is(blocks.count, BLOCKS_MAX);
  assert.is(byteAt(blocks, 0), 0);
  assert.is(byteAt(blocks, BLOCK_BYTES), undefined);
  assert.is(byteAt(blocks, 2 * BLOCK_BYTES), 2);
  log.isHeld = true;
  const first = 1000;
  const loading = blocks.load(first * BLOCK_BYTES, (first + BLOCKS_MAX + 5) * BLOCK_BYTES);
  assert.is(blocks.count, BLOCKS_MAX);
  assert.is(byteAt(blocks, first * BLOCK_BYTES), undefined);
  log.release();
  await loading;
  assert.is(blocks.count, BLOCKS_MAX);
  assert.is(byteAt(blocks, first * BLOCK_BYTES), first % 251);
  assert.is(byteAt(blocks, (first + BLOCKS_MAX) * BLOCK_BYTES), undefined);
});

test('a read that fails or is short leaves no block, and its memory is used again', async () => {
  const log = new FakeLog();
  const blocks = new LogReadAhead(log, () => Number.MAX_SAFE_INTEGER);
  log.failing = true;
  await blocks.load(0, 1);
  log.failing = false;
  log.isShort = true;
  await blocks.load(0, 1);
  assert.equal([blocks.count, byteAt(blocks, 0)], [0, undefined]);
  log.isShort = false;
  await blocks.load(0, 1);
  assert.equal([blocks.count, byteAt(blocks, 0)], [1, 0]);
});

test.run();
