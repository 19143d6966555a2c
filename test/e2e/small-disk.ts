/**
 * A small disk of its own for a test: a tmpfs, which only root may mount. Java: none.
 * Invariant: `mountSmallDisk` gives undefined where it cannot be had, and leaves nothing behind then.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounted until `unmount`. */
export interface SmallDisk {
  readonly folder: string;
  /** From now on nothing can be written; no file may be open for writing. */
  makeReadOnly(): void;
  unmount(): void;
}

/** A disk of `sizeBytes`, or undefined. */
export function mountSmallDisk(sizeBytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-disk-'));
  const run = (command: string, ...args: string[]): void =>
    void execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder);
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    makeReadOnly: () => run('mount', '-o', 'remount,ro', folder),
    unmount: () => {
      run('umount', '-l', folder);
      rmSync(folder, { recursive: true });
    },
  };
}
