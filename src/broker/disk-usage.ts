/** How full the disk of a folder is. Main thread. Java: UtilAll.getDiskPartitionSpaceUsedPercent. */
import { statfs } from 'node:fs/promises';

/** One folder's disk. */
export interface DiskUsage {
  /** Share in use of what others than root may use, in hundredths rounded up, as df has it; -1 when there is no such folder. */
  readonly usedRatio: number;
  /** Bytes that may still be written. */
  readonly freeBytes: number;
}

/** Measures; a folder that is not there, or cannot be asked, is one without figures. */
export async function diskUsageOf(folder: string): Promise<DiskUsage> {
  try {
    const { blocks, bfree, bavail, bsize } = await statfs(folder);
    const used = blocks - bfree;
    return { usedRatio: Math.ceil((used * 100) / Math.max(1, used + bavail)) / 100, freeBytes: bavail * bsize };
  } catch {
    return { usedRatio: -1, freeBytes: Number.POSITIVE_INFINITY };
  }
}
