/**
 * Both ends of replication without their threads: a master's log in memory and files that the test appends to, a slave's store whose worker
 * takes its turns when there is something in the replica ring, and the scripted other end over a socket on a free port.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createLogger } from '#src/base/log.js';
import { segmentName } from '#src/base/segment-name.js';
import { type FileSystem, nodeFileSystem } from '#src/commitlog/file-system.js';
import type { LogCut } from '#src/commitlog/log-cut.js';
import { DefaultHaService, type HaServiceMemory } from '#src/ha/default-ha-service.js';
import { encodeReport, TRANSFER_HEADER_BYTES, writeTransferHeader } from '#src/ha/ha-frame.js';
import type { HaSettings } from '#src/ha/ha-settings.js';
import { Doorbell } from '#src/ring/doorbell.js';
import { LogTailWindowWriter } from '#src/ring/log-tail-window.js';
import { allocateRequestRing } from '#src/ring/request-ring.js';
import { StatusWord, StoreStatusPage } from '#src/ring/store-status-page.js';
import { CommitlogStore } from '#src/workers/commitlog-store.js';
import type { FromWorker, StoreMemory, StoreSettings } from '#src/workers/control-message.js';

import {
  allocateMemory,
  makeFolder,
  openStore,
  replicationFor,
  settingsFor,
  StoreMainEnd,
} from '../commitlog/store-harness.js';
import { FakeClock } from '../fake-clock.js';

function serviceMemory(memory: StoreMemory): HaServiceMemory {
  const { statusPage, window, doorbell, ha } = memory;
  return { statusPage, window, workerDoorbell: doorbell, haDoorbell: ha.doorbell, replicaRing: ha.replicaRing };
}

/** The socket, once it is closed by the other end or broken. */
export async function untilClosed(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.destroyed) await once(socket, 'close');
}

/** A master's HA service over a log that the test appends to. */
export class MasterFixture {
  readonly clock = new FakeClock();
  readonly status: StoreStatusPage;
  readonly service: DefaultHaService;
  readonly log: string[] = [];
  port = 0;
  readonly #settings: HaSettings;
  readonly #window: LogTailWindowWriter;
  readonly #doorbell: Doorbell;
  #endOffset: number;

