/**
 * One broker of the replication's simulation: real store and HA service over a simulated disk and network, from start to crash, again and again. The test is the main thread. Java: none.
 * Invariant: `observe` is called before anything is compared with `image`. After each start the store is checked against what it was seen to have.
 */
import { join } from 'node:path';

import type { LogCut } from '#src/commitlog/log-cut.js';
import { DefaultHaService } from '#src/ha/default-ha-service.js';
import type { IndexFileState } from '#src/index/index-set.js';
import { createLogger } from '#src/base/log.js';
import { StatusWord } from '#src/ring/store-status-page.js';
import { CommitlogStore } from '#src/workers/commitlog-store.js';
import type { StoreSettings } from '#src/workers/control-message.js';
import { GroupTransferService } from '#src/workers/group-transfer-service.js';
import { PutStatus } from '#src/workers/message-store.js';

import { replicationFor, StoreMainEnd } from '../commitlog/store-harness.js';
import { openFileOf, replicaMemory, storeSettingsOf } from './broker-parts.js';
import type { BrokerProcess, BrokerSurroundings } from './broker-surroundings.js';
import { settle } from './event-loop-turns.js';
import { Ledger, Violation } from './ledger.js';
import { LogImage } from './log-image.js';
import { toTestMessage } from './sent-messages.js';
import { SimulatedDisk } from './simulated-disk.js';
import { SimulatedNetwork } from './simulated-network.js';

import { checkCheckpoint, checkStore } from './store-checks.js';

/** Most steps of the cleaner between two operations of the disk. */
const CLEANER_STEPS_MAX = 20;
const AT_ONCE = { isAtOnce: true, reservedMs: -1, bytesToFree: 0, logBytesMax: 0, segmentPauseMs: 0, queuePauseMs: 0 };
/** The log of a slave begins where its master's last segment does. */
const ANY_START = Number.MAX_SAFE_INTEGER;
const SLAVE_TIMEOUT_MS = 3000;

/** A machine with its disk, and the process on it if there is one. */
export class SimulatedBroker {
  readonly name: string;
  disk = new SimulatedDisk();
  ledger: Ledger;
  image: LogImage;
  /** Logs that were seen here and are not any more: of lost disks, and before power cuts. */
  readonly formerImages: LogImage[] = [];
  /** What this slave's HA service wants to have cut off. */
  pendingCut: LogCut | undefined;
  /** Of the log as it is now, a slave has acknowledged so much. */
  acknowledgedOffset = 0;
  readonly #shared: BrokerSurroundings;
  readonly #storeSettings: StoreSettings;
  #process: BrokerProcess | undefined;
  #wasPowerCut = false;
  #armed: { readonly isPowerCut: boolean; readonly lossSeed: number } | undefined;
  #crashes = 0;

