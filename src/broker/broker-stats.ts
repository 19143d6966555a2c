/**
 * What the broker has stored and delivered: totals, rates and times for GET_BROKER_RUNTIME_INFO (28). Main thread.
 * Java: StoreStatsService, BrokerStats.
 * Invariant: totals only grow while the broker runs. Recording costs some additions; rates are worked out from a sample a second.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import { RateSampler } from './rate-sampler.js';
import { isSystemTopic } from './topic-validator.js';

const SAMPLE_MS = 1_000;
/** Counters in the order in which they are sampled. */
const COUNTER = { PUT: 0, GET_FOUND: 1, GET_MISS: 2, TRANSFERRED: 3 } as const;
/** Upper bounds of the classes of put times, ms; Java's names for them. */
const TIME_CLASSES: readonly (readonly [boundMs: number, name: string])[] = [
  [0, '[<=0ms]'],
  [10, '[0~10ms]'],
  [50, '[10~50ms]'],
  [100, '[50~100ms]'],
  [200, '[100~200ms]'],
  [500, '[200~500ms]'],
  [1000, '[500ms~1s]'],
  [2000, '[1~2s]'],
  [3000, '[2~3s]'],
  [4000, '[3~4s]'],
  [5000, '[4~5s]'],
  [10_000, '[5~10s]'],
  [Number.POSITIVE_INFINITY, '[10s~]'],
];
const SAMPLES_PER_CLASS_PERIOD = 60;

/** Totals at midnight. */
interface Morning {
  readonly put: number;
  readonly get: number;
}

/** Counters of one broker. */
export class BrokerStats {
  /** Wall-clock time of the start, ms. */
  readonly bootTimestampMs: number;
  /** Messages stored, whether or not as asked. */
  putMessages = 0;
  /** Stored bytes of them. */
  putBytes = 0;
  putFailures = 0;
  putTimeMaxMs = 0;
  getTimeMaxMs = 0;
  /** Messages of users' topics stored and delivered. Java: getBrokerPutNumsWithoutSystemTopic, …Get…. */
  userPutMessages = 0;
  userGetMessages = 0;
  today: Morning = { put: 0, get: 0 };
  yesterday: Morning = { put: 0, get: 0 };
  #getFound = 0;
  #getMisses = 0;
  #transferredMessages = 0;
  #timeClasses = TIME_CLASSES.map(() => 0);
  #lastTimeClasses: readonly number[] | undefined;
  #samplesTaken = 0;
  #dayOfMonth: number;
  readonly #rates = new RateSampler();
  readonly #clock: Clock;
  #timer: TimerHandle | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.bootTimestampMs = clock.nowMs();
    this.#dayOfMonth = new Date(this.bootTimestampMs).getDate();
  }

  /** Samples until `stop`. */
  start(): void {
    this.#sample();
    this.#timer = this.#clock.every(SAMPLE_MS, () => this.#sample());
  }

  /** No sample from now on. */
  stop(): void {
    this.#timer?.cancel();
  }

  /** A put has ended. */
  recordPut(topic: string, messages: number, bytes: number, elapsedMs: number, isStored: boolean): void {
    if (!isStored) {
      this.putFailures += 1;
      return;
    }
    this.putMessages += messages;
    this.putBytes += bytes;
    if (!isSystemTopic(topic)) this.userPutMessages += messages;
    if (elapsedMs > this.putTimeMaxMs) this.putTimeMaxMs = elapsedMs;
    const index =
      elapsedMs < 10 ? (elapsedMs <= 0 ? 0 : 1) : TIME_CLASSES.findIndex(([boundMs]) => elapsedMs < boundMs);
    this.#timeClasses[index] = (this.#timeClasses[index] ?? 0) + 1;
  }

  /** A read has ended; `messages` is 0 if it found none. */
  recordGet(topic: string, messages: number, elapsedMs: number): void {
    if (messages === 0) this.#getMisses += 1;
    else this.#getFound += 1;
    this.#transferredMessages += messages;
    if (!isSystemTopic(topic)) this.userGetMessages += messages;
    if (elapsedMs > this.getTimeMaxMs) this.getTimeMaxMs = elapsedMs;
  }

  /** Messages stored a second. Undefined until `seconds` have been sampled; so are the others. */
  putTps(seconds: number): number | undefined {
    return this.#rates.rate(COUNTER.PUT, seconds);
  }

  /** Reads a second that found something. */
  getFoundTps(seconds: number): number | undefined {
    return this.#rates.rate(COUNTER.GET_FOUND, seconds);
  }

  /** Reads a second that found nothing. */
  getMissTps(seconds: number): number | undefined {
    return this.#rates.rate(COUNTER.GET_MISS, seconds);
  }

  /** Messages delivered a second. */
  getTransferredTps(seconds: number): number | undefined {
    return this.#rates.rate(COUNTER.TRANSFERRED, seconds);
  }

  /** Puts of the last whole minute by the time they took, as Apache prints them; undefined in the first minute. */
  putTimeDistribution(): string | undefined {
    const counts = this.#lastTimeClasses;
    return counts === undefined
      ? undefined
      : TIME_CLASSES.map(([, name], index) => `${name}:${counts[index] ?? 0} `).join('');
  }

  /** The time within which `share` of the last whole minute's puts ended, ms: the upper bound of its class. */
  putTimeQuantileMs(share: number): number {
    const counts = this.#lastTimeClasses ?? [];
    const wanted = counts.reduce((sum, count) => sum + count, 0) * share;
    let passed = 0;
    for (const [index, count] of counts.entries()) {
      passed += count;
      if (passed >= wanted && passed > 0) return Math.min(TIME_CLASSES[index]?.[0] ?? 0, this.putTimeMaxMs);
    }
    return 0;
  }

  #sample(): void {
    const nowMs = this.#clock.nowMs();
    this.#rates.sample(nowMs, [this.putMessages, this.#getFound, this.#getMisses, this.#transferredMessages]);
    this.#samplesTaken += 1;
    if (this.#samplesTaken % SAMPLES_PER_CLASS_PERIOD === 0) {
      this.#lastTimeClasses = this.#timeClasses;
      this.#timeClasses = TIME_CLASSES.map(() => 0);
    }
    const dayOfMonth = new Date(nowMs).getDate();
    if (dayOfMonth === this.#dayOfMonth) return;
    this.#dayOfMonth = dayOfMonth;
    this.yesterday = this.today;
    this.today = { put: this.userPutMessages, get: this.userGetMessages };
  }
}
