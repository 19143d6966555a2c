/** Looks among records in memory for those of a key, by the hashes that the index would have. Java: none. */
import { IndexType, indexKeyHash, KeyHashes, topicHashOf } from '#src/message/index-keys.js';
import { RecordProperties } from '#src/message/record-properties.js';
import { emptyRecordParts, locateParts, storeTimestampOf } from '#src/message/stored-record.js';
import type { MessageQuery, QueryResult } from '#src/workers/message-store.js';

/** What the store would answer if `records`, at these offsets, were its log. */
export function queryRecords(
  messages: Iterable<{ readonly physicalOffset: number; readonly record: Buffer }>,
  query: MessageQuery,
): QueryResult {
  const wanted = indexKeyHash(query.topic, query.key, query.indexType === IndexType.TAG ? IndexType.TAG : undefined);
  const found: Buffer[] = [];
  let last = { storeTimestampMs: 0, physicalOffset: 0 };
  for (const { physicalOffset, record } of messages) {
    const keys = keysOf(record);
    const storeTimestampMs = storeTimestampOf(record, 0);
    if (keys.length > 0) last = { storeTimestampMs, physicalOffset };
    if (storeTimestampMs < query.beginTimestampMs || storeTimestampMs > query.endTimestampMs) continue;
    for (const key of keys) if (key === wanted) found.push(record);
  }
  const newest = found.slice(Math.max(0, found.length - query.countMax));
  const isFound = newest.length > 0;
  return {
    body: Buffer.concat(newest),
    indexLastUpdateTimestampMs: isFound ? last.storeTimestampMs : 0,
    indexLastUpdatePhysicalOffset: isFound ? last.physicalOffset : 0,
  };
}

function keysOf(record: Buffer): number[] {
  const parts = emptyRecordParts();
  locateParts(record, 0, record.length, parts);
  const properties = new RecordProperties();
  properties.locate(record, parts.propertiesStart, parts.propertiesEnd);
  const hashes = new KeyHashes();
  hashes.add(record, properties, topicHashOf(record.toString('utf8', parts.topicStart, parts.topicEnd)), 0);
  return [...hashes.values.subarray(0, hashes.length)];
}
