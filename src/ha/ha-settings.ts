/** What the HA thread is started with, beside the shared memory. Main thread and HA thread. Java: MessageStoreConfig, the keys of HA. */

/** Plain data; sizes and times that Apache's keys give. */
export interface HaSettings {
  readonly isSlave: boolean;
  /** Address that is listened on. */
  readonly bindAddress: string;
  /** 0: the system chooses. Java: haListenPort. */
  readonly listenPort: number;
  readonly storePathCommitLog: string;
  readonly segmentSizeBytes: number;
  readonly isSyncFlush: boolean;
  /** Java: haSendHeartbeatInterval. */
  readonly sendHeartbeatIntervalMs: number;
  /** A connection on which nothing came for this long is closed. Java: haHousekeepingInterval. */
  readonly housekeepingIntervalMs: number;
  /** Most bytes of one transfer's body. Java: haTransferBatchSize. */
  readonly transferBatchBytes: number;
  /** Most bytes of bodies in a second, for each slave; infinite when there is no such limit. Java: haFlowControlEnable, maxHaTransferByteInSecond. */
  readonly transferBytesPerSecondMax: number;
  /** Brokers, this one among them, that have a message before SYNC_MASTER answers. Java: inSyncReplicas. */
  readonly inSyncReplicas: number;
  /** A slave within so many bytes is in sync. Java: haMaxGapNotInSync. */
  readonly maxGapNotInSyncBytes: number;
  /** Most records in one entry of the replica ring. */
  readonly replicaRecordsMax: number;
}
