/** What a store is opened with on the main thread. Main thread. Java: MessageStoreConfig. */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { StoreSettings } from './control-message.js';
import type { ReplicationOptions } from './replication.js';

/** Sizes and times beside the worker's own settings. */
export interface StoreClientOptions {
  readonly settings: StoreSettings;
  readonly replication: ReplicationOptions;
  readonly requestRingSizeBytes: number;
  readonly logTailWindowSizeBytes: number;
  /** Most messages given to the worker and not answered; a power of two. */
  readonly putsInFlightMax: number;
  /** Most bytes that wait for room in the ring; past it SYSTEM_BUSY. */
  readonly waitingBytesMax: number;
  /** A put without a result for this long is answered with FLUSH_DISK_TIMEOUT. Java: syncFlushTimeout. */
  readonly putTimeoutMs: number;
  /** The broker's address in records, 8 or 20 bytes; asked for each put since the advertised address may change. */
  readonly storeHost: () => Uint8Array;
  /** True: sockets should not be read until it is called with false. */
  readonly onPressure: (isHigh: boolean) => void;
  /** The worker has ended by itself; writes are refused for good. */
  readonly onFailure: (cause: Error) => void;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Another worker than ours: for tests of what happens when it dies or hangs. */
  readonly workerUrl?: URL;
}
