/**
 * A NameServer, a master with a slave that acts for it when it is lost, and another master of the cluster, of one maker or of both.
 * Invariant: a case may ask for two things, `kill master` and `start master`.
 */
import { freeBrokerPort, freePort } from './free-ports.js';
import type { ReplicationMakers } from './replicated-cluster.js';
import { awaitAnswer, awaitRoute } from './route-probe.js';
import type { ServerProcess } from './server-process.js';
import { apacheBroker, apacheNamesrv, ringmqBroker, ringmqNamesrv, type ServerContext } from './servers.js';

/** The same on all brokers. Checks come often, and may come for as long as a case takes. */
const SETTINGS = {
  mappedFileSizeCommitLog: String(16 << 20),
  brokerIP2: '127.0.0.1',
  slaveReadEnable: 'true',
  enableSlaveActingMaster: 'true',
  enableRemoteEscape: 'true',
  transactionTimeOut: '2000',
  transactionCheckInterval: '3000',
  transactionCheckMax: '1000',
};
const NAMESRV_SETTINGS = { supportActingMaster: 'true', notifyMinBrokerIdChanged: 'true' };

type Role = 'namesrv' | 'master' | 'slave' | 'other';

/** See the file's comment. */
export class ActingCluster {
  readonly namesrv: string;
  readonly broker: string;
  readonly slave: string;
  /** The other master. */
  readonly other: string;
  readonly #servers: Readonly<Record<Role, ServerProcess>>;

  private constructor(
    context: ServerContext,
    makers: ReplicationMakers,
    name: string,
    ports: Readonly<Record<Role, number>>,
    settings: Readonly<Record<string, string>>,
  ) {
    const addressOf = (role: Role): string => `127.0.0.1:${ports[role]}`;
    this.namesrv = addressOf('namesrv');
    this.broker = addressOf('master');
    this.slave = addressOf('slave');
    this.other = addressOf('other');
    const brokerOf = (role: Exclude<Role, 'namesrv'>, own: Readonly<Record<string, string>>): ServerProcess => {
      const maker = role === 'other' ? makers.master : makers[role];
      const options = { name: `${name}-${role}`, port: ports[role], settings: { ...SETTINGS, ...settings, ...own } };
      return (maker === 'ringmq' ? ringmqBroker : apacheBroker)(context, options, this.namesrv);
    };
    const makeNamesrv = makers.namesrv === 'ringmq' ? ringmqNamesrv : apacheNamesrv;
    this.#servers = {
      namesrv: makeNamesrv(context, `${name}-namesrv`, ports.namesrv, NAMESRV_SETTINGS),
      master: brokerOf('master', { brokerRole: 'ASYNC_MASTER' }),
      slave: brokerOf('slave', { brokerRole: 'SLAVE', brokerId: '1' }),
      other: brokerOf('other', { brokerRole: 'ASYNC_MASTER', brokerName: 'other-broker', totalReplicas: '1' }),
    };
  }

  static async start(
    context: ServerContext,
    makers: ReplicationMakers,
    name: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ActingCluster> {
    const ports = {
      namesrv: await freePort(),
      master: await freeBrokerPort(),
      slave: await freeBrokerPort(),
      other: await freeBrokerPort(),
    };
    const cluster = new ActingCluster(context, makers, name, ports, settings);
    const { namesrv, master, slave, other } = cluster.#servers;
    try {
      await namesrv.start();
      await awaitAnswer(cluster.namesrv);
      await master.start();
      await awaitRoute(cluster.namesrv);
      await slave.start();
      await other.start();
    } catch (cause) {
      await cluster.stop();
      throw cause;
    }
    return cluster;
  }

  /** What a case asks for. */
  async act(action: string): Promise<void> {
    if (action === 'kill master') await this.#servers.master.end('SIGKILL');
    else if (action === 'start master') await this.#servers.master.start();
    else throw new Error(`the case asked for '${action}', which it may not`);
  }

  async stop(): Promise<void> {
    const { namesrv, master, slave, other } = this.#servers;
    for (const server of [slave, other, master, namesrv]) await server.end('SIGKILL');
  }
}
