/**
 * A large table in parts: clients since 5.3 ask for topics and groups page by page. Main thread.
 * Java: TopicConfigManager.subTopicConfigTable, SubscriptionGroupManager.subGroupTable.
 * Invariant: pages are cut in the order of the names, so that they do not overlap while the table's version stays the same.
 */
import { DataVersion } from '../remoting/bodies/data-version.js';
import { parseFastjson } from '../remoting/fastjson.js';

/** Past it a page is cut, whatever is asked for. Java: splitMetadataSize. */
const PAGE_SIZE_MAX = 2000;

/** Which part of a table is wanted; nothing of it given: all at once, as by clients before 5.3. */
export interface PageRequest {
  readonly dataVersion: string | undefined;
  readonly first: number | undefined;
  readonly maxCount: number | undefined;
}

/** True if a page is asked for, and not all. */
export function isPaged({ dataVersion, first, maxCount }: PageRequest): boolean {
  return dataVersion !== undefined || first !== undefined || maxCount !== undefined;
}

/** The part of `table` that is asked for. If the table has changed since the page before, the first one again. */
export function pageOf<T>(table: ReadonlyMap<string, T>, version: DataVersion, page: PageRequest): Map<string, T> {
  if (!isPaged(page)) return new Map(table);
  const asked = page.first ?? 0;
  const first = asked === 0 || isVersion(page.dataVersion, version) ? asked : 0;
  const count = Math.min(PAGE_SIZE_MAX, page.maxCount ?? PAGE_SIZE_MAX);
  const names = [...table.keys()].toSorted().slice(first, first + count);
  return new Map([...table].filter(([name]) => names.includes(name)));
}

function isVersion(text: string | undefined, version: DataVersion): boolean {
  if (text === undefined || text.trim() === '') return false;
  const asked = DataVersion.read(parseFastjson(text));
  return (
    asked.counter === version.counter &&
    asked.timestamp === version.timestamp &&
    asked.stateVersion === version.stateVersion
  );
}
