/** The system's page cache: emptied before cold reads, and what a process has read from disks in spite of it. Bench processes. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Empties the page cache, as far as this process may; says how. */
export function dropPageCache(folder: string): string {
  execFileSync('sync', ['-f', folder]);
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return 'the whole page cache was dropped (drop_caches)';
  } catch {
    dropFilesFrom(folder);
    return 'the files of the store were dropped from the page cache (posix_fadvise)';
  }
}

/** Bytes that a process has read from disks. */
export function diskBytesRead(pid: number): number {
  const match = /^read_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'));
  return Number(match?.[1] ?? 0);
}

function dropFilesFrom(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) dropFilesFrom(path);
    else if (entry.isFile()) execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
  }
}
