/** What a comparison needs of a broker, whoever made it. Bench processes. */

import type { ServerProcess } from './server-process.js';

/** Java's names for when a send is answered. */
export type FlushDiskType = 'ASYNC_FLUSH' | 'SYNC_FLUSH';

/** A NameServer and broker that answer. */
export interface ServerUnderTest {
  readonly maker: string;
  readonly brokerPort: number;
  readonly namesrvPort: number;
  readonly brokerPid: number;
  /** From starting the broker's process to its first answer. */
  readonly bootMs: number;
  /** What the broker printed. */
  readonly logPath: string;
  stop(): Promise<void>;
}

/** A NameServer and broker that are ready to be started, in either order. */
export interface PreparedServers {
  readonly maker: string;
  readonly brokerPort: number;
  readonly namesrvPort: number;
  /** Undefined where the broker's process has the NameServer in it. */
  readonly startNamesrv: (() => ServerProcess) | undefined;
  readonly startBroker: () => ServerProcess;
}

/** A request that every broker answers as soon as it serves: GET_MAX_OFFSET of a queue that does not exist. */
export const PROBE = { code: 30, extFields: { topic: 'bench-probe', queueId: '0' } } as const;

/** A request that every NameServer answers: GET_ROUTEINFO_BY_TOPIC of a topic that does not exist. */
export const NAMESRV_PROBE = { code: 105, extFields: { topic: 'bench-probe' } } as const;
