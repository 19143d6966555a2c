/**
 * A NameServer and one store folder that brokers of two makers have in turn, always under the same address. The store's files are looked at whenever
 * nobody has them. Invariant: at most one broker serves; a case may ask for what `act` knows, nothing else.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freeBrokerPort, freePort } from './free-ports.js';
import { awaitAnswer, awaitRoute } from './route-probe.js';
import type { ServerProcess } from './server-process.js';
import {
  apacheBroker,
  type BrokerOptions,
  ringmqBroker,
  ringmqNamesrv,
  apacheNamesrv,
  type ServerContext,
  storeFolderOf,
} from './servers.js';
import { StoppedStore } from './stopped-store.js';

type Maker = 'ringmq' | 'apache';

/** Who has the store first, and who takes turns with it. */
export interface HandoverMakers {
  readonly first: Maker;
  readonly second: Maker;
}

/** What each maker's broker says when the store is another's. */
const REFUSALS: Record<Maker, RegExp> = {
  apache: /Lock failed, MQ already started/,
  ringmq: /the store \S+ is in use by another broker/,
};

/** What groups of brokers before 5.x could be as long as. */
const OLD_GROUP = 'old_group_'.padEnd(190, 'x');

const LOG_LIMIT_MS = 10_000;
const LOOK_AGAIN_MS = 100;

interface Turn {
  readonly maker: Maker;
  readonly broker: ServerProcess;
  readonly logFile: string;
}

/** See the file's comment. */
export class HandoverCluster {
  readonly namesrv: string;
  readonly broker: string;
  readonly brokerV6: string;
  /** A group that is in the store from its beginning, as brokers before 5.x made them: its retry topic's name needs a V2 record. */
  readonly oldGroup = OLD_GROUP;
  /** What was seen in the files, for the results. */
  readonly findings: string[] = [];
  readonly #namesrv: ServerProcess;
  readonly #turns: readonly [Turn, Turn];
  /** Of the same makers on other ports: who tries to take the store while the other has it. */
  readonly #intruders: readonly [Turn, Turn];
  readonly #store: StoppedStore;
  #turn = 0;

  private constructor(
    context: ServerContext,
    makers: HandoverMakers,
    name: string,
    ports: { readonly namesrv: number; readonly broker: number; readonly intruder: number },
    settings: Readonly<Record<string, string>>,
    secondSettings: Readonly<Record<string, string>>,
  ) {
    this.namesrv = `127.0.0.1:${ports.namesrv}`;
    this.broker = `127.0.0.1:${ports.broker}`;
    this.brokerV6 = `::1:${ports.broker}`;
    const storeName = `${name}-store`;
    const optionsOf = (role: string, port: number, keys = settings): BrokerOptions => ({
      name: `${name}-${role}`,
      storeName,
      port,
      settings: keys,
    });
    const turnOf = (maker: Maker, options: BrokerOptions): Turn => {
      const make = maker === 'ringmq' ? ringmqBroker : apacheBroker;
      const logFile = join(context.workFolder, options.name, 'server.log');
      return { maker, broker: make(context, options, this.namesrv), logFile };
    };
    const namesrvOf = makers.first === makers.second ? apacheNamesrv : ringmqNamesrv;
    this.#namesrv = namesrvOf(context, `${name}-namesrv`, ports.namesrv);
    this.#turns = [
      turnOf(makers.first, optionsOf('first', ports.broker)),
      turnOf(makers.second, optionsOf('second', ports.broker, secondSettings)),
    ];
    this.#intruders = [
      turnOf(makers.first, optionsOf('first-intruder', ports.intruder)),
      turnOf(makers.second, optionsOf('second-intruder', ports.intruder)),
    ];
    const storeFolder = storeFolderOf(context, optionsOf('first', ports.broker));
    writeOldGroup(storeFolder);
    this.#store = new StoppedStore(storeFolder, Number(settings['mappedFileSizeCommitLog']));
  }

  static async start(
    context: ServerContext,
    makers: HandoverMakers,
    name: string,
    settings: Readonly<Record<string, string>> = {},
    secondSettings: Readonly<Record<string, string>> = {},
  ): Promise<HandoverCluster> {
    const ports = { namesrv: await freePort(), broker: await freeBrokerPort(), intruder: await freeBrokerPort() };
    const cluster = new HandoverCluster(context, makers, name, ports, settings, { ...settings, ...secondSettings });
    try {
      await cluster.#namesrv.start();
      await awaitAnswer(cluster.namesrv);
      await cluster.#bringUp();
    } catch (cause) {
      await cluster.stop();
      throw cause;
    }
    return cluster;
  }

  /** What a case asks for. */
  async act(action: string): Promise<void> {
    if (action === 'hand over SIGTERM') await this.#handOver('SIGTERM');
    else if (action === 'hand over SIGKILL') await this.#handOver('SIGKILL');
    else if (action === 'end') await this.#end('SIGTERM');
    else if (action === 'every kind') this.#store.checkEveryKind();
    else if (action === 'other is refused') await this.#checkRefused();
    else throw new Error(`the case asked for '${action}', which it may not`);
  }

  async stop(): Promise<void> {
    const servers = [...[...this.#intruders, ...this.#turns].map(({ broker }) => broker), this.#namesrv];
    for (const server of servers) await server.end('SIGKILL');
  }

  get #current(): Turn {
    return this.#turns[this.#turn % 2 === 0 ? 0 : 1];
  }

  async #handOver(signal: NodeJS.Signals): Promise<void> {
    await this.#end(signal);
    this.#turn++;
    await this.#bringUp();
  }

  async #bringUp(): Promise<void> {
    await this.#current.broker.start();
    await awaitRoute(this.namesrv);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const { maker, broker } = this.#current;
    const ending = await broker.end(signal);
    if (signal === 'SIGKILL') return;
    if (maker === 'ringmq' && ending?.code !== 0)
      throw new Error(`the broker ended with ${ending?.code ?? ending?.signal} after SIGTERM, not with 0`);
    this.findings.push(`${maker}: ${this.#store.checkAfterStop(maker)}`);
  }

  async #checkRefused(): Promise<void> {
    const { maker, broker, logFile } = this.#intruders[this.#turn % 2 === 0 ? 1 : 0];
    let hasStarted = true;
    try {
      await broker.start();
    } catch {
      hasStarted = false; // its log says why
    }
    if (hasStarted) throw new Error(`a second broker (${maker}) has taken the store`);
    const refusal = await refusalIn(logFile, REFUSALS[maker]);
    if (refusal === undefined)
      throw new Error(`the second broker (${maker}) did not say that the store is taken: ${logFile}`);
    this.findings.push(`${maker} refused: '${refusal.replace(/ \/\S+/, '')}'`);
  }
}

/** What a process said last may reach its log a moment after its end. */
async function refusalIn(logFile: string, refusal: RegExp): Promise<string | undefined> {
  const end = Date.now() + LOG_LIMIT_MS;
  for (;;) {
    const found = refusal.exec(readFileSync(logFile, 'utf8'))?.[0];
    if (found !== undefined || Date.now() > end) return found;
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_AGAIN_MS);
    });
  }
}

function writeOldGroup(storeFolder: string): void {
  const subscriptionGroupTable = {
    [OLD_GROUP]: { groupName: OLD_GROUP, consumeEnable: true, retryQueueNums: 1, retryMaxTimes: 16 },
  };
  mkdirSync(join(storeFolder, 'config'));
  writeFileSync(join(storeFolder, 'config', 'subscriptionGroup.json'), JSON.stringify({ subscriptionGroupTable }));
}