  constructor(name: string, shared: BrokerSurroundings) {
    this.name = name;
    this.#shared = shared;
    this.#storeSettings = storeSettingsOf(shared.settings);
    this.ledger = this.#newLedger();
    this.image = this.#newImage(0);
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Ends of what a running broker's operating system, and its disk, have. */
  get writtenOffset(): number {
    return this.#running.store.status.get(StatusWord.writtenOffset);
  }

  get minOffset(): number {
    return this.#running.store.status.get(StatusWord.minPhysicalOffset);
  }

  get lastRecordOffset(): number {
    return this.#running.store.status.get(StatusWord.lastRecordOffset);
  }

  /** Starts a process. It may end before it is there: then nothing runs. Throws a Violation when the store is not as it must be. */
  async start(isSlave: boolean, cut?: LogCut): Promise<void> {
    try {
      await this.#open(isSlave, cut);
    } catch (error) {
      if (!this.disk.isOff)
        throw error instanceof Violation ? error : new Violation('cannot-open', textOf(error), error);
      await this.endIfOff();
    }
  }

  /** A clean stop; false when it ended in a crash. */
  async stop(): Promise<boolean> {
    const { store } = this.#running;
    try {
      this.work();
      this.takeResults();
      this.#endReplication(false);
      await settle(this.disk, store.close());
      this.ledger.durableOffset = store.status.get(StatusWord.flushedOffset);
      this.observe();
      this.#process = undefined;
      this.disk.restart();
      return true;
    } catch (error) {
      if (!this.disk.isOff) throw error;
      await this.endIfOff();
      return false;
    }
  }

  /** The process ends, at the `afterCalls`-th call from now that changes the disk, or at once. */
  async crash(isPowerCut: boolean, afterCalls: number, lossSeed: number): Promise<void> {
    this.#armed = { isPowerCut, lossSeed };
    if (afterCalls > 0) {
      this.disk.crashAfter(afterCalls);
      return;
    }
    this.observe();
    this.disk.crash();
    await this.endIfOff();
  }

  /** No crash is to come any more. */
  disarm(): void {
    this.#armed = undefined;
    this.disk.crashAfter(0);
  }

  /** Clears away after a crash; nothing if there was none. */
  async endIfOff(): Promise<void> {
    if (!this.disk.isOff) return;
    const { isPowerCut, lossSeed } = this.#armed ?? { isPowerCut: true, lossSeed: 1 };
    this.#armed = undefined;
    this.pendingCut = undefined;
    const store = this.#process?.store;
    this.#endReplication(isPowerCut);
    this.#process = undefined;
    await store?.flusher.idle();
    await store?.cleaner.idle();
    this.#wasPowerCut ||= isPowerCut;
    if (isPowerCut) {
      this.formerImages.push(this.image);
      this.disk.restartAfterPowerCut(lossSeed + this.#crashes++);
    } else this.disk.restart();
  }

  /** Process and disk go; a new disk is there. */
  async loseDisk(): Promise<void> {
    if (this.isRunning) await this.crash(true, 0, 0);
    this.disarm();
    this.formerImages.push(this.image);
    this.disk = new SimulatedDisk();
    this.ledger = this.#newLedger();
    this.image = this.#newImage(0);
    this.acknowledgedOffset = 0;
    this.#wasPowerCut = false;
  }

  follow(master: SimulatedBroker | undefined): void {
    const address = master === undefined ? undefined : SimulatedNetwork.addressOf(master.name);
    if (this.#process?.isSlave === true) this.#process.service.updateHaMasterAddress(address);
  }

  put(topic: string, queueId: number, ids: readonly number[]): void {
    const { main, requests } = this.#running;
    const messages = ids.flatMap((id) => this.#shared.sent.get(id)?.message ?? []);
    requests.set(main.put(topic, queueId, messages.map(toTestMessage)), ids);
  }

  /** The worker's turns until its rings are empty. True if there was anything to do. */
  work(): boolean {
    const { store, main } = this.#running;
    let hasWorked = false;
    while (store.drain.run()) hasWorked = true;
    while (store.replica?.run() === true) {
      hasWorked = true;
      main.takeResults();
    }
    return hasWorked;
  }

  /** The main thread's turn. */
  takeResults(): void {
    const { main, requests, transfer, isSlave } = this.#running;
    for (const result of main.takeResults()) {
      if (isSlave || !result.isLast) continue;
      const ids = requests.get(result.requestId) ?? [];
      requests.delete(result.requestId);
      if (result.status !== PutStatus.OK) {
        if (!this.disk.isOff) throw new Violation('worker-failed', `messages ${ids.join()} were refused`);
        continue;
      }
      const { queueOffset, physicalOffset, storeTimestampMs } = result;
      const put = {
        status: PutStatus.OK,
        remark: undefined,
        queueOffset,
        physicalOffset,
        storeTimestampMs,
        physicalOffsets: [physicalOffset],
      };
      const done = ({ status }: { readonly status: PutStatus }): void => {
        if (status === PutStatus.OK) this.#shared.onAnswer(ids);
      };
      if (transfer === undefined) done(put);
      else transfer.wait(physicalOffset + result.sizeBytes, put, done);
    }
  }

  /** The flusher and the cleaner do what is due. */
  tick(): void {
    const { store } = this.#running;
    store.flusher.tick(this.#shared.clock.monotonicMs());
    this.clean();
  }

  clean(): void {
    const { store } = this.#running;
    for (let steps = 0; steps < CLEANER_STEPS_MAX && !store.cleaner.isBusy; steps++) {
      store.cleaner.tick(this.#shared.clock.monotonicMs());
    }
  }

  expire(segments: number): void {
    this.ledger.allowExpiry(segments * this.#storeSettings.mappedFileSizeCommitLog);
    this.#running.store.cleaner.expire(0, { ...AT_ONCE, segmentsMax: segments });
  }

  /** Takes in what the log has now. */
  observe(): void {
    const process = this.#process;
    if (process === undefined || this.disk.isOff) return;
    const { status } = process.store;
    const minOffset = status.get(StatusWord.minPhysicalOffset);
    const isMoved =
      this.image.endOffset < minOffset || (this.image.records.size === 0 && this.image.startOffset !== minOffset);
    if (isMoved) {
      // There was nothing in it, or the whole of it is deleted.
      if (minOffset < this.image.startOffset) this.ledger = this.#newLedger();
      this.acknowledgedOffset = Math.min(this.acknowledgedOffset, minOffset);
      this.image = this.#newImage(minOffset);
    }
    const log = { disk: this.disk, folder: this.#storeSettings.storePathCommitLog };
    for (const { id, physicalOffset, queueOffset } of this.image.readOn(log, status.get(StatusWord.writtenOffset))) {
      this.ledger.stored.set(id, { physicalOffset, queueOffset });
    }
    this.ledger.logBegins(minOffset);
    this.ledger.durableOffset = Math.max(this.ledger.durableOffset, status.get(StatusWord.flushedOffset));
  }

  /** The copies of what was cut off, by their paths. */
  cutFiles(): Map<string, Buffer> {
    const folder = join(this.#storeSettings.storePathRootDir, 'cut');
    const files = new Map<string, Buffer>();
    for (const name of this.disk.readdir(folder)) {
      const file = this.disk.open(join(folder, name), 'read');
      const bytes = Buffer.alloc(this.disk.size(file));
      this.disk.pread(file, bytes, 0, bytes.length, 0);
      this.disk.close(file);
      files.set(name, bytes);
    }
    return files;
  }

  get #running(): BrokerProcess {
    if (this.#process === undefined) throw new Error(`${this.name} runs`);
    return this.#process;
  }

  async #open(isSlave: boolean, cut: LogCut | undefined): Promise<void> {
    const { wrappers, clock } = this.#shared;
    const checked = { files: this.disk, settings: this.#storeSettings, ledger: this.ledger };
    checkCheckpoint(checked);
    if (cut !== undefined) {
      this.ledger.cut(cut.fromOffset);
      this.acknowledgedOffset = Math.min(this.acknowledgedOffset, cut.fromOffset);
    }
    const memory = replicaMemory(isSlave);
    let indexStates: readonly IndexFileState[] = [];
    const opening = CommitlogStore.open({
      files: wrappers.files?.(this.disk, isSlave) ?? this.disk,
      settings: { ...this.#storeSettings, cut },
      memory,
      clock,
      post: (message) => {
        if (message.type === 'indexStates' && typeof message.states !== 'string') indexStates = message.states;
      },
      onOperationEnd: () => undefined,
      poolBytesMin: Number.POSITIVE_INFINITY,
    });
    const store = await settle(this.disk, opening);
    store.answerIndex(0, 0);
    const main = new StoreMainEnd(memory, store.queueStates);
    this.#check(store, indexStates);
    const service = this.#makeService(isSlave, memory);
    this.#process = {
      isSlave,
      store,
      main,
      service,
      transfer: this.#makeTransfer(isSlave, store),
      requests: new Map(),
      isReplicating: true,
    };
    await service.start();
    this.observe();
  }

  /** What was there is there, as far as the end of the process before allows; what is there now stays. */
  #check(store: CommitlogStore, indexStates: readonly IndexFileState[]): void {
    const { ledger } = this;
    const isSync = this.#shared.settings.flushDiskType === 'SYNC_FLUSH';
    const writtenOffset = store.status.get(StatusWord.writtenOffset);
    const checked = { files: this.disk, settings: this.#storeSettings, ledger };
    const durableOffset = isSync ? Math.max(ledger.durableOffset, this.acknowledgedOffset) : ledger.durableOffset;
    const mustHave = (physicalOffset: number): boolean => !this.#wasPowerCut || physicalOffset < durableOffset;
    if (writtenOffset < this.acknowledgedOffset && (isSync || !this.#wasPowerCut)) {
      throw new Violation(
        'acknowledged-missing',
        `${this.name} had acknowledged ${this.acknowledgedOffset}, its log ends at ${writtenOffset}`,
      );
    }
    const log = checkStore(checked, { queueStates: store.queueStates, indexStates, writtenOffset }, mustHave);
    this.#wasPowerCut = false;
    ledger.cut(writtenOffset);
    for (const { name, physicalOffset, queueOffset } of log.records)
      ledger.queueEnds.set(name, { physicalOffset, queueOffset });
    ledger.durableOffset = store.status.get(StatusWord.flushedOffset);
    this.acknowledgedOffset = Math.min(this.acknowledgedOffset, writtenOffset);
    // What is left of the log is read again.
    this.image = this.image.upTo(log.startOffset);
  }

  #makeService(isSlave: boolean, memory: ReturnType<typeof replicaMemory>): DefaultHaService {
    const { settings, network, clock, wrappers } = this.#shared;
    const host = network.host(this.name);
    host.onReport = (bytes) => this.#onReport(Number(bytes.readBigInt64BE(0)));
    const { statusPage, window, doorbell, ha } = memory;
    return new DefaultHaService({
      settings: {
        ...replicationFor(this.#storeSettings).settings,
        isSlave,
        bindAddress: this.name,
        inSyncReplicas: settings.inSyncReplicas,
        transferBatchBytes: settings.transferBatchBytes,
        transferBytesPerSecondMax: settings.transferBytesPerSecondMax || Number.POSITIVE_INFINITY,
      },
      memory: { statusPage, window, workerDoorbell: doorbell, haDoorbell: ha.doorbell, replicaRing: ha.replicaRing },
      clock,
      logger: createLogger(this.name, process.env['SIMULATION_LOG'] === undefined ? 'silent' : 'debug'),
      onDivergence: (cut) => void (this.pendingCut = cut),
      network: wrappers.network?.(host, isSlave) ?? host,
      openFile: openFileOf(this.disk),
    });
  }

  #makeTransfer(isSlave: boolean, { status }: CommitlogStore): GroupTransferService | undefined {
    const { settings, clock, wrappers } = this.#shared;
    if (isSlave || settings.inSyncReplicas < 2 || wrappers.answersAtOnce === true) return undefined;
    const { maxGapNotInSyncBytes } = replicationFor(this.#storeSettings).settings;
    return new GroupTransferService({ status, clock, maxGapNotInSyncBytes, slaveTimeoutMs: () => SLAVE_TIMEOUT_MS });
  }

  /** A slave says that it has this. */
  #onReport(offset: number): void {
    this.observe();
    const { endOffset, records } = this.image;
    // An empty log may end anywhere.
    if (offset > endOffset || (offset > 0 && records.size === 0)) {
      const ends = `its log ends at ${endOffset}`;
      throw new Violation('acknowledged-too-early', `${this.name} acknowledges ${offset}, ${ends}`);
    }
    this.acknowledgedOffset = Math.max(this.acknowledgedOffset, offset);
  }

  #endReplication(isPowerCut: boolean): void {
    const process = this.#process;
    if (process === undefined) return;
    this.#shared.network.end(this.name, isPowerCut);
    if (!process.isReplicating) return;
    process.isReplicating = false;
    process.transfer?.stop();
    void process.service.stop();
  }

  #newLedger(): Ledger {
    const ledger = new Ledger(this.#shared.sent);
    ledger.allowExpiry(ANY_START);
    return ledger;
  }

  #newImage(startOffset: number): LogImage {
    return new LogImage(startOffset, this.#storeSettings.mappedFileSizeCommitLog);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
