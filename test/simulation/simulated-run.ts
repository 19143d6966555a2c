/**
 * Carries out a history: the real store over a simulated disk, the test being the main thread and saying whose turn it is. Java: none.
 * Invariant: what a run does follows from its history alone. It ends by itself, or throws the first Violation.
 */
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';

import type { ReplaceableFileSystem } from '#src/base/replaceable-file-system.js';
import type { FileSystem } from '#src/commitlog/file-system.js';
import { ENTRY_BYTES } from '#src/consumequeue/consume-queue-entry.js';
import type { IndexFileState } from '#src/index/index-set.js';
import { StatusWord } from '#src/ring/store-status-page.js';
import { CommitlogStore } from '#src/workers/commitlog-store.js';
import type { StoreSettings } from '#src/workers/control-message.js';
import { PutStatus } from '#src/workers/message-store.js';

import { allocateMemory, settingsFor, StoreMainEnd } from '../commitlog/store-harness.js';
import { FakeClock } from '../fake-clock.js';
import { type History, type Operation, QUEUES_PER_TOPIC, TOPICS } from './history.js';
import { Ledger, Violation } from './ledger.js';
import { destinationOf, toTestMessage } from './sent-messages.js';
import { SimulatedConfigFiles } from './simulated-config-files.js';
import { PowerCut, SimulatedDisk } from './simulated-disk.js';
import { SimulatedOffsets } from './simulated-offsets.js';
import { checkCheckpoint, checkStore } from './store-checks.js';

/** Where a store is. The folder above is there and durable. */
const STORE_FOLDER = '/store';
/** Longer is a hang: the longest waits are for a few hundred operations of the disk. */
const TURNS_MAX = 20_000;
/** Pauses between two starts of the machine, ms. */
const RESTART_MS = 2000;

/** Of the cleaner, between two operations of the disk. */
const CLEANER_STEPS_MAX = 20;
const AT_ONCE = { isAtOnce: true, reservedMs: -1, bytesToFree: 0, logBytesMax: 0, segmentPauseMs: 0, queuePauseMs: 0 };

/** What a test puts between the store and the disk. */
export interface DiskWrappers {
  readonly files?: (disk: SimulatedDisk) => FileSystem;
  readonly configFiles?: (disk: SimulatedDisk) => ReplaceableFileSystem;
}

type Crash = Extract<Operation, { kind: 'crash' }>;

/** Carries out all of it; throws a Violation. */
export async function runHistory(history: History, wrappers: DiskWrappers = {}): Promise<void> {
  const run = new SimulatedRun(history, wrappers);
  await run.start();
  for (const operation of history.operations) await run.carryOut(operation);
}

class SimulatedRun {
  readonly #disk = new SimulatedDisk();
  readonly #files: FileSystem;
  readonly #settings: StoreSettings;
  readonly #clock = new FakeClock();
  readonly #ledger = new Ledger();
  readonly #offsets: SimulatedOffsets;
  #store: CommitlogStore | undefined;
  #main: StoreMainEnd | undefined;
  /** How the process ends when the disk says so. */
  #armed: Crash | undefined;
  #wasPowerCut = false;
  #crashes = 0;
  #nextDeletionId = 1;
  /** Ends of queues as the main thread knows them, by `topic/queueId`. */
  #queueEnds = new Map<string, number>();