  /** The log begins with `startOffset`, and its first bytes are in files only. */
  constructor(overrides: Partial<HaSettings> = {}, startOffset = 0) {
    const memory = allocateMemory();
    const folder = makeFolder();
    this.#settings = { ...replicationFor(settingsFor(folder)).settings, ...overrides };
    mkdirSync(this.#settings.storePathCommitLog);
    this.status = new StoreStatusPage(memory.statusPage);
    this.#window = new LogTailWindowWriter(memory.window);
    this.#doorbell = new Doorbell(memory.ha.doorbell);
    this.#endOffset = startOffset;
    this.status.set(StatusWord.minPhysicalOffset, startOffset);
    this.status.set(StatusWord.writtenOffset, startOffset);
    this.#window.begin(startOffset);
    this.service = new DefaultHaService({
      settings: this.#settings,
      memory: serviceMemory(memory),
      clock: this.clock,
      logger: createLogger('ha', 'info', (line) => this.log.push(line)),
      onDivergence: () => undefined,
    });
  }

  async start(): Promise<void> {
    this.port = await this.service.start();
  }

  /** Appends to files and window, as the worker does, and wakes the HA service. */
  append(bytes: Buffer): void {
    const { storePathCommitLog, segmentSizeBytes } = this.#settings;
    for (let at = 0; at < bytes.length;) {
      const inSegment = this.#endOffset % segmentSizeBytes;
      const part = bytes.subarray(at, at + Math.min(segmentSizeBytes - inSegment, this.#window.sizeBytes / 2));
      const path = join(storePathCommitLog, segmentName(this.#endOffset - inSegment));
      writeFileSync(path, part, { flag: 'a' });
      this.#window.reserve(this.#endOffset + part.length);
      this.#window.copyIn(part, 0, part.length, this.#endOffset);
      this.#endOffset += part.length;
      at += part.length;
    }
    this.status.set(StatusWord.writtenOffset, this.#endOffset);
    this.#doorbell.ring();
  }

  async connect(): Promise<ScriptedSlave> {
    const socket = connect({ host: '127.0.0.1', port: this.port });
    await once(socket, 'connect');
    return new ScriptedSlave(socket);
  }
}

/** A slave that says what the test tells it to. */
export class ScriptedSlave {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.pause();
  }

  report(offset: number): void {
    this.socket.write(encodeReport(offset));
  }

  /** The next transfer, whole. */
  async transfer(): Promise<{ header: Buffer; physicalOffset: number; body: Buffer }> {
    const header = await this.#take(TRANSFER_HEADER_BYTES);
    const body = await this.#take(header.readInt32BE(8));
    return { header, physicalOffset: Number(header.readBigInt64BE(0)), body };
  }

  /** The bodies of the next transfers, until there are `sizeBytes` of them. */
  async bodies(sizeBytes: number): Promise<{ physicalOffset: number; body: Buffer }[]> {
    const transfers = [];
    for (let received = 0; received < sizeBytes;) {
      const transfer = await this.transfer();
      transfers.push(transfer);
      received += transfer.body.length;
    }
    return transfers;
  }

  async #take(sizeBytes: number): Promise<Buffer> {
    while (this.#received.length < sizeBytes) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk !== null) this.#received = Buffer.concat([this.#received, chunk]);
      else await once(this.socket, 'readable');
    }
    const taken = this.#received.subarray(0, sizeBytes);
    this.#received = this.#received.subarray(sizeBytes);
    return taken;
  }
}

/** A transfer's bytes. */
export function transferOf(physicalOffset: number, body: Buffer): Buffer {
  const header = Buffer.alloc(TRANSFER_HEADER_BYTES);
  writeTransferHeader(header, physicalOffset, body.length);
  return Buffer.concat([header, body]);
}

/** A master that says what the test tells it to. */
export class ScriptedMaster {
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  readonly #accepted: Socket[] = [];
  socket: Socket | undefined;
  #received = Buffer.alloc(0);
  #onSocket: () => void = () => undefined;

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next connection is there. */
  async connection(): Promise<Socket> {
    while (this.#accepted.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onSocket = resolve;
      });
    }
    this.socket = this.#accepted.shift();
    this.#received = Buffer.alloc(0);
    if (this.socket === undefined) throw new Error('there is no connection');
    return this.socket;
  }

  /** The slave's next report. */
  async report(): Promise<number> {
    while (this.#received.length < 8) {
      const chunk = this.socket?.read() as Buffer | null;
      if (chunk !== null) this.#received = Buffer.concat([this.#received, chunk]);
      else if (this.socket !== undefined) await once(this.socket, 'readable');
    }
    const offset = Number(this.#received.readBigInt64BE(0));
    this.#received = this.#received.subarray(8);
    return offset;
  }

  /** Reports until one says `offset`. */
  async reportOf(offset: number): Promise<void> {
    for (let reported = await this.report(); reported !== offset;) reported = await this.report();
  }

  close(): void {
    this.#server.close();
    this.socket?.destroy();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    socket.pause();
    this.#accepted.push(socket);
    this.#onSocket();
  }
}

/** A slave: HA service, store, and both of the worker's and the main thread's ends. */
export class SlaveFixture {
  readonly folder: string;
  readonly clock = new FakeClock();
  readonly memory: StoreMemory;
  readonly service: DefaultHaService;
  readonly posted: FromWorker[] = [];
  readonly log: string[] = [];
  /** What the service asked to have cut. */
  readonly cuts: LogCut[] = [];
  readonly main: StoreMainEnd;
  readonly store: CommitlogStore;
  #isStopped = false;
  #isHeld = false;

  private constructor(
    folder: string,
    memory: StoreMemory,
    store: CommitlogStore,
    posted: FromWorker[],
    settings: StoreSettings,
  ) {
    this.folder = folder;
    this.memory = memory;
    this.store = store;
    this.posted = posted;
    this.main = new StoreMainEnd(memory, store.queueStates);
    this.service = new DefaultHaService({
      settings: { ...replicationFor(settings).settings, isSlave: true },
      memory: serviceMemory(memory),
      clock: this.clock,
      logger: createLogger('ha', 'info', (line) => this.log.push(line)),
      onDivergence: (cut) => void this.cuts.push(cut),
    });
  }

  static async open(
    overrides: Partial<StoreSettings> = {},
    files: FileSystem = nodeFileSystem,
    folder = makeFolder(),
  ): Promise<SlaveFixture> {
    const memory = allocateMemory();
    const settings = settingsFor(folder, overrides);
    const posted: FromWorker[] = [];
    const slaveMemory = { ...memory, ha: { ...memory.ha, replicaRing: allocateRequestRing(1 << 17) } };
    const store = await CommitlogStore.open({
      files,
      settings,
      memory: slaveMemory,
      clock: new FakeClock(),
      post: (message) => void posted.push(message),
      onOperationEnd: () => undefined,
    });
    const fixture = new SlaveFixture(folder, slaveMemory, store, posted, settings);
    await fixture.service.start();
    void fixture.#work();
    return fixture;
  }

  /** The worker does nothing while it is held. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    new Doorbell(this.memory.doorbell).ringAlways();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.service.stop();
    new Doorbell(this.memory.doorbell).ringAlways();
    await this.store.close();
  }

  /** The worker's turns. */
  async #work(): Promise<void> {
    const doorbell = new Doorbell(this.memory.doorbell);
    const hasWork = (): boolean => !this.#isHeld && this.store.replica?.hasWork === true;
    while (!this.#isStopped) {
      if (hasWork()) this.store.replica?.run();
      else await doorbell.waitAsync(() => hasWork() || this.#isStopped, Number.POSITIVE_INFINITY);
      this.main.takeResults();
    }
  }
}

/** The bytes of a log's segments, one after the other. */
export function logBytes(folder: string): Buffer {
  const logFolder = join(folder, 'commitlog');
  return Buffer.concat(
    readdirSync(logFolder)
      .toSorted()
      .map((name) => readFileSync(join(logFolder, name))),
  );
}

/** A log that a store of ours has written: several segments, several queues, messages of many sizes. */
export async function writeLog(messages: number): Promise<{ folder: string; bytes: Buffer }> {
  const folder = makeFolder();
  const { store, put } = await openStore(folder);
  for (let i = 0; i < messages; i++)
    put(`Topic${i % 3}`, i % 2, [{ body: `${i} `.repeat((i * 7919) % 900), tags: `t${i % 5}` }]);
  const endOffset = store.status.get(StatusWord.writtenOffset);
  await store.close();
  return { folder, bytes: logBytes(folder).subarray(0, endOffset) };
}
