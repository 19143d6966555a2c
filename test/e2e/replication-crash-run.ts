/**
 * A master and its slave, two processes, under load, of which one or the other is killed with -9 at points that a seed chooses. After each kill
 * the slave's log is the beginning of the master's. At the end the master dies and, under SYNC_MASTER, its disk with it: what it answered
 * SEND_OK is read from the slave.
 */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '#src/base/clock.js';
import { createLogger } from '#src/base/log.js';
import { loadNamesrvConfig } from '#src/namesrv/namesrv-config-loader.js';
import { NamesrvController } from '#src/namesrv/namesrv-controller.js';
import { HaRuntimeInfoBody } from '#src/remoting/bodies/ha-runtime-info.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { type BrokerProcess, startBrokerAlone } from './broker-process.js';
import { TestClient } from './test-client.js';

const TOPIC = 'CrashReplication';
const QUEUES = 4;
const SENDERS = 3;
const SENDS_AT_A_TIME = 16;
/** Answers between the start of the load and a kill. */
const ANSWERS_MIN = 50;
const ANSWERS_MAX = 3_000;
/** Answers after the slave is gone, that the master is to give without it. */
const ANSWERS_ALONE = 100;

/** What a run is to do. */
export interface ReplicationCrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly role: string;
  readonly onRound?: (line: string) => void;
}

/** What a run has found. */
export interface ReplicationCrashResult {
  readonly masterKills: number;
  readonly slaveKills: number;
  /** Messages answered SEND_OK. */
  readonly acknowledged: number;
  /** Of other answers and none. */
  readonly unacknowledged: number;
  /** Messages read from the slave at the end. */
  readonly atSlave: number;
  /** Under SYNC_MASTER: acknowledged and not at the slave. */
  readonly lost: readonly string[];
  /** Kills after which the slave's log was not the beginning of the master's. */
  readonly apart: readonly string[];
}

class CrashRun {
  readonly #options: ReplicationCrashOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ringmq-replication-'));
  readonly #acknowledged = new Set<string>();
  readonly #apart: string[] = [];
  readonly #random: () => number;
  #unacknowledged = 0;
  #haPort = 0;
  #namesrvAddress = '';
  #master: BrokerProcess | undefined;
  #slave: BrokerProcess | undefined;
  #next = 0;

  constructor(options: ReplicationCrashOptions) {
    this.#options = options;
    this.#random = randomFrom(options.seed);
  }

