/**
 * Entry point of searches in the index. Piscina pool: a busy key's entries are many reads, far from any client's socket.
 * Java: IndexService.queryOffset. Keeps no state between tasks.
 */
import { nodeFileSystem } from '../commitlog/file-system.js';
import { type IndexSearch, searchIndex } from '../index/index-search.js';

/** See `searchIndex`. */
export function searchIndexFiles(search: IndexSearch): number[] {
  return searchIndex(nodeFileSystem, search);
}
