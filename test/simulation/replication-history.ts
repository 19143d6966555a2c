/**
 * What happens to a master and its slaves in one run of the simulation, as an explicit list made from a seed. Java: none.
 * Invariant: as for the store's (see history.ts): the list says everything, and any part of it can be carried out.
 */
import { QUEUES_PER_TOPIC, type SentMessage, TOPICS } from './history.js';
import { Random } from './random.js';

/** Brokers, by what they are called in the network. The first one begins as the master. */
export const BROKER_NAMES = ['a', 'b', 'c'] as const;

/** How a master goes. */
export type MasterEnd = 'stop' | 'kill' | 'powerCut' | 'diskLost';

/** One step. A number in `broker` is its index; `seed` is that of the network's random numbers. */
export type ReplicationOperation =
  /** A request with one message or a batch goes into the master's ring. */
  | {
      readonly kind: 'send';
      readonly topic: string;
      readonly queueId: number;
      readonly messages: readonly SentMessage[];
    }
  /** A broker's worker takes what is in its rings. Its HA thread has no turn before something else gives it one. */
  | { readonly kind: 'work'; readonly broker: number }
  /** A broker's main thread takes what its worker has done. */
  | { readonly kind: 'take'; readonly broker: number }
  /** So many things arrive over the network. */
  | { readonly kind: 'network'; readonly count: number; readonly seed: number }
  /** Time passes. */
  | { readonly kind: 'tick'; readonly ms: number }
  /** A disk ends operations that are under way. */
  | { readonly kind: 'disk'; readonly broker: number; readonly count: number }
  /** All of it, several times: what it takes for a few messages to arrive. */
  | { readonly kind: 'flow'; readonly rounds: number; readonly seed: number }
  | { readonly kind: 'expire'; readonly broker: number; readonly segments: number }
  /** The connections between two brokers break. */
  | { readonly kind: 'cut'; readonly brokers: readonly [number, number]; readonly seed: number }
  | { readonly kind: 'part'; readonly brokers: readonly [number, number] }
  | { readonly kind: 'heal' }
  /** As for the store; the broker stays down. */
  | {
      readonly kind: 'crash';
      readonly broker: number;
      readonly isPowerCut: boolean;
      readonly afterCalls: number;
      readonly lossSeed: number;
    }
  | { readonly kind: 'start'; readonly broker: number }
  /** A clean stop and a new start. */
  | { readonly kind: 'restart'; readonly broker: number }
  /** A slave goes with its disk. */
  | { readonly kind: 'loseDisk'; readonly broker: number }
  /** The master goes; the slave with the longest log becomes the master. */
  | { readonly kind: 'failover'; readonly end: MasterEnd; readonly lossSeed: number }
  /** The network heals, everybody is started, and time passes until all is the same everywhere. */
  | { readonly kind: 'converge'; readonly seed: number };

/** Sizes and settings of one run; the same for all brokers. */
export interface ReplicationSettings {
  readonly flushDiskType: 'SYNC_FLUSH' | 'ASYNC_FLUSH';
  readonly slaves: number;
  readonly inSyncReplicas: number;
  readonly segmentBytes: number;
  readonly queueFileEntries: number;
  readonly maxIndexNum: number;
  readonly transferBatchBytes: number;
  /** 0: no limit. */
  readonly transferBytesPerSecondMax: number;
  readonly wireBytesMax: number;
  readonly sendBufferBytesMax: number;
}

/** A run. */
export interface ReplicationHistory {
  readonly seed: number;
  readonly settings: ReplicationSettings;
  readonly operations: readonly ReplicationOperation[];
}

type Kind = ReplicationOperation['kind'];

const OPERATIONS_MIN = 40;
const OPERATIONS_MAX = 160;

const CALM: Readonly<Record<Kind, number>> = {
  send: 30,
  work: 30,
  take: 15,
  network: 30,
  tick: 12,
  disk: 14,
  flow: 14,
  expire: 2,
  cut: 3,
  part: 1,
  heal: 2,
  crash: 2,
  start: 6,
  restart: 1,
  loseDisk: 0,
  failover: 1,
  converge: 0,
};

/** How often each kind comes, in runs of several characters. */
const WEIGHTS: readonly Readonly<Record<Kind, number>>[] = [
  CALM,
  // Bad links.
  { ...CALM, cut: 16, part: 5, heal: 8, network: 45, crash: 0, failover: 0 },
  // Brokers come and go.
  { ...CALM, crash: 10, start: 16, restart: 4, loseDisk: 1, failover: 2 },
  // Masters change.
  { ...CALM, failover: 7, crash: 3, start: 14, flow: 22, loseDisk: 1 },
  // Disks are lost, segments deleted, slaves begin anew.
  { ...CALM, loseDisk: 5, start: 14, expire: 10, disk: 30, failover: 3, flow: 20 },
];

