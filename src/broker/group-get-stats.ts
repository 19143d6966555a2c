/**
 * Messages delivered to each group of each topic, as a rate over the last minute. Main thread. Java: BrokerStatsManager.tpsGroupGetNums, StatsItem.
 * Invariant: samples are taken while there is something to sample; a pair that got nothing for a minute is forgotten, so that neither
 * memory nor a timer is kept for groups that are gone.
 * Hot: two look-ups for each pull that found something, whatever the number of messages.
 */
import type { Clock, TimerHandle } from '../base/clock.js';

/** Java: samplingInSeconds. */
const SAMPLE_INTERVAL_MS = 10_000;
/** The oldest and six intervals after it: a minute. */
const SAMPLES_MAX = 7;

interface Sample {
  readonly atMs: number;
  readonly total: number;
}

interface Item {
  total: number;
  readonly samples: Sample[];
}

/** Counts and samples. */
export class GroupGetStats {
  readonly #clock: Clock;
  readonly #topics = new Map<string, Map<string, Item>>();
  #timer: TimerHandle | undefined;
  #isStopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `messages` of the topic were handed to a consumer of the group. */
  record(group: string, topic: string, messages: number): void {
    const item = this.#topics.get(topic)?.get(group);
    if (item === undefined) this.#add(group, topic, messages);
    else item.total += messages;
  }

  /** Messages a second, over the last minute at most; 0 before the first sample. */
  tps(group: string, topic: string): number {
    const samples = this.#topics.get(topic)?.get(group)?.samples ?? [];
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined || last.atMs === first.atMs) return 0;
    return ((last.total - first.total) * 1000) / (last.atMs - first.atMs);
  }

  /** No samples are taken from now on. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** True if a pair is being sampled. */
  get isSampling(): boolean {
    return this.#timer !== undefined;
  }

  #add(group: string, topic: string, messages: number): void {
    const groups = this.#topics.get(topic) ?? new Map<string, Item>();
    this.#topics.set(topic, groups.set(group, { total: messages, samples: [] }));
    if (!this.#isStopped) this.#timer ??= this.#clock.every(SAMPLE_INTERVAL_MS, () => this.#sample());
  }

  #sample(): void {
    const nowMs = this.#clock.nowMs();
    for (const [topic, groups] of this.#topics) {
      for (const [group, { total, samples }] of groups) {
        // As in Java: what came before the first sample is taken to have come within one interval.
        if (samples.length === 0) samples.push({ atMs: nowMs - SAMPLE_INTERVAL_MS, total: 0 });
        samples.push({ atMs: nowMs, total });
        if (samples.length > SAMPLES_MAX) samples.shift();
        if (samples.length === SAMPLES_MAX && samples[0]?.total === total) groups.delete(group);
      }
      if (groups.size === 0) this.#topics.delete(topic);
    }
    if (this.#topics.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
