/**
 * A store under load whose broker is killed with -9 again and again, at points that a seed chooses, sometimes once more while it recovers.
 * After each start all of the store is pulled and held against what was acknowledged; after some rounds it is stopped in order, and its files are
 * held against each other.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { systemClock } from '#src/base/clock.js';
import { RequestCode } from '#src/remoting/request-code.js';

import { keysOfIndex, keysOfLog } from '../commitlog/index-harness.js';
import { entriesOfLog, entriesOfQueues } from '../commitlog/store-harness.js';
import { type BrokerProcess, spawnBroker, startBroker } from './broker-process.js';
import { randomFrom } from './seeded-random.js';
import { type Faults, OffsetLedger, StoreCrashLedger } from './store-crash-ledger.js';
import {
  type CrashLoad,
  GROUP,
  LATER_TOPIC,
  loadUntilGone,
  QUEUES,
  SCHEDULE_TOPIC,
  TOPICS,
} from './store-crash-load.js';
import { type Received, TestClient } from './test-client.js';

/** A new store after so many kills: each is read whole after each of them. */
const KILLS_PER_STORE = 10;
/** Sends and acknowledgements between a start and a kill. */
const EVENTS_MIN = 10;
const EVENTS_MAX = 4_000;
const KILL_AGAIN_CHANCE = 0.3;
const INDEX_SHAPE = { hashSlotNum: 3000, indexNum: 1000 };
const PERSIST_INTERVAL_MS = 300;
/** What a commit may take beyond the interval until it is on the disk of a busy machine. */
const PERSIST_SLACK_MS = 3_000;
/** Files so small that many are filled. The delay levels are those of the store's test harness, which judges the files. */
const SETTINGS = {
  mappedFileSizeCommitLog: '262144',
  mappedFileSizeConsumeQueue: '6000',
  flushIntervalConsumeQueue: '200',
  flushConsumerOffsetInterval: String(PERSIST_INTERVAL_MS),
  messageDelayLevel: '1s 5s',
  maxHashSlotNum: String(INDEX_SHAPE.hashSlotNum),
  maxIndexNum: String(INDEX_SHAPE.indexNum),
};

/** What a run is to do. */
export interface StoreCrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly flushDiskType: string;
  readonly onRound?: (line: string) => void;
}

/** What a run has found. */
export interface StoreCrashResult {
  readonly kills: number;
  /** Of these, during a start. */
  readonly killsInRecovery: number;
  readonly acknowledged: number;
  readonly segments: number;
  readonly faults: Faults;
  /** Where the store is that has faults. */
  readonly folder: string | undefined;
}

/** Kills, starts again and judges; ends at the first round that has faults. */
export async function runStoreCrashes(options: StoreCrashOptions): Promise<StoreCrashResult> {
  const random = randomFrom(options.seed);
  let done = { kills: 0, killsInRecovery: 0, acknowledged: 0, segments: 0 };
  while (done.kills < options.kills) {
    const store = new CrashedStore(options, random);
    const faults = await store.run(Math.min(KILLS_PER_STORE, options.kills - done.kills), done.kills);
    done = {
      kills: done.kills + store.kills,
      killsInRecovery: done.killsInRecovery + store.killsInRecovery,
      acknowledged: done.acknowledged + store.load.ledger.acknowledged,
      segments: done.segments + store.segments,
    };
    if (faults.length > 0) return { ...done, faults, folder: store.folder };
    rmSync(store.folder, { recursive: true, force: true });
  }
  return { ...done, faults: [], folder: undefined };
}

/** One store over its kills. */
class CrashedStore {
  readonly folder = mkdtempSync(join(tmpdir(), 'ringmq-store-crash-'));
  readonly load: CrashLoad;
  kills = 0;
  killsInRecovery = 0;
  segments = 0;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #say: (line: string) => void;

  constructor({ flushDiskType, onRound }: StoreCrashOptions, random: () => number) {
    this.#settings = { ...SETTINGS, flushDiskType };
    this.#say = onRound ?? ((): void => undefined);
    const queues = TOPICS.flatMap((topic) => Array.from({ length: QUEUES }, (_, i) => `${topic}/${i}`));
    const offsets = new Map(queues.map((queue) => [queue, new OffsetLedger()]));
    this.load = { ledger: new StoreCrashLedger(), offsets, ends: new Map(), random, unanswered: [], nextId: 0 };
  }

