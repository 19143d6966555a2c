/**
 * What must hold after every start, compared with the ledger. Java: none.
 * Invariant: a check that fails throws a Violation that names its kind; none of them changes the store.
 */
import { join } from 'node:path';

import type { FileSystem } from '#src/commitlog/file-system.js';
import { StoreCheckpoint } from '#src/commitlog/store-checkpoint.js';
import type { IndexFileState } from '#src/index/index-set.js';
import type { QueueState, StoreSettings } from '#src/workers/control-message.js';

import { type Ledger, Violation } from './ledger.js';
import { isContentOf } from './sent-messages.js';
import { type ImageLog, type ImageQueue, type ImageRecord, readIndex, readLog, readQueues } from './store-image.js';

/** What is compared. */
export interface CheckedStore {
  readonly files: FileSystem;
  readonly settings: StoreSettings;
  readonly ledger: Ledger;
}

/** What the store itself says. */
export interface StoreStates {
  readonly queueStates: readonly QueueState[];
  readonly indexStates: readonly IndexFileState[];
  readonly writtenOffset: number;
}

/** Before recovery: a checkpoint speaks of nothing that the disk has not. */
export function checkCheckpoint({ files, settings, ledger }: CheckedStore): void {
  const checkpoint = new StoreCheckpoint(files, join(settings.storePathRootDir, 'checkpoint'));
  checkpoint.load();
  const { logicsPhysicalOffset, syncedPhysicalOffset } = checkpoint.fields;
  if (syncedPhysicalOffset === 0 || syncedPhysicalOffset !== logicsPhysicalOffset) return;
  const log = readLog(files, settings);
  if (log.endOffset <= syncedPhysicalOffset) {
    throw new Violation(
      'checkpoint-ahead',
      `the log ends at ${log.endOffset}, the checkpoint is at ${syncedPhysicalOffset}`,
    );
  }
  const queues = readQueues(files, settings);
  for (const record of log.records) {
    if (record.physicalOffset > syncedPhysicalOffset) break;
    if (record.physicalOffset < ledger.deletedBefore(record.topic)) continue;
    if (!hasEntry(queues.get(record.name), record)) {
      throw new Violation(
        'checkpoint-ahead',
        `${placeOf(record)} has no entry in its queue, the checkpoint is at ${syncedPhysicalOffset}`,
      );
    }
  }
}

/** After recovery: everything. Returns the log, all of which is promised from now on. */
export function checkStore(
  store: CheckedStore,
  { queueStates, indexStates, writtenOffset }: StoreStates,
  mustHave: (physicalOffset: number) => boolean,
): ImageLog {
  const { files, settings, ledger } = store;
  const log = readLog(files, settings);
  if (log.startOffset < ledger.logStart || log.startOffset > ledger.logStartMax) {
    throw new Violation(
      'log-begins',
      `the log begins at ${log.startOffset}, not from ${ledger.logStart} to ${ledger.logStartMax}`,
    );
  }
  checkRecords(log, ledger, mustHave);
  if (log.endOffset !== writtenOffset) {
    throw new Violation('acknowledged-missing', `the log goes to ${log.endOffset}, the store to ${writtenOffset}`);
  }
  checkQueues(log, ledger, readQueues(files, settings), queueStates, mustHave);
  checkIndex(log, readIndex(files, settings, indexStates));
  return log;
}

/** Everything promised is there, at its place, as it was sent; nothing is there twice. */
function checkRecords(log: ImageLog, ledger: Ledger, mustHave: (physicalOffset: number) => boolean): void {
  const places = new Map<number, ImageRecord>();
  for (const record of log.records) {
    const sent = ledger.sent.get(record.id);
    const isRight =
      sent !== undefined &&
      record.name === `${sent.topic}/${sent.queueId}` &&
      isContentOf(sent.message, record.body, record.properties);
    if (!isRight) throw new Violation('content-changed', `${placeOf(record)} is not what was sent`);
    const other = places.get(record.id);
    if (other !== undefined)
      throw new Violation('record-twice', `${placeOf(record)} and ${placeOf(other)} are one message`);
    places.set(record.id, record);
  }
  for (const [id, { physicalOffset, queueOffset }] of ledger.stored) {
    if (!mustHave(physicalOffset) || physicalOffset < log.startOffset) continue;
    const record = places.get(id);
    if (record?.physicalOffset === physicalOffset && record.queueOffset === queueOffset) continue;
    const found = record === undefined ? 'is nowhere' : `is ${placeOf(record)}`;
    throw new Violation(
      'acknowledged-missing',
      `message ${id}, stored at ${physicalOffset} with queue offset ${queueOffset}, ${found}; the log ends at ${log.endOffset}`,
    );
  }
}

