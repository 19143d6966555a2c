/** The simulated disk itself: what a power cut may take and what it may not. */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import { SECTOR_BYTES } from './power-loss.js';
import { PowerCut, SimulatedDisk } from './simulated-disk.js';

const LOSSES = 200;
const test = suite('simulated disk');

function write(disk: SimulatedDisk, path: string, text: string, position = 0): void {
  const file = disk.open(path, 'create');
  disk.pwrite(file, Buffer.from(text), 0, text.length, position);
  disk.close(file);
}

function sync(disk: SimulatedDisk, path: string): void {
  const file = disk.open(path, 'update');
  disk.fdatasync(file);
  disk.close(file);
}

function read(disk: SimulatedDisk, path: string): string | undefined {
  if (!disk.exists(path)) return undefined;
  const file = disk.open(path, 'read');
  const bytes = Buffer.alloc(disk.size(file));
  disk.pread(file, bytes, 0, bytes.length, 0);
  disk.close(file);
  return bytes.toString('latin1');
}

/** What many power cuts leave of a file; `undefined` when its name is gone. */
function leftOf(path: string, fill: (disk: SimulatedDisk) => void): Set<string | undefined> {
  const left = new Set<string | undefined>();
  for (let seed = 0; seed < LOSSES; seed++) {
    const disk = new SimulatedDisk();
    fill(disk);
    disk.crash();
    disk.restartAfterPowerCut(seed);
    left.add(read(disk, path));
  }
  return left;
}

test('a new file may be gone, be empty or be there; synced without its folder it is whole or gone', () => {
  assert.equal(
    leftOf('/a', (disk) => write(disk, '/a', 'text')),
    new Set([undefined, '', '\0\0\0\0', 'text']),
  );
  const synced = leftOf('/a', (disk) => {
    write(disk, '/a', 'text');
    sync(disk, '/a');
  });
  assert.equal(synced, new Set([undefined, 'text']));
  const named = leftOf('/a', (disk) => {
    write(disk, '/a', 'text');
    sync(disk, '/a');
    disk.fsyncFolder('/');
  });
  assert.equal(named, new Set(['text']));
});

test('sectors are lost each by itself, and never torn', () => {
  const size = 3 * SECTOR_BYTES;
  const left = leftOf('/a', (disk) => {
    write(disk, '/a', 'o'.repeat(size));
    sync(disk, '/a');
    disk.fsyncFolder('/');
    write(disk, '/a', 'n'.repeat(size));
  });
  const sectors = [...left].map((text) => [0, 1, 2].map((i) => text?.slice(i * SECTOR_BYTES, (i + 1) * SECTOR_BYTES)));
  assert.is(left.size, 8);
  for (const sector of sectors.flat()) assert.ok(/^(o+|n+)$/.test(sector ?? ''), 'a sector is old or new');
});

test('what a truncation cut off may show again until it is synced', () => {
  const cut = (disk: SimulatedDisk): void => {
    write(disk, '/a', 'text');
    sync(disk, '/a');
    disk.fsyncFolder('/');
    const file = disk.open('/a', 'update');
    disk.ftruncate(file, 2);
    disk.ftruncate(file, 4);
    disk.close(file);
  };
  assert.ok(leftOf('/a', cut).has('text'));
  const synced = leftOf('/a', (disk) => {
    cut(disk);
    sync(disk, '/a');
  });
  assert.equal(synced, new Set(['te\0\0']));
});

test('a rename leaves the old or the new content, and a removed name may come back', () => {
  const left = leftOf('/a', (disk) => {
    write(disk, '/a', 'old');
    write(disk, '/b', 'new');
    sync(disk, '/a');
    sync(disk, '/b');
    disk.fsyncFolder('/');
    disk.rename('/b', '/a');
  });
  assert.equal(left, new Set(['old', 'new']));
  const removed = leftOf('/a', (disk) => {
    write(disk, '/a', 'text');
    sync(disk, '/a');
    disk.fsyncFolder('/');
    disk.unlink('/a');
  });
  assert.equal(removed, new Set(['text', undefined]));
});

test('an fdatasync that is under way covers what was written before it was asked for, once it has ended', async () => {
  const left = new Set<string | undefined>();
  for (let seed = 0; seed < LOSSES; seed++) {
    const disk = new SimulatedDisk();
    write(disk, '/a', 'one');
    disk.fsyncFolder('/');
    const file = disk.open('/a', 'update');
    const synced = disk.fdatasyncLater(file);
    write(disk, '/a', 'two');
    disk.completeOne();
    await synced;
    disk.crash();
    disk.restartAfterPowerCut(seed);
    left.add(read(disk, '/a'));
  }
  assert.equal(left, new Set(['one', 'two']));
});

test('a kill keeps what the operating system had, which a later power cut may take', () => {
  const disk = new SimulatedDisk();
  write(disk, '/a', 'text');
  disk.crashAfter(2);
  const file = disk.open('/a', 'update');
  disk.pwrite(file, Buffer.from('T'), 0, 1, 0);
  assert.throws(
    () => disk.fdatasync(file),
    (error: unknown) => error instanceof PowerCut,
  );
  assert.throws(
    () => disk.open('/a', 'read'),
    (error: unknown) => error instanceof PowerCut,
  );
  disk.restart();
  assert.is(read(disk, '/a'), 'Text');
  assert.ok(
    leftOf('/a', (later) => {
      write(later, '/a', 'text');
      later.crash();
      later.restart();
    }).has(undefined),
  );
});

test.run();