  async run(): Promise<ReplicationCrashResult> {
    this.#haPort = await freePort();
    const namesrv = new NamesrvController({
      config: loadNamesrvConfig(
        [{ source: 'the test', entries: new Map(Object.entries({ listenPort: '0', bindAddress: '127.0.0.1' })) }],
        createLogger('namesrv', 'silent'),
      ),
      logger: createLogger('namesrv', 'silent'),
      clock: systemClock,
    });
    this.#namesrvAddress = `127.0.0.1:${(await namesrv.start()).port}`;
    try {
      return await this.#rounds();
    } finally {
      for (const broker of [this.#master, this.#slave]) if (broker !== undefined) await kill(broker);
      await namesrv.stop();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  async #rounds(): Promise<ReplicationCrashResult> {
    const { kills, role, onRound } = this.#options;
    let masterKills = 0;
    for (let round = 0; round < kills; round++) {
      const { master, slave } = await this.#start();
      // The last one is the master's, and the end of its disk; the first one is the slave's, so that each dies in a short run too.
      const isMaster = round === kills - 1 || (round > 0 && this.#random() < 0.5);
      const killAfter = ANSWERS_MIN + Math.floor(this.#random() * (ANSWERS_MAX - ANSWERS_MIN));
      const victim = isMaster ? master : slave;
      await this.#load(master, killAfter, victim);
      if (isMaster) {
        masterKills++;
        this.#master = undefined;
      } else this.#slave = undefined;
      this.#comparePrefix(round);
      const who = isMaster ? 'master' : 'slave';
      onRound?.(
        `round ${round}: ${who} killed after ${killAfter} answers, ${this.#acknowledged.size} acknowledged so far`,
      );
    }
    if (role === 'SYNC_MASTER') rmSync(this.#storeOf('master'), { recursive: true });
    const found = await this.#readSlave();
    const lost = role === 'SYNC_MASTER' ? [...this.#acknowledged].filter((body) => !found.has(body)) : [];
    return {
      masterKills,
      slaveKills: kills - masterKills,
      acknowledged: this.#acknowledged.size,
      unacknowledged: this.#unacknowledged,
      atSlave: found.size,
      lost,
      apart: this.#apart,
    };
  }

  #storeOf(name: string): string {
    return join(this.#folder, name);
  }

  /** Starts what is not there; ends when the slave has said where it is. */
  async #start(): Promise<{ master: BrokerProcess; slave: BrokerProcess }> {
    const { role } = this.#options;
    this.#master ??= await startBrokerAlone(this.#storeOf('master'), this.#namesrvAddress, {
      brokerRole: role,
      inSyncReplicas: '2',
      haListenPort: String(this.#haPort),
    });
    const client = new TestClient(this.#master.address);
    // The topic is there before the slave asks for topics.
    if (this.#slave === undefined) await client.send(TOPIC, 'first', { properties: 'WAIT\u0001false\u0002' });
    this.#slave ??= await startBrokerAlone(this.#storeOf('slave'), this.#namesrvAddress, {
      brokerRole: 'SLAVE',
      brokerId: '1',
      slaveReadEnable: 'true',
      haListenPort: '0',
      haMasterAddress: `127.0.0.1:${this.#haPort}`,
    });
    for (;;) {
      const { body } = await client.invoke(RequestCode.GET_BROKER_HA_STATUS, {});
      if (HaRuntimeInfoBody.decode(body).haConnectionInfo.some(({ slaveAckOffset }) => slaveAckOffset > 0)) break;
      // A pull that is held for a moment, so as not to ask without pause.
      await client.pull('Nothing', 1, { suspendMs: 50 });
    }
    await client.close();
    return { master: this.#master, slave: this.#slave };
  }

  /** Sends without pause; the victim is killed after so many answers, the load ends with the master, or a little after the slave. */
  async #load(master: BrokerProcess, killAfter: number, victim: BrokerProcess): Promise<void> {
    const clients = Array.from({ length: SENDERS }, () => new TestClient(master.address));
    let answers = 0;
    let exited: Promise<unknown> = Promise.resolve();
    const isOver = (): boolean => answers >= killAfter + (victim === master ? 0 : ANSWERS_ALONE);
    const work = async (client: TestClient): Promise<void> => {
      while (!isOver()) {
        const id = this.#next++;
        const body = `${id} ${'x'.repeat(Math.floor(this.#random() * 600))}`;
        try {
          const { code } = await client.send(TOPIC, body, { queueId: id % QUEUES });
          if (code === ResponseCode.SUCCESS) this.#acknowledged.add(body);
          else this.#unacknowledged++;
        } catch (error) {
          this.#unacknowledged++;
          if (answers < killAfter) throw error;
          return;
        }
        if (++answers === killAfter) exited = kill(victim);
      }
    };
    await Promise.all(clients.flatMap((client) => Array.from({ length: SENDS_AT_A_TIME }, () => work(client))));
    await exited;
    await Promise.all(clients.map((client) => client.close()));
  }

  #comparePrefix(round: number): void {
    // The slave first: what it has now the master has had before.
    const slave = trimmed(logBytes(this.#storeOf('slave')));
    const master = logBytes(this.#storeOf('master')).subarray(0, slave.length);
    if (!slave.equals(master)) this.#apart.push(`after round ${round}, within ${slave.length} bytes`);
  }

  /** All bodies at the slave, which is alone. */
  async #readSlave(): Promise<Set<string>> {
    if (this.#slave === undefined) throw new Error('there is no slave');
    const client = new TestClient(this.#slave.address);
    const found = new Set<string>();
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      for (const { body } of await client.pullAll(TOPIC, queueId)) found.add(body);
    }
    await client.close();
    return found;
  }
}

/** Kills, restarts, and compares; see the file's comment. */
export function runReplicationCrashes(options: ReplicationCrashOptions): Promise<ReplicationCrashResult> {
  return new CrashRun(options).run();
}

async function kill({ child }: BrokerProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function logBytes(store: string): Buffer {
  const folder = join(store, 'commitlog');
  if (!existsSync(folder)) return Buffer.alloc(0);
  return Buffer.concat(
    readdirSync(folder)
      .toSorted()
      .map((name) => readFileSync(join(folder, name))),
  );
}

/** Without the zeros at the end. */
function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
