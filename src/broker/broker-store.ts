/** Opens the store that a broker's configuration describes. Main thread. Java: BrokerController.initializeMessageStore. */
import { resolve } from 'node:path';

import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { ReplicationOptions } from '../workers/replication.js';
import { DelayLevelTable } from '../message/delay-level-table.js';
import { StoreClient } from '../workers/store-client.js';
import type { BrokerConfig } from './broker-config.js';

type HaSettings = ReplicationOptions['settings'];
/** What is to go of a slave's log; see LogCut. */
export type StoreCut = Parameters<ReplicationOptions['onDivergence']>[0];

/** Java: CQ_STORE_UNIT_SIZE. */
const CONSUME_QUEUE_ENTRY_BYTES = 20;
/** A ring holds at least so many of the largest records, a window so many too. */
const LARGEST_RECORDS_IN_RING = 3;

/** What the store needs of its owner. */
export interface BrokerStoreDeps {
  readonly config: BrokerConfig;
  readonly storeHost: () => Uint8Array;
  readonly onPressure: (isHigh: boolean) => void;
  readonly onFailure: (cause: Error) => void;
  /** See ReplicationOptions. */
  readonly onDivergence: (cut: StoreCut) => void;
  /** What goes before the store is recovered. */
  readonly cut: StoreCut | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Recovers the store and resolves when it takes messages. */
export function openBrokerStore(deps: BrokerStoreDeps): Promise<StoreClient> {
  const { config, storeHost, onPressure, onFailure, onDivergence, cut, logger, clock } = deps;
  const bufferBytesMin = config.maxMessageSize * LARGEST_RECORDS_IN_RING;
  return StoreClient.open({
    settings: {
      storePathRootDir: resolve(config.storePathRootDir),
      storePathCommitLog: resolve(config.storePathCommitLog),
      mappedFileSizeCommitLog: config.mappedFileSizeCommitLog,
      mappedFileSizeConsumeQueue: wholeEntries(config.mappedFileSizeConsumeQueue),
      flushDiskType: config.flushDiskType,
      flushIntervalCommitLogMs: config.flushIntervalCommitLog,
      flushIntervalConsumeQueueMs: config.flushIntervalConsumeQueue,
      maxMessageSizeBytes: config.maxMessageSize,
      maxOpenFiles: config.maxOpenStoreFiles,
      delayLevelsMs: DelayLevelTable.parse(config.messageDelayLevel).delaysMs,
      messageIndexEnable: config.messageIndexEnable,
      maxHashSlotNum: config.maxHashSlotNum,
      maxIndexNum: config.maxIndexNum,
      cut,
    },
    replication: {
      settings: haSettings(config),
      isSyncMaster: config.brokerRole === 'SYNC_MASTER',
      slaveTimeoutMs: () => config.slaveTimeout,
      onDivergence,
    },
    requestRingSizeBytes: powerOfTwo(Math.max(config.requestRingSizeBytes, bufferBytesMin)),
    logTailWindowSizeBytes: powerOfTwo(Math.max(config.logTailWindowSizeBytes, bufferBytesMin)),
    putsInFlightMax: powerOfTwo(config.maxPutsInFlight),
    waitingBytesMax: config.maxPutsWaitingBytes,
    putTimeoutMs: config.syncFlushTimeout,
    storeHost,
    onPressure,
    onFailure,
    logger: logger.child('store'),
    clock,
  });
}

function haSettings(config: BrokerConfig): HaSettings {
  return {
    isSlave: config.brokerRole === 'SLAVE',
    bindAddress: config.bindAddress,
    listenPort: config.haListenPort,
    storePathCommitLog: resolve(config.storePathCommitLog),
    segmentSizeBytes: config.mappedFileSizeCommitLog,
    isSyncFlush: config.flushDiskType === 'SYNC_FLUSH',
    sendHeartbeatIntervalMs: config.haSendHeartbeatInterval,
    housekeepingIntervalMs: config.haHousekeepingInterval,
    transferBatchBytes: config.haTransferBatchSize,
    transferBytesPerSecondMax: config.haFlowControlEnable ? config.maxHaTransferByteInSecond : Number.POSITIVE_INFINITY,
    inSyncReplicas: config.inSyncReplicas,
    maxGapNotInSyncBytes: config.haMaxGapNotInSync,
    replicaRecordsMax: powerOfTwo(config.maxPutsInFlight),
  };
}

/** The next power of two at or above `value`. */
function powerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

/** Java: MessageStoreConfig.getMappedFileSizeConsumeQueue. */
function wholeEntries(sizeBytes: number): number {
  return Math.ceil(sizeBytes / CONSUME_QUEUE_ENTRY_BYTES) * CONSUME_QUEUE_ENTRY_BYTES;
}
