/**
 * What happens to a store in one run of the simulation, as an explicit list made from a seed. Java: none.
 * Invariant: the list says everything: carried out twice it does the same, and any part of it can be carried out too.
 */
import { Random } from './random.js';

/** One message; its bytes follow from these. */
export interface SentMessage {
  readonly id: number;
  readonly bodyBytes: number;
  /** Of a property that means nothing. */
  readonly paddingBytes: number;
  readonly keyCount: number;
  readonly tag: string | undefined;
  /** Above 0: the message is a delayed one, and waits in the queue of its level. */
  readonly delayLevel: number;
}

/** One step. */
export type Operation =
  /** A request with one message or a batch goes into the ring. */
  | {
      readonly kind: 'send';
      readonly topic: string;
      readonly queueId: number;
      readonly messages: readonly SentMessage[];
    }
  /** The worker takes what is in the ring. */
  | { readonly kind: 'drain' }
  /** Time passes and the flusher does what is due. */
  | { readonly kind: 'tick'; readonly ms: number }
  /** The disk ends operations that are under way. */
  | { readonly kind: 'disk'; readonly count: number }
  | { readonly kind: 'deleteTopic'; readonly topic: string }
  /** A group commits its offset, this part of the queue (0 to 1). */
  | { readonly kind: 'commitOffset'; readonly group: string; readonly queue: number; readonly part: number }
  /** consumerOffset.json is written. */
  | { readonly kind: 'saveOffsets' }
  /** The worker is told to delete this many of the oldest segments; it does while time passes and the disk works. */
  | { readonly kind: 'expire'; readonly segments: number }
  /** A clean stop and a new start. */
  | { readonly kind: 'restart' }
  /** The process ends, at the `afterCalls`-th call from now that changes the disk, or at once; then a new start. */
  | { readonly kind: 'crash'; readonly isPowerCut: boolean; readonly afterCalls: number; readonly lossSeed: number };

/** Sizes and settings of one run. */
export interface RunSettings {
  readonly flushDiskType: 'SYNC_FLUSH' | 'ASYNC_FLUSH';
  readonly segmentBytes: number;
  readonly queueFileEntries: number;
  readonly maxIndexNum: number;
  readonly maxOpenFiles: number;
}

/** A run. */
export interface History {
  readonly seed: number;
  readonly settings: RunSettings;
  readonly operations: readonly Operation[];
}

/** Topics, and queues of each. */
export const TOPICS = ['alpha', 'beta', 'gamma'] as const;
/** Queues of each topic. */
export const QUEUES_PER_TOPIC = 2;
/** Consumer groups. */
const GROUPS = ['readers', 'writers'] as const;
const OPERATIONS_MIN = 30;
const OPERATIONS_MAX = 160;

/** How often each kind comes, in runs of several characters. */
const WEIGHTS: readonly Readonly<Record<Operation['kind'], number>>[] = [
  {
    send: 30,
    drain: 20,
    tick: 20,
    disk: 16,
    deleteTopic: 1,
    commitOffset: 3,
    expire: 3,
    saveOffsets: 2,
    restart: 1,
    crash: 4,
  },
  {
    send: 50,
    drain: 20,
    tick: 8,
    disk: 5,
    deleteTopic: 1,
    commitOffset: 1,
    expire: 3,
    saveOffsets: 1,
    restart: 1,
    crash: 3,
  },
  {
    send: 20,
    drain: 15,
    tick: 20,
    disk: 20,
    deleteTopic: 6,
    commitOffset: 4,
    expire: 3,
    saveOffsets: 4,
    restart: 2,
    crash: 8,
  },
  {
    send: 20,
    drain: 20,
    tick: 30,
    disk: 25,
    deleteTopic: 2,
    commitOffset: 6,
    expire: 3,
    saveOffsets: 6,
    restart: 4,
    crash: 1,
  },
  // Expiry needs a checkpoint past the segment, and more than one segment.
  {
    send: 50,
    drain: 30,
    tick: 20,
    disk: 40,
    deleteTopic: 0,
    commitOffset: 1,
    expire: 14,
    saveOffsets: 1,
    restart: 5,
    crash: 4,
  },
];

/** The run of a seed. It ends with a crash, a clean stop and a start. */
export function makeHistory(seed: number): History {
  const random = new Random(seed);
  const settings: RunSettings = {
    flushDiskType: random.chance(0.5) ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
    segmentBytes: random.pick([4096, 8192, 16_384]),
    queueFileEntries: random.pick([8, 30, 60]),
    maxIndexNum: random.pick([8, 24, 70]),
    maxOpenFiles: random.pick([1, 3, 8]),
  };
  const maker = new OperationMaker(random, settings);
  const weights = random.pick(WEIGHTS);
  const operations: Operation[] = [];
  const count = random.between(OPERATIONS_MIN, OPERATIONS_MAX);
  while (operations.length < count) operations.push(maker.make(random.pickWeighted(weights)));
  operations.push({ kind: 'drain' }, maker.makeCrash(true, 0), { kind: 'restart' });
  return { seed, settings, operations };
}

/** Makes operations that follow each other. */
class OperationMaker {
  readonly #random: Random;
  readonly #settings: RunSettings;
  #nextId = 1;

  constructor(random: Random, settings: RunSettings) {
    this.#random = random;
    this.#settings = settings;
  }

  make(kind: Operation['kind']): Operation {
    const random = this.#random;
    switch (kind) {
      case 'send':
        return this.#makeSend();
      case 'tick':
        return { kind, ms: random.pick([1, 100, 400, 600, 1100, 2600, 3100]) };
      case 'disk':
        return { kind, count: random.pick([1, 1, 2, 5, 20]) };
      case 'expire':
        return { kind, segments: random.between(1, 3) };
      case 'deleteTopic':
        return { kind, topic: random.pick(TOPICS) };
      case 'commitOffset':
        return {
          kind,
          group: random.pick(GROUPS),
          queue: random.below(TOPICS.length * QUEUES_PER_TOPIC),
          part: random.pick([0, 0.5, 1, 1]),
        };
      case 'crash':
        return this.makeCrash(random.chance(0.7), random.chance(0.3) ? 0 : random.between(1, 60));
      case 'drain':
      case 'saveOffsets':
      case 'restart':
        break;
    }
    return { kind };
  }

  makeCrash(isPowerCut: boolean, afterCalls: number): Operation {
    return { kind: 'crash', isPowerCut, afterCalls, lossSeed: this.#random.below(0x1_0000_0000) };
  }

  #makeSend(): Operation {
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
      paddingBytes: random.chance(0.3) ? random.between(1, isInBatch ? 100 : 900) : 0,
      keyCount: random.pick([0, 0, 1, 3]),
      tag: random.pick([undefined, 'red', 'green']),
      delayLevel: !isInBatch && random.chance(0.1) ? random.between(1, 2) : 0,
    };
  }
}
