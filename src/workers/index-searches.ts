/**
 * Queries by key: the worker says where to begin, a thread of the pool searches the index's files, the records are read here. Main thread.
 * Java: DefaultMessageStore.queryMessage.
 * Invariant: a message that was answered before the query came is found: the worker puts a batch's keys into the index before it looks at what it is
 * asked, and what it is asked makes it write them. Differs: Apache finds it when its reput thread has come by, a millisecond later or more.
 */
import { join } from 'node:path';

import type { IndexSearch } from '../index/index-search.js';
import type { IndexFileState } from '../index/index-set.js';
import { indexKeyHash } from '../message/index-keys.js';
import type { StoreSettings } from './control-message.js';
import type { MessageQuery, QueryResult } from './message-store.js';
import type { TaskPool } from './task-pool.js';

const TASK_URL = new URL('./index-search-task.js', import.meta.url);
/** Most bytes of records in one result, since clients refuse frames of 16 MiB; the oldest are left out, the newest never is. Differs: Apache has no limit. */
const RESULT_BYTES_MAX = 12 * 1024 * 1024;

/** What searches need of the store. */
export interface IndexSearchesParts {
  readonly settings: StoreSettings;
  readonly pool: TaskPool;
  /** Has `settle` called with the answer. */
  readonly askIndex: (id: number, keyHash: number) => void;
  readonly recordAt: (physicalOffset: number) => Promise<Buffer | undefined>;
}

interface WaitingSearch {
  resolve(states: readonly IndexFileState[]): void;
  reject(error: Error): void;
}

/** The searches of one store. */
export class IndexSearches {
  readonly #parts: IndexSearchesParts;
  readonly #waiting = new Map<number, WaitingSearch>();
  #nextId = 1;
  #failure: string | undefined;

  constructor(parts: IndexSearchesParts) {
    this.#parts = parts;
  }

  /** Rejects when the worker has ended. */
  async query(query: MessageQuery): Promise<QueryResult> {
    const { settings, pool } = this.#parts;
    const keyHash = indexKeyHash(query.topic, query.key, query.indexType);
    const states = await this.#ask(keyHash);
    const last = states.at(-1);
    if (last === undefined) return resultOf([], undefined);
    const search: IndexSearch = {
      folder: join(settings.storePathRootDir, 'index'),
      shape: { hashSlotNum: settings.maxHashSlotNum, indexNum: settings.maxIndexNum },
      states,
      keyHash,
      countMax: query.countMax,
      beginTimestampMs: query.beginTimestampMs,
      endTimestampMs: query.endTimestampMs,
    };
    const offsets = await pool.run<number[]>(TASK_URL, 'searchIndexFiles', search);
    if (offsets.length === 0) return resultOf([], undefined);
    return resultOf(await this.#read(offsets), last);
  }

  /** The worker's answer. */
  settle(id: number, states: readonly IndexFileState[] | string): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (typeof states === 'string') waiting?.reject(new Error(states));
    else waiting?.resolve(states);
  }

  /** The worker is gone: nothing is answered any more. */
  failAll(reason: string): void {
    this.#failure = reason;
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(reason));
    this.#waiting.clear();
  }

  #ask(keyHash: number): Promise<readonly IndexFileState[]> {
    if (this.#failure !== undefined) return Promise.reject(new Error(this.#failure));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#parts.askIndex(id, keyHash);
    });
  }

  /** Records at these offsets, in the log's order. One that is not there any more is left out; twice the same is twice in it, as at Apache's. */
  async #read(offsets: readonly number[]): Promise<Buffer[]> {
    const records: Buffer[] = [];
    let bytes = 0;
    for (const offset of offsets.toSorted((a, b) => b - a)) {
      const record = await this.#parts.recordAt(offset);
      if (record === undefined) continue;
      bytes += record.length;
      if (records.length > 0 && bytes > RESULT_BYTES_MAX) break;
      records.push(record);
    }
    return records.toReversed();
  }
}

function resultOf(records: readonly Buffer[], last: IndexFileState | undefined): QueryResult {
  return {
    body: Buffer.concat(records),
    indexLastUpdateTimestampMs: last?.endTimestampMs ?? 0,
    indexLastUpdatePhysicalOffset: last?.endPhysicalOffset ?? 0,
  };
}
