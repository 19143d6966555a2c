/**
 * Replication as the store's owner sees it: starts and stops the HA thread, and decides which puts wait for slaves. Main thread.
 * Java: HAService, CommitLog.needHandleHA.
 * Invariant: without SYNC_MASTER no put is looked at twice.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { LogCut } from '../commitlog/log-cut.js';
import type { HaRuntimeInfo } from '../ha/ha-runtime-info.js';
import type { HaSettings } from '../ha/ha-settings.js';
import { getProperty, MessageConst } from '../message/message-properties.js';
import { allocateDoorbell } from '../ring/doorbell.js';
import { allocateRequestRing } from '../ring/request-ring.js';
import { StoreStatusPage } from '../ring/store-status-page.js';
import type { HaMemory, StoreMemory } from './control-message.js';
import { GroupTransferService } from './group-transfer-service.js';
import { HaThread } from './ha-thread.js';
import { type MessageToStore, type PutResult, PutStatus } from './message-store.js';

type PutDone = (result: PutResult) => void;

/** How a store is replicated. */
export interface ReplicationOptions {
  readonly settings: HaSettings;
  /** Puts wait for slaves. Java: BrokerRole.SYNC_MASTER. */
  readonly isSyncMaster: boolean;
  /** Java: slaveTimeout; asked for each put. */
  readonly slaveTimeoutMs: () => number;
  /** On a slave: its log has other records than the master's. Whoever owns the store closes it and opens it with this cut. */
  readonly onDivergence: (cut: LogCut) => void;
}

/** The memory that it needs; `ringSizeBytes` is that of the replica ring, which only a slave has. */
export function allocateHaMemory({ settings }: ReplicationOptions, ringSizeBytes: number): HaMemory {
  return {
    doorbell: allocateDoorbell(),
    replicaRing: settings.isSlave ? allocateRequestRing(ringSizeBytes) : undefined,
  };
}

/** Replication of one store. */
export class Replication {
  readonly isSlave: boolean;
  /** Why nothing can be put here, though the store is well. */
  readonly putRefusal: string | undefined;
  /** End of the record whose put is being answered; set by the store. */
  resultEndOffset = 0;
  /** Undefined when no put waits. */
  readonly transfer: GroupTransferService | undefined;
  readonly #thread: HaThread;

  constructor(
    { settings, isSyncMaster, slaveTimeoutMs, onDivergence }: ReplicationOptions,
    memory: StoreMemory,
    { clock, logger, onFailure }: { clock: Clock; logger: Logger; onFailure: (cause: Error) => void },
  ) {
    this.isSlave = settings.isSlave;
    this.putRefusal = settings.isSlave ? 'this broker is a slave' : undefined;
    const { statusPage, window, doorbell, ha } = memory;
    this.#thread = new HaThread({
      settings,
      memory: {
        statusPage,
        window,
        workerDoorbell: doorbell,
        haDoorbell: ha.doorbell,
        replicaRing: ha.replicaRing,
      },
      logger,
      onFailure,
      onDivergence,
    });
    this.transfer =
      isSyncMaster && settings.inSyncReplicas > 1
        ? new GroupTransferService({
            status: new StoreStatusPage(statusPage),
            clock,
            maxGapNotInSyncBytes: settings.maxGapNotInSyncBytes,
            slaveTimeoutMs,
          })
        : undefined;
  }

  /** What is called when the put of `messages` has ended here: `done`, or what calls it once slaves have them too. */
  waiting(messages: readonly MessageToStore[], done: PutDone): PutDone {
    const { transfer } = this;
    if (transfer === undefined || !isWaitStoreMsgOk(messages[0]?.properties ?? '')) return done;
    return (result) => {
      if (result.status === PutStatus.OK) transfer.wait(this.resultEndOffset, result, done);
      else done(result);
    };
  }

  /** Listens for slaves; resolves with the port, rejects when it cannot. */
  start(): Promise<number> {
    return this.#thread.start();
  }

  /** On a slave: where its master listens for slaves (`host:port`). */
  updateHaMasterAddress(address: string | undefined): void {
    this.#thread.updateHaMasterAddress(address);
  }

  /** How replication stands. */
  runtimeInfo(): Promise<HaRuntimeInfo> {
    return this.#thread.runtimeInfo();
  }

  /** Lets puts that wait for slaves be answered, then closes all connections. */
  async stop(): Promise<void> {
    await this.transfer?.idle();
    this.transfer?.stop();
    await this.#thread.stop();
  }

  /** Ends the thread by force and answers what waits. */
  async terminate(): Promise<void> {
    this.transfer?.stop();
    await this.#thread.terminate();
  }
}

/** False for a message whose sender does not want to wait until it is as safe as the broker makes it. Java: isWaitStoreMsgOK. */
export function isWaitStoreMsgOk(properties: string): boolean {
  const text = getProperty(properties, MessageConst.WAIT_STORE_MSG_OK);
  return text === undefined || text.toLowerCase() === 'true';
}
