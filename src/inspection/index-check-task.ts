/**
 * Checks the chains of one index file: every entry follows the one that its slot held before. Piscina pool, read-only. Java: none.
 * Keeps no state between tasks; holds the slots of one file, 20 MB by default.
 */
import { nodeFileSystem } from '../commitlog/file-system.js';
import { checkIndexFile } from '../index/index-check.js';
import type { IndexShape } from '../index/index-layout.js';
import type { IndexFileInfo } from './store-layout.js';

/** What to check. */
export interface IndexCheckTask {
  readonly file: IndexFileInfo;
  readonly shape: IndexShape;
}

/** Entry point of the task: entries that the header counts but that are none, or 0. */
export function countDamagedEntries({ file, shape }: IndexCheckTask): number {
  const limits = { cutOffset: Number.POSITIVE_INFINITY, redoneFrom: Number.POSITIVE_INFINITY };
  const { header, isDamaged } = checkIndexFile(nodeFileSystem, file.path, shape, file.header, limits);
  return isDamaged ? Math.max(1, file.header.indexCount - header.indexCount) : 0;
}
