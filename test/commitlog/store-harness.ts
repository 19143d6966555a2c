/**
 * A store without its thread, driven by a test through the real rings: the test is the main thread and says when the worker takes its turn.
 * Java: none. Invariant: folders are temporary and removed by `removeFolders`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';
import { RecordDispatch } from '#src/commitlog/record-dispatch.js';
import { scanSegment } from '#src/commitlog/segment-scan.js';
import { ENTRY_BYTES, PRE_BLANK_SIZE_BYTES, readEntry } from '#src/consumequeue/consume-queue-entry.js';
import { DelayLevelTable } from '#src/message/delay-level-table.js';
import { encodeRecord, recordSize } from '#src/message/stored-record.js';
import { allocateDoorbell } from '#src/ring/doorbell.js';
import { allocateLogTailWindow, LogTailWindowReader } from '#src/ring/log-tail-window.js';
import { alignEntrySize, allocateRequestRing, ENTRY, EntryKind, RequestRingProducer } from '#src/ring/request-ring.js';
import { allocateResultRing, emptyStoredResult, ResultRingConsumer, type StoredResult } from '#src/ring/result-ring.js';
import { allocateStoreStatusPage } from '#src/ring/store-status-page.js';
import { CommitlogStore } from '#src/workers/commitlog-store.js';

import type { FromWorker, QueueState, StoreMemory, StoreSettings } from '#src/workers/control-message.js';
import type { ReplicationOptions } from '#src/workers/replication.js';

import { FakeClock } from '../fake-clock.js';

const folders: string[] = [];

/** A new temporary folder. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-store-'));
  folders.push(folder);
  return folder;
}

/** Removes all of them. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Shared memory of small size. */
export function allocateMemory(): StoreMemory {
  return {
    requestRing: allocateRequestRing(1 << 20),
    resultRing: allocateResultRing(4096),
    doorbell: allocateDoorbell(),
    window: allocateLogTailWindow(1 << 18),
    statusPage: allocateStoreStatusPage(),
    ha: { doorbell: allocateDoorbell(), replicaRing: undefined },
  };
}

/** Two delay levels. */
const DELAYS_MS = [1_000, 5_000];

/** Small files, so that few messages fill them. */
export function settingsFor(folder: string, overrides: Partial<StoreSettings> = {}): StoreSettings {
  return {
    storePathRootDir: folder,
    storePathCommitLog: join(folder, 'commitlog'),
    mappedFileSizeCommitLog: 64 * 1024,
    mappedFileSizeConsumeQueue: 100 * ENTRY_BYTES,
    flushDiskType: 'ASYNC_FLUSH',
    flushIntervalCommitLogMs: 500,
    flushIntervalConsumeQueueMs: 1000,
    maxMessageSizeBytes: 4 * 1024 * 1024,
    maxOpenFiles: 4,
    delayLevelsMs: DELAYS_MS,
    messageIndexEnable: true,
    maxHashSlotNum: 7,
    maxIndexNum: 16,
    ...overrides,
  };
}

/** Replication of a master on a free port, by Apache's defaults. */
export function replicationFor(settings: StoreSettings): ReplicationOptions {
  return {
    isSyncMaster: false,
    slaveTimeoutMs: () => 3000,
    onDivergence: () => undefined,
    settings: {
      isSlave: false,
      bindAddress: '127.0.0.1',
      listenPort: 0,
      storePathCommitLog: settings.storePathCommitLog,
      segmentSizeBytes: settings.mappedFileSizeCommitLog,
      isSyncFlush: settings.flushDiskType === 'SYNC_FLUSH',
      sendHeartbeatIntervalMs: 5000,
      housekeepingIntervalMs: 20_000,
      transferBatchBytes: 32 * 1024,
      transferBytesPerSecondMax: Number.POSITIVE_INFINITY,
      inSyncReplicas: 1,
      maxGapNotInSyncBytes: 256 * 1024 * 1024,
      replicaRecordsMax: 1024,
    },
  };
}

/** A message for `put`; everything has a default. */
export interface TestMessage {
  readonly body?: string;
  readonly tags?: string;
  /** In place of those that `tags` makes. */
  readonly properties?: string;
  readonly sysFlag?: number;
}