/** The run of a seed. */
export function makeReplicationHistory(seed: number): ReplicationHistory {
  const random = new Random(seed ^ 0x5_1a4e);
  const slaves = random.pick([1, 1, 2]);
  const settings: ReplicationSettings = {
    flushDiskType: random.chance(0.5) ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
    slaves,
    inSyncReplicas: random.pick([2, 2, 2, 2, 1, 1 + slaves]),
    segmentBytes: random.pick([4096, 8192, 16_384]),
    queueFileEntries: random.pick([8, 30, 60]),
    maxIndexNum: random.pick([8, 24, 70]),
    transferBatchBytes: random.pick([600, 2048, 32 * 1024]),
    transferBytesPerSecondMax: random.pick([0, 0, 0, 5000]),
    wireBytesMax: random.pick([100, 3000, 20_000]),
    sendBufferBytesMax: random.pick([500, 4000, 64 * 1024]),
  };
  const maker = new OperationMaker(random, settings);
  const weights = random.pick(WEIGHTS);
  const operations: ReplicationOperation[] = [];
  const count = random.between(OPERATIONS_MIN, OPERATIONS_MAX);
  while (operations.length < count) operations.push(maker.make(random.pickWeighted(weights)));
  operations.push(maker.make('converge'));
  return { seed, settings, operations };
}

/** Makes operations that follow each other. */
class OperationMaker {
  readonly #random: Random;
  readonly #settings: ReplicationSettings;
  #nextId = 1;

  constructor(random: Random, settings: ReplicationSettings) {
    this.#random = random;
    this.#settings = settings;
  }

  make(kind: Kind): ReplicationOperation {
    const random = this.#random;
    switch (kind) {
      case 'send':
        return this.#makeSend();
      case 'work':
      case 'take':
      case 'start':
      case 'restart':
      case 'loseDisk':
        return { kind, broker: this.#broker() };
      case 'network':
        return { kind, count: random.pick([1, 2, 5, 20, 60]), seed: this.#seed() };
      case 'tick':
        return { kind, ms: random.pick([1, 100, 400, 600, 1100, 2600, 3100, 5000, 21_000]) };
      case 'disk':
        return { kind, broker: this.#broker(), count: random.pick([1, 1, 2, 5, 20]) };
      case 'flow':
        return { kind, rounds: random.pick([1, 2, 4]), seed: this.#seed() };
      case 'expire':
        return { kind, broker: this.#broker(), segments: random.between(1, 3) };
      case 'cut':
        return { kind, brokers: this.#pair(), seed: this.#seed() };
      case 'part':
        return { kind, brokers: this.#pair() };
      case 'crash': {
        const afterCalls = random.chance(0.3) ? 0 : random.between(1, 60);
        return { kind, broker: this.#broker(), isPowerCut: random.chance(0.6), afterCalls, lossSeed: this.#seed() };
      }
      case 'failover': {
        const end = random.pick(['stop', 'kill', 'powerCut', 'diskLost', 'diskLost', 'diskLost'] as const);
        return { kind, end, lossSeed: this.#seed() };
      }
      case 'converge':
        return { kind, seed: this.#seed() };
      case 'heal':
        break;
    }
    return { kind };
  }

  #seed(): number {
    return this.#random.below(0x1_0000_0000);
  }

  #broker(): number {
    return this.#random.below(1 + this.#settings.slaves);
  }

  #pair(): readonly [number, number] {
    const first = this.#broker();
    return [first, (first + this.#random.between(1, this.#settings.slaves)) % (1 + this.#settings.slaves)];
  }

  #makeSend(): ReplicationOperation {
    const random = this.#random;
    const count = random.chance(0.2) ? random.between(2, 5) : 1;
    const messages = Array.from({ length: count }, () => this.#makeMessage(count > 1));
    return { kind: 'send', topic: random.pick(TOPICS), queueId: random.below(QUEUES_PER_TOPIC), messages };
  }

  #makeMessage(isInBatch: boolean): SentMessage {
    const random = this.#random;
    const large = this.#settings.segmentBytes / 3;
    return {
      id: this.#nextId++,
      bodyBytes: !isInBatch && random.chance(0.1) ? random.between(0, large) : random.between(0, isInBatch ? 150 : 600),
      paddingBytes: random.chance(0.2) ? random.between(1, isInBatch ? 100 : 500) : 0,
      keyCount: random.pick([0, 0, 1, 3]),
      tag: random.pick([undefined, 'red', 'green']),
      delayLevel: !isInBatch && random.chance(0.1) ? random.between(1, 2) : 0,
    };
  }
}