  async run(killsMax: number, killsBefore: number): Promise<Faults> {
    let broker = await startBroker(this.folder, this.#settings);
    await createGroup(broker);
    while (this.kills < killsMax) {
      const { random, ledger } = this.load;
      const before = ledger.acknowledged;
      const killAfter = EVENTS_MIN + Math.floor(random() ** 2 * (EVENTS_MAX - EVENTS_MIN));
      const killedMs = await this.#loadAndKill(broker, killAfter);
      let again = 0;
      while (this.kills < killsMax && random() < KILL_AGAIN_CHANCE) {
        await this.#killInRecovery(random);
        again++;
      }
      broker = await startBroker(this.folder, this.#settings);
      const faults = await this.#judge(broker, killedMs);
      const line = `kill ${killsBefore + this.kills}: after ${killAfter} events, ${ledger.acknowledged - before} acknowledged`;
      this.#say(`${line}${again > 0 ? `, and ${again} times at the start after it` : ''}: ${faults.length} faults`);
      if (faults.length > 0) {
        broker.child.kill('SIGKILL');
        return faults;
      }
    }
    return this.#stopAndCompare(broker);
  }

  async #loadAndKill({ child, address }: BrokerProcess, killAfter: number): Promise<number> {
    const exited = once(child, 'exit');
    let events = 0;
    let killedMs = 0;
    await loadUntilGone(address, this.load, () => {
      if (++events !== killAfter) return;
      killedMs = systemClock.monotonicMs();
      child.kill('SIGKILL');
    });
    await exited;
    this.kills++;
    return killedMs;
  }

  /** Before its first line, at one of those that tell how far recovery is, or when it is about to serve. */
  async #killInRecovery(random: () => number): Promise<void> {
    const child = spawnBroker(this.folder, this.#settings);
    const exited = once(child, 'exit');
    const killAtLine = Math.floor(random() * 4);
    let lines = 0;
    const onLine = (): void => {
      if (lines++ === killAtLine) child.kill('SIGKILL');
    };
    onLine();
    createInterface({ input: child.stderr }).on('line', onLine);
    createInterface({ input: child.stdout }).on('line', () => child.kill('SIGKILL'));
    await exited;
    this.kills++;
    this.killsInRecovery++;
  }

  async #judge({ address }: BrokerProcess, killedMs: number): Promise<Faults> {
    const client = new TestClient(address);
    const queues = new Map<string, readonly Received[]>();
    for (const queue of [...this.load.offsets.keys(), `${SCHEDULE_TOPIC}/0`]) {
      const [topic = '', queueId] = queue.split('/');
      queues.set(queue, await client.pullAll(topic, Number(queueId)));
    }
    const faults = [...this.load.ledger.judge(queues)];
    for (const [queue, ledger] of this.load.offsets) {
      const fault = ledger.judge(
        queue,
        await this.#committedOffset(client, queue),
        killedMs - PERSIST_INTERVAL_MS - PERSIST_SLACK_MS,
      );
      if (fault !== undefined) faults.push(fault);
    }
    await client.close();
    return faults;
  }

  async #committedOffset(client: TestClient, queue: string): Promise<number> {
    const [topic = '', queueId = ''] = queue.split('/');
    const fields = { consumerGroup: GROUP, topic, queueId, setZeroIfNotFound: 'false' };
    const { code, extFields } = await client.invoke(RequestCode.QUERY_CONSUMER_OFFSET, fields);
    return code === 0 ? Number(extFields?.['offset']) : 0;
  }

  /** When all that was delayed is delivered, the files of log, queues and index say the same. */
  async #stopAndCompare({ child, address }: BrokerProcess): Promise<Faults> {
    const client = new TestClient(address);
    let faults: Faults = [];
    do {
      // A pull that is held for a moment, so as not to ask without pause.
      await client.pull('Nothing', 1, { suspendMs: 100 });
      faults = this.load.ledger.undelivered(
        SCHEDULE_TOPIC,
        (await client.pullAll(LATER_TOPIC)).map(({ body }) => body),
      );
    } while (faults.some((fault) => fault.endsWith('was never delivered')));
    await client.close();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    return [...faults, ...this.#compareFiles()];
  }

  #compareFiles(): Faults {
    const faults: string[] = [];
    const log = entriesOfLog(this.folder);
    const queues = entriesOfQueues(this.folder);
    for (const name of new Set([...log.keys(), ...queues.keys()])) {
      const wanted = log.get(name) ?? [];
      const found = queues.get(name) ?? [];
      const place = wanted.findIndex((entry, i) => found[i] !== entry);
      if (place >= 0) faults.push(`consume queue ${name} at ${place}: ${found[place]} instead of ${wanted[place]}`);
      else if (found.length > wanted.length)
        faults.push(`consume queue ${name} has ${found.length - wanted.length} entries too many`);
    }
    const keys = keysOfLog(this.folder);
    const indexed = keysOfIndex(this.folder, INDEX_SHAPE);
    const place = keys.findIndex((key, i) => indexed[i] !== key);
    if (place >= 0 || indexed.length > keys.length)
      faults.push(`index at ${place}: ${indexed[place]} instead of ${keys[place]}`);
    this.segments = new Set(
      [...log.values()]
        .flat()
        .map((entry) => Math.floor(Number(entry.split(' ')[0]) / Number(SETTINGS.mappedFileSizeCommitLog))),
    ).size;
    return faults;
  }
}

async function createGroup({ address }: BrokerProcess): Promise<void> {
  const client = new TestClient(address);
  const body = Buffer.from(JSON.stringify({ groupName: GROUP }));
  await client.invoke(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, {}, body);
  await client.close();
}