const HOST = Buffer.from([127, 0, 0, 1, 0, 0, 0x2a, 0x9f]);

/** Main thread's end of a store's memory. */
export class StoreMainEnd {
  readonly window: LogTailWindowReader;
  readonly #ring: RequestRingProducer;
  readonly #results: ResultRingConsumer;
  readonly #queues: { topic: string; queueId: number }[];
  #nextRequestId = 1;

  constructor(memory: StoreMemory, queues: readonly QueueState[]) {
    this.window = new LogTailWindowReader(memory.window);
    this.#ring = new RequestRingProducer(memory.requestRing);
    this.#results = new ResultRingConsumer(memory.resultRing);
    this.#queues = queues.map(({ topic, queueId }) => ({ topic, queueId }));
  }

  /** Asks for a topic's queues to be removed; later puts open new ones. */
  deleteTopic(topic: string, id: number): void {
    for (const queue of this.#queues) if (queue.topic === topic) queue.topic = '';
    this.#add(EntryKind.DELETE_TOPIC, Buffer.from(topic), (position) => {
      this.#ring.bytes.writeUInt32LE(id, position + ENTRY.REQUEST_ID);
    });
  }

  /** Puts `messages` as one group; the queue is opened first if need be. Returns the request id. */
  put(topic: string, queueId: number, messages: readonly TestMessage[]): number {
    return this.putRecords(
      topic,
      queueId,
      messages.map((message) => encode(topic, queueId, message)),
    );
  }

  /** Puts records in their stored form as one group. */
  putRecords(topic: string, queueId: number, records: readonly Buffer[]): number {
    const key = this.#keyOf(topic, queueId);
    const requestId = this.#nextRequestId++;
    this.#add(EntryKind.PUT, Buffer.concat(records), (position) => {
      this.#ring.bytes.writeUInt16LE(records.length, position + ENTRY.MESSAGE_COUNT);
      this.#ring.bytes.writeUInt32LE(requestId, position + ENTRY.REQUEST_ID);
      this.#ring.bytes.writeUInt32LE(key, position + ENTRY.QUEUE_KEY);
    });
    return requestId;
  }

  /** All results that are there. */
  takeResults(): StoredResult[] {
    const taken: StoredResult[] = [];
    for (let result = emptyStoredResult(); this.#results.take(result); result = emptyStoredResult()) taken.push(result);
    this.#results.release();
    return taken;
  }

  /** Waits for `count` results. For a store with its own thread. */
  async results(count: number): Promise<StoredResult[]> {
    const taken = this.takeResults();
    while (taken.length < count) {
      await this.#results.arrival();
      taken.push(...this.takeResults());
    }
    return taken;
  }

  #keyOf(topic: string, queueId: number): number {
    const known = this.#queues.findIndex((queue) => queue.topic === topic && queue.queueId === queueId);
    if (known >= 0) return known;
    const key = this.#queues.push({ topic, queueId }) - 1;
    this.#add(EntryKind.OPEN_QUEUE, Buffer.from(topic), (position) => {
      this.#ring.bytes.writeUInt32LE(key, position + ENTRY.QUEUE_KEY);
      this.#ring.bytes.writeUInt32LE(queueId, position + ENTRY.QUEUE_ID);
      this.#ring.bytes.writeDoubleLE(0, position + ENTRY.FIRST_QUEUE_OFFSET);
    });
    return key;
  }

  #add(kind: number, payload: Buffer, fill: (position: number) => void): void {
    const sizeBytes = ENTRY.PAYLOAD + payload.length;
    const position = this.#ring.reserve(sizeBytes);
    if (position < 0) throw new Error('the test puts more than the ring takes');
    this.#ring.bytes.writeUInt32LE(alignEntrySize(sizeBytes), position + ENTRY.SIZE);
    this.#ring.bytes.writeUInt16LE(kind, position + ENTRY.KIND);
    this.#ring.bytes.writeUInt32LE(payload.length, position + ENTRY.PAYLOAD_SIZE);
    fill(position);
    payload.copy(this.#ring.bytes, position + ENTRY.PAYLOAD);
    this.#ring.commit();
  }
}

