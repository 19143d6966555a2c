/** What a simulated broker is put into: the run's settings, network, clock and clients, and what a test puts between. Java: none. */
import type { FileSystem } from '#src/commitlog/file-system.js';
import type { HaNetwork } from '#src/ha/ha-network.js';
import type { DefaultHaService } from '#src/ha/default-ha-service.js';
import type { CommitlogStore } from '#src/workers/commitlog-store.js';
import type { GroupTransferService } from '#src/workers/group-transfer-service.js';

import type { StoreMainEnd } from '../commitlog/store-harness.js';
import type { FakeClock } from '../fake-clock.js';
import type { SentRecord } from './ledger.js';
import type { ReplicationSettings } from './replication-history.js';
import type { SimulatedDisk } from './simulated-disk.js';
import type { SimulatedHost, SimulatedNetwork } from './simulated-network.js';

/** What a test puts between a broker and its disk, its network and its clients. */
export interface ReplicationWrappers {
  readonly files?: (disk: SimulatedDisk, isSlave: boolean) => FileSystem;
  readonly network?: (host: SimulatedHost, isSlave: boolean) => HaNetwork;
  /** SYNC_MASTER does not wait for anybody. */
  readonly answersAtOnce?: boolean;
}

/** What brokers of a run have in common. */
export interface BrokerSurroundings {
  readonly settings: ReplicationSettings;
  readonly network: SimulatedNetwork;
  readonly clock: FakeClock;
  readonly sent: Map<number, SentRecord>;
  readonly wrappers: ReplicationWrappers;
  /** These messages were answered with SEND_OK. */
  readonly onAnswer: (ids: readonly number[]) => void;
}

/** What runs on a broker's machine from a start to its end. */
export interface BrokerProcess {
  readonly isSlave: boolean;
  readonly store: CommitlogStore;
  readonly main: StoreMainEnd;
  readonly service: DefaultHaService;
  readonly transfer: GroupTransferService | undefined;
  readonly requests: Map<number, readonly number[]>;
  isReplicating: boolean;
}
