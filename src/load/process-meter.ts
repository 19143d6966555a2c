/**
 * What a process has cost: CPU time of all its threads and memory, from Linux's /proc. Generator process.
 * Invariant: reading costs the measured process nothing.
 */
import { readFileSync } from 'node:fs';

/** Linux reports CPU time in these, whatever the kernel's own tick is (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** A process at one moment. */
export interface ProcessReading {
  /** User and system time since the process began, µs. */
  readonly cpuMicros: number;
  readonly rssMiB: number;
  /** RSS without pages of files: what a mapped commit log has in memory is the page cache's, not the process's own. */
  readonly ownMiB: number;
  /** The highest RSS since the process began. */
  readonly rssPeakMiB: number;
}

/** Reads process `pid`. Throws if it is gone. */
export function readProcess(pid: number): ProcessReading {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the command in parentheses and may hold spaces; the third begins after the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return {
    cpuMicros: (ticks / TICKS_PER_SECOND) * 1e6,
    rssMiB: kibibytes(status, 'VmRSS') / 1024,
    ownMiB: (kibibytes(status, 'RssAnon') + kibibytes(status, 'RssShmem')) / 1024,
    rssPeakMiB: kibibytes(status, 'VmHWM') / 1024,
  };
}

function kibibytes(status: string, key: string): number {
  const match = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status);
  return Number(match?.[1] ?? 0);
}