function encode(topic: string, queueId: number, message: TestMessage): Buffer {
  const body = Buffer.from(message.body ?? 'body');
  const topicBytes = Buffer.from(topic);
  const tags = message.tags === undefined ? '' : `TAGS\u0001${message.tags}\u0002`;
  const properties = message.properties ?? tags;
  const propertiesBytes = Buffer.byteLength(properties);
  const record = Buffer.alloc(recordSize(HOST.length, HOST.length, body.length, topicBytes.length, propertiesBytes));
  const fields = {
    queueId,
    flag: 0,
    sysFlag: message.sysFlag ?? 0,
    bornTimestampMs: 1_700_000_000_000,
    bornHost: HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body,
  };
  encodeRecord(record, 0, fields, HOST, topicBytes, properties, propertiesBytes);
  return record;
}

/** An open store and both its ends. */
export interface OpenStore {
  readonly store: CommitlogStore;
  readonly main: StoreMainEnd;
  readonly clock: FakeClock;
  readonly posted: FromWorker[];
  /** Puts, lets the worker take it, and returns the results. */
  readonly put: (topic: string, queueId: number, messages: readonly TestMessage[]) => StoredResult[];
}

/** Opens a store in `folder`. */
export async function openStore(
  folder: string,
  overrides: Partial<StoreSettings> = {},
  files: FileSystem = nodeFileSystem,
  poolBytesMin = Number.POSITIVE_INFINITY,
  pieceBytes?: number,
): Promise<OpenStore> {
  const memory = allocateMemory();
  const clock = new FakeClock();
  const posted: FromWorker[] = [];
  const store = await CommitlogStore.open({
    files,
    settings: settingsFor(folder, overrides),
    memory,
    clock,
    post: (message) => void posted.push(message),
    onOperationEnd: () => undefined,
    poolBytesMin,
    pieceBytes,
  });
  const main = new StoreMainEnd(memory, store.queueStates);
  return {
    store,
    main,
    clock,
    posted,
    put: (topic, queueId, messages) => {
      main.put(topic, queueId, messages);
      while (store.drain.run()) continue;
      return main.takeResults();
    },
  };
}

/** `physicalOffset size tagsCode` of each entry that the log's records call for, by `topic/queueId`; offsets must follow each other. */
export function entriesOfLog(folder: string): Map<string, string[]> {
  const entries = new Map<string, string[]>();
  const logFolder = join(folder, 'commitlog');
  const dispatch = new RecordDispatch(
    0,
    new DelayLevelTable(DELAYS_MS),
    (topic, queueId, queueOffset, physicalOffset, sizeBytes, tagsCode) => {
      const name = `${topic}/${queueId}`;
      const queue = entries.get(name) ?? [];
      entries.set(name, queue);
      if (queue.length !== queueOffset) throw new Error(`${name} has offset ${queueOffset} at place ${queue.length}`);
      queue.push(`${physicalOffset} ${sizeBytes} ${tagsCode}`);
    },
  );
  for (const name of readdirSync(logFolder).toSorted()) {
    const path = join(logFolder, name);
    const range = { path, startOffset: Number(name), sizeBytes: readFileSync(path).length, fromOffset: Number(name) };
    scanSegment(nodeFileSystem, range, dispatch.visit);
  }
  return entries;
}

/** The same, as the consume-queue files have it; blanks before a queue's first entry are left out. */
export function entriesOfQueues(folder: string): Map<string, string[]> {
  const entries = new Map<string, string[]>();
  const root = join(folder, 'consumequeue');
  for (const topic of nodeFileSystem.readdir(root)) {
    for (const queueId of readdirSync(join(root, topic))) {
      const bytes = readdirSync(join(root, topic, queueId))
        .toSorted()
        .map((name) => readFileSync(join(root, topic, queueId, name)));
      entries.set(`${topic}/${queueId}`, readEntries(Buffer.concat(bytes)));
    }
  }
  return entries;
}

function readEntries(bytes: Buffer): string[] {
  const entries: string[] = [];
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    const { physicalOffset, sizeBytes, tagsCode } = readEntry(bytes, at);
    if (sizeBytes !== 0 && sizeBytes !== PRE_BLANK_SIZE_BYTES)
      entries.push(`${physicalOffset} ${sizeBytes} ${tagsCode}`);
  }
  return entries;
}
