/**
 * Replication of one store, of both roles: the slaves of this log and, on a slave, the master; and the wait for the commitlog worker between
 * its turns. HA thread. Java: DefaultHAService.
 * Invariant: with nobody connected it does not wait on the doorbell, so that the worker's ring is one load. It never writes a segment.
 */
import { assert } from '../base/assert.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { OpenFile } from '../base/file-handle-cache.js';
import type { LogCut } from '../commitlog/log-cut.js';
import { BLANK_SIZE_MIN } from '../message/stored-record.js';
import { Doorbell } from '../ring/doorbell.js';
import { LogTailWindowReader } from '../ring/log-tail-window.js';
import { ENTRY, RequestRingProducer } from '../ring/request-ring.js';
import { StatusWord, StoreStatusPage } from '../ring/store-status-page.js';
import { HaClient } from './ha-client.js';
import { collectHaRuntimeInfo, type HaRuntimeInfo } from './ha-runtime-info.js';
import { HaServer } from './ha-server.js';
import { type HaNetwork, nodeHaNetwork } from './ha-network.js';
import type { HaSettings } from './ha-settings.js';
import { LogSource } from './log-source.js';
import { ReplicaFeed } from './replica-feed.js';
import { SlaveAcknowledgements } from './slave-acknowledgements.js';

/** Shared memory that replication works on. */
export interface HaServiceMemory {
  readonly statusPage: SharedArrayBuffer;
  readonly window: SharedArrayBuffer;
  /** Rung by the worker when it has written. */
  readonly haDoorbell: SharedArrayBuffer;
  /** The worker's own. */
  readonly workerDoorbell: SharedArrayBuffer;
  /** On a slave only. */
  readonly replicaRing: SharedArrayBuffer | undefined;
}

/** What a service needs. */
export interface HaServiceOptions {
  readonly settings: HaSettings;
  readonly memory: HaServiceMemory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** This slave's log is to be cut before replication goes on; nothing more is replicated by this service. */
  readonly onDivergence: (cut: LogCut) => void;
  /** For tests: in place of the operating system's. */
  readonly network?: HaNetwork | undefined;
  readonly openFile?: OpenFile | undefined;
}

/** Starts, runs and stops. */
export class DefaultHaService {
  readonly #options: HaServiceOptions;
  readonly #status: StoreStatusPage;
  readonly #doorbell: Doorbell;
  readonly #log: LogSource;
  readonly #server: HaServer;
  readonly #client: HaClient | undefined;
  #wakeIdle: () => void = () => undefined;
  #isStopped = false;
  #seenWritten = -1;
  #seenFlushed = -1;

  constructor(options: HaServiceOptions) {
    const { settings, memory, clock, logger, onDivergence, network = nodeHaNetwork } = options;
    this.#options = options;
    this.#status = new StoreStatusPage(memory.statusPage);
    this.#doorbell = new Doorbell(memory.haDoorbell);
    const window = new LogTailWindowReader(memory.window);
    this.#log = new LogSource(
      this.#status,
      window,
      settings.storePathCommitLog,
      settings.segmentSizeBytes,
      options.openFile,
    );
    const onActive = (): void => this.#wakeIdle();
    this.#server = new HaServer({
      log: this.#log,
      acknowledgements: new SlaveAcknowledgements(this.#status, settings.inSyncReplicas),
      settings,
      network,
      clock,
      logger,
      onActive,
    });
    if (memory.replicaRing === undefined) return;
    assert(settings.isSlave, 'only a slave has a replica ring');
    const ring = new RequestRingProducer(memory.replicaRing);
    const feed = new ReplicaFeed(ring, new Doorbell(memory.workerDoorbell), {
      segmentSizeBytes: settings.segmentSizeBytes,
      recordBytesMax: Math.min(ring.capacityBytes / 2 - ENTRY.PAYLOAD, window.sizeBytes / 2 - BLANK_SIZE_MIN),
      recordsMax: settings.replicaRecordsMax,
    });
    const log = this.#log;
    this.#client = new HaClient({
      feed,
      log,
      status: this.#status,
      settings,
      network,
      clock,
      logger,
      onActive,
      onDivergence,
    });
  }

  /** Listens for slaves; resolves with the port, or rejects with the system's error. */
  async start(): Promise<number> {
    const port = await this.#server.listen();
    void this.#run();
    return port;
  }

  /** On a slave: where its master listens for slaves. */
  updateHaMasterAddress(address: string | undefined): void {
    this.#client?.updateMasterAddress(address);
  }

  /** For GET_BROKER_HA_STATUS (907). */
  runtimeInfo(): HaRuntimeInfo {
    return collectHaRuntimeInfo(this.#options, this.#status, this.#server, this.#client);
  }

  /** Bytes that are held for all slaves; at most SEND_BUFFER_BYTES_MAX and one transfer for each. */
  get bufferedBytes(): number {
    return Array.from(this.#server.connections, (connection) => connection.bufferedBytes).reduce((a, b) => a + b, 0);
  }

  /** Closes all connections. */
  async stop(): Promise<void> {
    assert(!this.#isStopped, 'a service is stopped once');
    this.#isStopped = true;
    this.#client?.stop();
    this.#server.stop();
    this.#wakeIdle();
    this.#doorbell.ringAlways();
    await this.#log.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#seenWritten = this.#status.get(StatusWord.writtenOffset);
      this.#seenFlushed = this.#status.get(StatusWord.flushedOffset);
      this.#server.transfer();
      this.#client?.poll();
      if (this.#isActive) await this.#doorbell.waitAsync(this.#hasWork, Number.POSITIVE_INFINITY);
      else await this.#activity();
    }
  }

  get #isActive(): boolean {
    return this.#server.isActive || this.#client?.isActive === true;
  }

  readonly #hasWork = (): boolean =>
    this.#isStopped ||
    this.#status.get(StatusWord.writtenOffset) !== this.#seenWritten ||
    (this.#client !== undefined && this.#status.get(StatusWord.flushedOffset) !== this.#seenFlushed);

  #activity(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeIdle = resolve;
      if (this.#isStopped) resolve();
    });
  }
}