function checkQueues(
  log: ImageLog,
  ledger: Ledger,
  queues: ReadonlyMap<string, ImageQueue>,
  states: readonly QueueState[],
  mustHave: (physicalOffset: number) => boolean,
): void {
  const recordsOf = groupBy(log.records, ({ name }) => name);
  const stateOf = new Map(states.map((state) => [`${state.topic}/${state.queueId}`, state]));
  for (const [name, records] of recordsOf) {
    const run = lastRun(records, log.startOffset, ledger);
    const promised = run.filter(({ physicalOffset, topic }) => physicalOffset >= ledger.deletedBefore(topic));
    const entries = queues.get(name);
    const state = stateOf.get(name);
    const missing = promised.find((record) => !hasEntry(entries, record));
    if (missing !== undefined) throw new Violation('queue-differs', `${placeOf(missing)} has no entry in its queue`);
    if (state === undefined) {
      if (promised.length > 0) throw new Violation('queue-differs', `${name} is not known to the store`);
      continue;
    }
    const end = (run.at(-1)?.queueOffset ?? -1) + 1;
    if (promised.length > 0 && state.maxOffset !== end)
      throw new Violation('queue-differs', `${name} ends at ${state.maxOffset} in the store, at ${end} in the log`);
  }
  for (const [name, state] of stateOf)
    checkEntries(name, state, queues.get(name), recordsOf.get(name) ?? [], log, ledger);
  for (const [name, { physicalOffset, queueOffset }] of ledger.queueEnds) {
    const topic = name.slice(0, name.lastIndexOf('/'));
    const maxOffset = stateOf.get(name)?.maxOffset ?? 0;
    if (maxOffset <= queueOffset && physicalOffset >= ledger.deletedBefore(topic) && mustHave(physicalOffset))
      throw new Violation('queue-gap', `${name} had offset ${queueOffset}, and ends at ${maxOffset}`);
  }
  for (const [name, entries] of queues) {
    if (!stateOf.has(name) && entries.size > 0)
      throw new Violation('queue-differs', `the files of ${name} have entries, and the store does not know it`);
  }
}

/** The files have entries for exactly the offsets that the store says, and each is that of a record. */
function checkEntries(
  name: string,
  { minOffset, maxOffset }: QueueState,
  entries: ImageQueue | undefined,
  records: readonly ImageRecord[],
  log: ImageLog,
  ledger: Ledger,
): void {
  const isOfRecord = new Map(records.map((record) => [record.physicalOffset, record]));
  for (const [queueOffset, { physicalOffset }] of entries ?? []) {
    // Expired ones go with their file.
    if (physicalOffset < log.startOffset && queueOffset < minOffset) continue;
    const record = isOfRecord.get(physicalOffset);
    if (record?.queueOffset !== queueOffset || !hasEntry(entries, record) || queueOffset >= maxOffset)
      throw new Violation(
        'queue-differs',
        `${name} has an entry for ${queueOffset} at ${physicalOffset}, and ends at ${maxOffset}`,
      );
  }
  // A power cut may bring back a part of a deleted queue: what is missing of it stands as blanks.
  const deletedBefore = ledger.deletedBefore(records[0]?.topic ?? '');
  const mayLack = new Set(
    records.flatMap((record) => (record.physicalOffset < deletedBefore ? [record.queueOffset] : [])),
  );
  for (let offset = minOffset; offset < maxOffset; offset++) {
    if (entries?.has(offset) !== true && !mayLack.has(offset))
      throw new Violation('queue-differs', `${name} says ${minOffset} to ${maxOffset}, and has no entry for ${offset}`);
  }
}

/** The records of a queue since its offsets last began anew, which they may only where the topic was deleted. */
function lastRun(records: readonly ImageRecord[], logStart: number, ledger: Ledger): readonly ImageRecord[] {
  let start = 0;
  let expected = logStart > 0 ? (records[0]?.queueOffset ?? 0) : 0;
  for (const [i, record] of records.entries()) {
    if (record.queueOffset !== expected) {
      const before = records[i - 1];
      const mayBegin = before !== undefined && before.physicalOffset < ledger.deletedBefore(record.topic);
      if (!mayBegin || record.queueOffset > expected)
        throw new Violation('queue-gap', `${placeOf(record)} comes where offset ${expected} should`);
      start = i;
    }
    expected = record.queueOffset + 1;
  }
  return records.slice(start);
}

function checkIndex(log: ImageLog, keys: readonly string[]): void {
  const left = new Set(log.keys);
  // A record may have one key twice.
  const expected = groupBy(log.keys, (key) => key);
  const found = groupBy(
    keys.filter((key) => Number(key.slice(key.indexOf('@') + 1)) >= log.startOffset),
    (key) => key,
  );
  for (const [key, same] of found) {
    const count = expected.get(key)?.length ?? 0;
    if (same.length > count)
      throw new Violation('index-beyond-log', `${key} is there ${same.length} times, for ${count}`);
    if (same.length === count) left.delete(key);
  }
  const [missing] = left;
  if (missing !== undefined)
    throw new Violation('index-lacks', `${missing} is in the log, which ends at ${log.endOffset}`);
}

function hasEntry(entries: ImageQueue | undefined, record: ImageRecord): boolean {
  const entry = entries?.get(record.queueOffset);
  return (
    entry !== undefined &&
    entry.physicalOffset === record.physicalOffset &&
    entry.sizeBytes === record.sizeBytes &&
    entry.tagsCode === record.tagsCode
  );
}

function placeOf({ id, name, queueOffset, physicalOffset }: ImageRecord): string {
  return `message ${id} of ${name} (queue offset ${queueOffset}) at ${physicalOffset}`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
