/**
 * A NameServer and a broker that cases run against, of one maker or of both. Invariant: addresses stay the same over a restart.
 */
import { awaitAnswer, awaitRoute } from './route-probe.js';
import { freeBrokerPort, freePort } from './free-ports.js';
import type { ServerProcess } from './server-process.js';
import {
  apacheBroker,
  apacheNamesrv,
  type BrokerOptions,
  ringmq,
  ringmqBroker,
  ringmqNamesrv,
  type ServerContext,
} from './servers.js';

/** Who makes which of the two servers. */
export type Makers = 'ringmq' | 'apache' | 'apache-broker' | 'apache-namesrv';

/** See the file's comment. */
export class Cluster {
  readonly namesrv: string;
  readonly broker: string;
  readonly #makers: Makers;
  /** In the order they are started; the last has the broker. */
  readonly #servers: readonly ServerProcess[];

  private constructor(makers: Makers, namesrvPort: number, brokerPort: number, servers: readonly ServerProcess[]) {
    this.namesrv = `127.0.0.1:${namesrvPort}`;
    this.broker = `127.0.0.1:${brokerPort}`;
    this.#makers = makers;
    this.#servers = servers;
  }

  static async start(
    context: ServerContext,
    makers: Makers,
    name: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Cluster> {
    const namesrvPort = await freePort();
    const broker: BrokerOptions = { name: `${name}-broker`, port: await freeBrokerPort(), settings };
    const servers = serversOf(context, makers, `${name}-namesrv`, namesrvPort, broker);
    const cluster = new Cluster(makers, namesrvPort, broker.port, servers);
    try {
      for (const server of servers) await cluster.#bringUp(server);
    } catch (cause) {
      await cluster.stop();
      throw cause;
    }
    return cluster;
  }

  /** Ends the broker by the signal and starts it again. One of ours that was asked to end must do so with exit code 0. */
  async restart(signal: NodeJS.Signals): Promise<void> {
    const broker = this.#servers.at(-1);
    const ending = await broker?.end(signal);
    const isOurs = this.#makers === 'ringmq' || this.#makers === 'apache-namesrv';
    if (signal === 'SIGTERM' && isOurs && ending?.code !== 0)
      throw new Error(`the broker ended with ${ending?.code ?? ending?.signal} after SIGTERM, not with 0`);
    if (broker !== undefined) await this.#bringUp(broker);
  }

  /** Starts a server. Ours serves when it says so; one of Apache's is waited for by what it answers. */
  async #bringUp(server: ServerProcess): Promise<void> {
    await server.start();
    if (this.#makers === 'ringmq') return;
    if (server === this.#servers.at(-1)) await awaitRoute(this.namesrv);
    else await awaitAnswer(this.namesrv);
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.toReversed()) await server.end('SIGKILL');
  }
}

function serversOf(
  context: ServerContext,
  makers: Makers,
  namesrvName: string,
  namesrvPort: number,
  broker: BrokerOptions,
): readonly ServerProcess[] {
  const namesrv = `127.0.0.1:${namesrvPort}`;
  const servers: Record<Makers, () => readonly ServerProcess[]> = {
    ringmq: () => [ringmq(context, broker, namesrvPort)],
    apache: () => [apacheNamesrv(context, namesrvName, namesrvPort), apacheBroker(context, broker, namesrv)],
    'apache-broker': () => [ringmqNamesrv(context, namesrvName, namesrvPort), apacheBroker(context, broker, namesrv)],
    'apache-namesrv': () => [apacheNamesrv(context, namesrvName, namesrvPort), ringmqBroker(context, broker, namesrv)],
  };
  return servers[makers]();
}
