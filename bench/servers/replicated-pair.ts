/**
 * A NameServer, a master and a slave of one maker, each a process of its own so that the master can die alone. Bench processes.
 * Invariant: both makers get the same keys; `stop` returns only when all are gone.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { APACHE_BROKER, APACHE_NAMESRV, startJava } from './apache-server.js';
import { freeBrokerPort, freePort, ServerProcess } from './server-process.js';
import { NAMESRV_PROBE, PROBE } from './server-under-test.js';

const START_TIMEOUT_MS = 120_000;

/** Whose servers. */
export type PairMaker = 'ringmq' | 'apache';
/** Java: BrokerRole, of masters. */
export type MasterRole = 'ASYNC_MASTER' | 'SYNC_MASTER';

/** A pair that answers; whether the slave is there is asked by 907. */
export interface ReplicatedPair {
  readonly brokerName: string;
  readonly namesrvPort: number;
  readonly masterPort: number;
  readonly masterPid: number;
  readonly slavePort: number;
  /** See ServerProcess.kill. */
  killMaster(): number;
  stop(): Promise<void>;
}

type StartServer = (server: 'namesrv' | 'broker', folder: string, conf: string) => ServerProcess;

const STARTERS: Readonly<Record<PairMaker, StartServer>> = {
  apache: (server, folder, conf) => {
    const { mainClass, heap } = server === 'namesrv' ? APACHE_NAMESRV : APACHE_BROKER;
    return startJava(mainClass, heap, folder, ['-c', conf]);
  },
  ringmq: (server, folder, conf) =>
    ServerProcess.start({
      command: process.execPath,
      args: [resolve(server === 'namesrv' ? 'dist/cli/mqnamesrv.js' : 'dist/cli/mqbroker.js'), '-c', conf],
      logPath: join(folder, `${server}.out`),
    }),
};

/** Starts the three on free ports with their files under `folder`. */
export async function startPair(maker: PairMaker, role: MasterRole, folder: string): Promise<ReplicatedPair> {
  const started: ServerProcess[] = [];
  const start = (
    name: string,
    server: 'namesrv' | 'broker',
    settings: Record<string, string | number>,
  ): ServerProcess => {
    const own = join(folder, name);
    mkdirSync(own, { recursive: true });
    const conf = join(own, 'server.conf');
    writeFileSync(
      conf,
      Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    const process = STARTERS[maker](server, own, conf);
    started.push(process);
    return process;
  };
  const stop = async (): Promise<void> => {
    for (const server of started.toReversed()) await server.stop();
  };
  try {
    const namesrvPort = await freePort(0);
    const namesrv = start('namesrv', 'namesrv', { listenPort: namesrvPort, bindAddress: '127.0.0.1' });
    await namesrv.untilAnswering(namesrvPort, NAMESRV_PROBE.code, NAMESRV_PROBE.extFields, START_TIMEOUT_MS);
    const startBroker = async (
      name: string,
      settings: Record<string, string | number>,
    ): Promise<[ServerProcess, number]> => {
      const listenPort = await freeBrokerPort();
      const broker = start(name, 'broker', {
        brokerClusterName: 'DefaultCluster',
        brokerName: 'bench-pair',
        brokerIP1: '127.0.0.1',
        brokerIP2: '127.0.0.1',
        listenPort,
        haListenPort: listenPort + 1,
        namesrvAddr: `127.0.0.1:${namesrvPort}`,
        storePathRootDir: join(folder, name, 'store'),
        storePathCommitLog: join(folder, name, 'store', 'commitlog'),
        flushDiskType: 'ASYNC_FLUSH',
        ...settings,
      });
      await broker.untilAnswering(listenPort, PROBE.code, PROBE.extFields, START_TIMEOUT_MS);
      return [broker, listenPort];
    };
    const [master, masterPort] = await startBroker('master', { brokerRole: role, brokerId: 0, inSyncReplicas: 2 });
    const [, slavePort] = await startBroker('slave', { brokerRole: 'SLAVE', brokerId: 1, slaveReadEnable: 'true' });
    const { pid: masterPid } = master;
    return {
      brokerName: 'bench-pair',
      namesrvPort,
      masterPort,
      masterPid,
      slavePort,
      killMaster: () => master.kill(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