  constructor({ settings }: History, { files, configFiles }: DiskWrappers) {
    this.#files = files?.(this.#disk) ?? this.#disk;
    this.#settings = settingsFor(STORE_FOLDER, {
      flushDiskType: settings.flushDiskType,
      mappedFileSizeCommitLog: settings.segmentBytes,
      mappedFileSizeConsumeQueue: settings.queueFileEntries * ENTRY_BYTES,
      maxIndexNum: settings.maxIndexNum,
      maxOpenFiles: settings.maxOpenFiles,
    });
    const ownFiles = configFiles?.(this.#disk) ?? new SimulatedConfigFiles(this.#disk);
    this.#offsets = new SimulatedOffsets(ownFiles, STORE_FOLDER, this.#clock);
  }

  /** Opens the store, again and again if the process ends meanwhile, and checks it. */
  async start(): Promise<void> {
    for (;;) {
      try {
        await this.#open();
        return;
      } catch (error) {
        if (!this.#disk.isOff) throw asViolation('cannot-open', error);
        await this.#restartMachine();
      }
    }
  }

  async carryOut(operation: Operation): Promise<void> {
    try {
      await this.#carryOut(operation);
    } catch (error) {
      if (!this.#disk.isOff) throw asViolation('worker-failed', error);
    }
    if (!this.#disk.isOff) return;
    this.#takeResults();
    await this.#restartMachine();
    await this.start();
  }

  get #opened(): { store: CommitlogStore; main: StoreMainEnd } {
    if (this.#store === undefined || this.#main === undefined) throw new Error('the store is open between operations');
    return { store: this.#store, main: this.#main };
  }

  async #carryOut(operation: Operation): Promise<void> {
    const { store } = this.#opened;
    switch (operation.kind) {
      case 'send':
        this.#send(operation);
        return;
      case 'drain':
        this.#drain();
        return;
      case 'tick':
        this.#clock.advance(operation.ms);
        store.flusher.tick(this.#clock.monotonicMs());
        this.#clean();
        return nextTurnOfEventLoop();
      case 'disk':
        for (let i = 0; i < operation.count; i++) {
          this.#disk.completeOne();
          await nextTurnOfEventLoop();
          this.#clean();
        }
        return;
      case 'expire':
        this.#ledger.allowExpiry(operation.segments * this.#settings.mappedFileSizeCommitLog);
        store.cleaner.expire(0, { ...AT_ONCE, segmentsMax: operation.segments });
        return;
      case 'deleteTopic':
        this.#deleteTopic(operation.topic);
        return;
      case 'commitOffset': {
        const topic = TOPICS[Math.floor(operation.queue / QUEUES_PER_TOPIC)] ?? TOPICS[0];
        const queueId = operation.queue % QUEUES_PER_TOPIC;
        const end = this.#queueEnds.get(`${topic}/${queueId}`) ?? 0;
        if (end > 0) this.#offsets.commit(operation.group, topic, queueId, Math.floor(end * operation.part));
        return;
      }
      case 'saveOffsets':
        this.#offsets.save();
        return nextTurnOfEventLoop();
      case 'restart':
        return this.#restart();
      case 'crash':
        this.#armed = operation;
        if (operation.afterCalls === 0) this.#disk.crash();
        else this.#disk.crashAfter(operation.afterCalls);
    }
  }

  /** What is expired goes as far as it can without the disk. */
  #clean(): void {
    const { store } = this.#opened;
    for (let steps = 0; steps < CLEANER_STEPS_MAX && !store.cleaner.isBusy; steps++) {
      store.cleaner.tick(this.#clock.monotonicMs());
    }
    this.#ledger.logBegins(store.status.get(StatusWord.minPhysicalOffset));
  }

  #send({ topic, queueId, messages }: Extract<Operation, { kind: 'send' }>): void {
    const [first] = messages;
    if (first === undefined) return;
    const destination = destinationOf(topic, queueId, first);
    const requestId = this.#opened.main.put(destination.topic, destination.queueId, messages.map(toTestMessage));
    this.#ledger.send(requestId, topic, queueId, messages);
  }

  #drain(): void {
    const { store } = this.#opened;
    while (store.drain.run()) continue;
    this.#takeResults();
  }

  #takeResults(): void {
    const { store, main } = this.#opened;
    let ids: readonly number[] = [];
    let next = 0;
    for (const result of main.takeResults()) {
      if (next === ids.length) {
        ids = this.#ledger.takeRequest(result.requestId);
        next = 0;
      }
      if (result.status !== PutStatus.OK) {
        if (!this.#disk.isOff) throw new Violation('worker-failed', `message ${ids[next]} was refused`);
        next = result.isLast ? ids.length : next + 1;
        continue;
      }
      const id = ids[next++] ?? -1;
      this.#ledger.stored.set(id, { physicalOffset: result.physicalOffset, queueOffset: result.queueOffset });
      const sent = this.#ledger.sent.get(id);
      if (sent !== undefined) this.#queueEnds.set(`${sent.topic}/${sent.queueId}`, result.queueOffset + 1);
      if (this.#settings.flushDiskType === 'SYNC_FLUSH')
        this.#ledger.durableOffset = Math.max(this.#ledger.durableOffset, result.physicalOffset + 1);
    }
    this.#ledger.durableOffset = Math.max(this.#ledger.durableOffset, store.status.get(StatusWord.flushedOffset));
  }

  #deleteTopic(topic: string): void {
    this.#drain();
    const { store, main } = this.#opened;
    this.#ledger.deleteTopic(topic, store.status.get(StatusWord.writtenOffset));
    for (let queueId = 0; queueId < QUEUES_PER_TOPIC; queueId++) this.#queueEnds.delete(`${topic}/${queueId}`);
    this.#offsets.removeTopic(topic);
    main.deleteTopic(topic, this.#nextDeletionId++);
    this.#drain();
  }

  /** A clean stop loses nothing, whatever happens afterwards. */
  async #restart(): Promise<void> {
    const { store } = this.#opened;
    this.#drain();
    await this.#settle(store.close());
    await this.#settle(this.#offsets.stop());
    this.#ledger.durableOffset = store.status.get(StatusWord.flushedOffset);
    this.#ledger.forgetRequests();
    this.#disk.restart();
    await this.start();
  }

  /** After a crash: nothing of the old process goes on. */
  async #restartMachine(): Promise<void> {
    await this.#store?.flusher.idle();
    await this.#store?.cleaner.idle();
    await this.#offsets.idle();
    const { isPowerCut, lossSeed } = this.#armed ?? { isPowerCut: true, lossSeed: 1 };
    this.#armed = undefined;
    this.#wasPowerCut ||= isPowerCut;
    this.#ledger.forgetRequests();
    if (isPowerCut) this.#disk.restartAfterPowerCut(lossSeed + this.#crashes++);
    else this.#disk.restart();
    this.#clock.advance(RESTART_MS);
  }

  async #open(): Promise<void> {
    const checked = { files: this.#disk, settings: this.#settings, ledger: this.#ledger };
    checkCheckpoint(checked);
    const memory = allocateMemory();
    let indexStates: readonly IndexFileState[] = [];
    const store = await this.#settle(
      CommitlogStore.open({
        files: this.#files,
        settings: this.#settings,
        memory,
        clock: this.#clock,
        post: (message) => {
          if (message.type === 'indexStates' && typeof message.states !== 'string') indexStates = message.states;
        },
        onOperationEnd: () => undefined,
        poolBytesMin: Number.POSITIVE_INFINITY,
      }),
    );
    this.#store = store;
    this.#main = new StoreMainEnd(memory, store.queueStates);
    const { durableOffset } = this.#ledger;
    const mustHave = (physicalOffset: number): boolean => !this.#wasPowerCut || physicalOffset < durableOffset;
    const writtenOffset = store.status.get(StatusWord.writtenOffset);
    store.answerIndex(0, 0);
    const log = checkStore(checked, { queueStates: store.queueStates, indexStates, writtenOffset }, mustHave);
    this.#wasPowerCut = false;
    this.#ledger.stored.clear();
    for (const { id, name, physicalOffset, queueOffset } of log.records) {
      this.#ledger.stored.set(id, { physicalOffset, queueOffset });
      this.#ledger.queueEnds.set(name, { physicalOffset, queueOffset });
    }
    this.#ledger.logBegins(log.startOffset);
    this.#ledger.durableOffset = store.status.get(StatusWord.flushedOffset);
    this.#ledger.cut(writtenOffset);
    this.#queueEnds = new Map(store.queueStates.map((state) => [`${state.topic}/${state.queueId}`, state.maxOffset]));
    await this.#settle(this.#offsets.load(this.#queueEnds));
  }

  /** Lets the disk work until a promise settles. */
  async #settle<T>(promise: Promise<T>): Promise<T> {
    const state = { isSettled: false };
    const watched = promise.finally(() => (state.isSettled = true));
    watched.catch(() => undefined);
    for (let turns = 0; ; turns++) {
      await nextTurnOfEventLoop();
      if (state.isSettled) return watched;
      if (turns > TURNS_MAX) throw new Violation('worker-failed', 'something waits for ever');
      this.#disk.completeOne();
    }
  }
}

function asViolation(kind: 'cannot-open' | 'worker-failed', error: unknown): Error {
  if (error instanceof Violation) return error;
  if (error instanceof PowerCut) return new Violation(kind, 'a call after the end of the process', error);
  return new Violation(kind, error instanceof Error ? error.message : String(error), error);
}
