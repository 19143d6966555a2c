/**
 * A NameServer, a master and a slave, of one maker or of both. Invariant: a case may ask for two things, `same logs` and `kill master`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { freeBrokerPort, freePort } from './free-ports.js';
import { awaitAnswer, awaitRoute } from './route-probe.js';
import type { ServerProcess } from './server-process.js';
import {
  apacheBroker,
  apacheNamesrv,
  type BrokerOptions,
  ringmqBroker,
  ringmqNamesrv,
  type ServerContext,
} from './servers.js';

type Maker = 'ringmq' | 'apache';

/** Who makes which of the three. */
export interface ReplicationMakers {
  readonly namesrv: Maker;
  readonly master: Maker;
  readonly slave: Maker;
}

const SAME_LOGS_LIMIT_MS = 120_000;
const LOOK_AGAIN_MS = 500;
/** Small segments, so that a case fills several. */
const SETTINGS = { mappedFileSizeCommitLog: String(4 << 20), brokerIP2: '127.0.0.1' };

/** See the file's comment. */
export class ReplicatedCluster {
  readonly namesrv: string;
  readonly broker: string;
  readonly slave: string;
  readonly #servers: { readonly namesrv: ServerProcess; readonly master: ServerProcess; readonly slave: ServerProcess };
  readonly #masterLog: string;
  readonly #slaveLog: string;

  private constructor(
    context: ServerContext,
    makers: ReplicationMakers,
    name: string,
    ports: { namesrv: number; master: number; slave: number },
    settings: Readonly<Record<string, string>>,
  ) {
    this.namesrv = `127.0.0.1:${ports.namesrv}`;
    this.broker = `127.0.0.1:${ports.master}`;
    this.slave = `127.0.0.1:${ports.slave}`;
    const master: BrokerOptions = {
      name: `${name}-master`,
      port: ports.master,
      settings: { brokerRole: 'ASYNC_MASTER', ...SETTINGS, ...settings },
    };
    const slave: BrokerOptions = {
      name: `${name}-slave`,
      port: ports.slave,
      settings: { brokerRole: 'SLAVE', brokerId: '1', slaveReadEnable: 'true', ...SETTINGS },
    };
    const makeBroker = (maker: Maker, options: BrokerOptions): ServerProcess =>
      (maker === 'ringmq' ? ringmqBroker : apacheBroker)(context, options, this.namesrv);
    const makeNamesrv = makers.namesrv === 'ringmq' ? ringmqNamesrv : apacheNamesrv;
    this.#servers = {
      namesrv: makeNamesrv(context, `${name}-namesrv`, ports.namesrv),
      master: makeBroker(makers.master, master),
      slave: makeBroker(makers.slave, slave),
    };
    this.#masterLog = join(context.workFolder, master.name, 'store', 'commitlog');
    this.#slaveLog = join(context.workFolder, slave.name, 'store', 'commitlog');
  }

  static async start(
    context: ServerContext,
    makers: ReplicationMakers,
    name: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ReplicatedCluster> {
    const ports = { namesrv: await freePort(), master: await freeBrokerPort(), slave: await freeBrokerPort() };
    const cluster = new ReplicatedCluster(context, makers, name, ports, settings);
    try {
      await cluster.#servers.namesrv.start();
      await awaitAnswer(cluster.namesrv);
      await cluster.#servers.master.start();
      await awaitRoute(cluster.namesrv);
      await cluster.#servers.slave.start();
    } catch (cause) {
      await cluster.stop();
      throw cause;
    }
    return cluster;
  }

  /** What a case asks for. */
  async act(action: string): Promise<void> {
    if (action === 'same logs') await this.#awaitSameLogs();
    else if (action === 'kill master') await this.#servers.master.end('SIGKILL');
    else throw new Error(`the case asked for '${action}', which it may not`);
  }

  async stop(): Promise<void> {
    const { namesrv, master, slave } = this.#servers;
    for (const server of [slave, master, namesrv]) await server.end('SIGKILL');
  }

  async #awaitSameLogs(): Promise<void> {
    const end = Date.now() + SAME_LOGS_LIMIT_MS;
    for (;;) {
      const difference = differenceOf(this.#masterLog, this.#slaveLog);
      if (difference === undefined) return;
      if (Date.now() > end) throw new Error(`${difference}, after ${SAME_LOGS_LIMIT_MS} ms`);
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_AGAIN_MS);
      });
    }
  }
}

/** Where two logs differ; a segment that one of them has made ahead of its need is as good as none. */
function differenceOf(masterLog: string, slaveLog: string): string | undefined {
  const names = new Set([...readdirSync(masterLog), ...readdirSync(slaveLog)].filter((name) => /^\d{20}$/.test(name)));
  for (const name of [...names].toSorted()) {
    const ofMaster = segmentOf(masterLog, name);
    const ofSlave = segmentOf(slaveLog, name);
    const length = Math.max(ofMaster.length, ofSlave.length);
    if (!padded(ofMaster, length).equals(padded(ofSlave, length)))
      return `segment ${name} of the slave is not the master's`;
  }
  return undefined;
}

function segmentOf(log: string, name: string): Buffer {
  const path = join(log, name);
  return existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
}

function padded(bytes: Buffer, length: number): Buffer {
  return bytes.length === length ? bytes : Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);
}
