/**
 * Runs a load: warms up, measures, second by second, and waits for what is still in flight. Generator's thread. Java: none.
 * Invariant: messages, time and CPU are of one and the same interval; what was sent in it and answered after it counts in the latencies alone.
 */
import type { Clock } from '../base/clock.js';
import { createDeferred } from '../base/deferred.js';
import type { LoadRecorder, SecondFigures } from './load-recorder.js';
import { type BrokerCost, type Ending, type LoadResult, type SecondResult, toResult } from './load-result.js';
import { type ProcessReading, readProcess } from './process-meter.js';

/** Something that makes requests and records what becomes of them. */
export interface Load {
  /** Begins to send. */
  start(): void;
  /** Sends no more; `drained` resolves when nothing is in flight. */
  stop(): void;
  close(): void;
  /** Ends by itself after so many messages, counted from now. */
  limitTo(messages: number): void;
  /** What the load has to do by itself is done. */
  readonly isDone: boolean;
  readonly drained: Promise<void>;
  /** Rejects when the load cannot go on. */
  readonly failed: Promise<never>;
  readonly behindMessages: number;
  /** Counts as failed what will not be answered any more. */
  giveUp(): void;
}

/** How long to measure, and what. */
export interface MeasurementOptions {
  readonly warmupMs: number;
  /** Infinity: until the load is done. */
  readonly durationMs: number;
  readonly messagesMax?: number | undefined;
  /** The broker's process, if it is on this machine. */
  readonly pid?: number | undefined;
  /** Longest wait for what is in flight at the end. */
  readonly drainMs?: number;
  /** Ends the measurement before its time. */
  readonly interrupted?: AbortSignal | undefined;
  /** Called each second; `isWarmup` while nothing counts yet. */
  readonly onSecond?: ((second: SecondResult, isWarmup: boolean) => void) | undefined;
}

/** How long the end is waited for, unless something else is said. */
export const DRAIN_MS = 10_000;
const SECOND_MS = 1000;
/** How often it is looked whether the end has come. */
const LOOK_MS = 5;

/** Runs `load` and closes it. Rejects when it fails before anything was measured. */
export async function measure(
  load: Load,
  recorder: LoadRecorder,
  clock: Clock,
  options: MeasurementOptions,
): Promise<LoadResult> {
  const run = new Measurement(load, recorder, clock, options);
  try {
    return await run.run();
  } finally {
    load.close();
  }
}

class Measurement {
  readonly #load: Load;
  readonly #recorder: LoadRecorder;
  readonly #clock: Clock;
  readonly #options: MeasurementOptions;
  readonly #seconds: SecondResult[] = [];
  #secondBeganMs = 0;
  #cpuMicros = 0;

  constructor(load: Load, recorder: LoadRecorder, clock: Clock, options: MeasurementOptions) {
    [this.#load, this.#recorder, this.#clock, this.#options] = [load, recorder, clock, options];
  }

  async run(): Promise<LoadResult> {
    const { warmupMs, durationMs, messagesMax, drainMs = DRAIN_MS } = this.#options;
    const load = this.#load;
    if (warmupMs > 0) {
      this.#beginSeconds();
      load.start();
      const ending = await this.#until(warmupMs, true);
      if (ending.reason === 'failed') throw new Error(ending.text);
    }
    this.#recorder.reset();
    this.#seconds.length = 0;
    this.#beginSeconds();
    if (messagesMax !== undefined) load.limitTo(messagesMax);
    if (warmupMs === 0) load.start();
    const before = this.#readBroker();
    const startedAtMs = this.#clock.nowMs();
    const startedMs = this.#clock.monotonicMs();
    const ownBefore = process.cpuUsage();
    const ending = await this.#until(durationMs, false);
    const own = process.cpuUsage(ownBefore);
    const elapsedMs = this.#clock.monotonicMs() - startedMs;
    const after = this.#readBroker();
    if (this.#clock.monotonicMs() > this.#secondBeganMs) this.#seconds.push(this.#endSecond());
    const { messages, requests, bytes } = this.#recorder;
    const behind = load.behindMessages;
    load.stop();
    if (ending.reason !== 'failed') await this.#drain(drainMs);
    load.giveUp();
    this.#recorder.endSecond(0);
    const counts = { messages, requests, bytes, behind, afterEnd: this.#recorder.messages - messages };
    return toResult({
      startedAtMs,
      elapsedMs,
      ending,
      counts,
      recorder: this.#recorder,
      seconds: this.#seconds,
      generatorCpuMicros: own.user + own.system,
      broker: before === undefined || after === undefined ? undefined : costOf(before, after, messages),
    });
  }

  /** Until the time is over or something else ends it. */
  async #until(lengthMs: number, isWarmup: boolean): Promise<Ending> {
    const { interrupted, onSecond } = this.#options;
    const { promise, resolve } = createDeferred<Ending>();
    const endMs = this.#clock.monotonicMs() + lengthMs;
    const abort = (): void => resolve({ reason: 'interrupted' });
    if (interrupted?.aborted === true) abort();
    interrupted?.addEventListener('abort', abort, { once: true });
    const seconds = this.#clock.every(SECOND_MS, () => {
      // What is left is a second's part, and goes with the last whole one.
      if (this.#clock.monotonicMs() + SECOND_MS / 2 > endMs) return;
      const second = this.#endSecond();
      this.#seconds.push(second);
      onSecond?.(second, isWarmup);
    });
    const look = this.#clock.every(LOOK_MS, () => {
      if (this.#clock.monotonicMs() >= endMs) resolve({ reason: 'duration' });
      else if (this.#load.isDone) resolve({ reason: 'messages' });
    });
    this.#load.failed.catch((error: unknown) =>
      resolve({ reason: 'failed', text: error instanceof Error ? error.message : String(error) }),
    );
    try {
      return await promise;
    } finally {
      seconds.cancel();
      look.cancel();
      interrupted?.removeEventListener('abort', abort);
    }
  }

  async #drain(drainMs: number): Promise<void> {
    const { promise, resolve } = createDeferred<void>();
    const timer = this.#clock.after(drainMs, resolve);
    const lost = this.#load.failed.catch(() => undefined);
    await Promise.race([promise, this.#load.drained, lost]);
    timer.cancel();
  }

  #beginSeconds(): void {
    this.#secondBeganMs = this.#clock.monotonicMs();
    this.#cpuMicros = this.#readBroker()?.cpuMicros ?? 0;
  }

  #endSecond(): SecondResult {
    const nowMs = this.#clock.monotonicMs();
    const elapsedMs = nowMs - this.#secondBeganMs;
    const figures: SecondFigures = this.#recorder.endSecond(elapsedMs);
    this.#secondBeganMs = nowMs;
    const broker = this.#readBroker();
    if (broker === undefined) return figures;
    const cpuPercent = elapsedMs === 0 ? 0 : (broker.cpuMicros - this.#cpuMicros) / (elapsedMs * 10);
    this.#cpuMicros = broker.cpuMicros;
    return { ...figures, rssMiB: broker.rssMiB, cpuPercent };
  }

  /** Undefined without a process to read, or when it is gone. */
  #readBroker(): ProcessReading | undefined {
    const { pid } = this.#options;
    if (pid === undefined) return undefined;
    try {
      return readProcess(pid);
    } catch {
      // It has ended: what its connections say tells more.
      return undefined;
    }
  }
}

function costOf(before: ProcessReading, after: ProcessReading, messages: number): BrokerCost {
  const { cpuMicros, ...memory } = after;
  const spent = cpuMicros - before.cpuMicros;
  return { cpuSeconds: spent / 1e6, cpuMicrosPerMessage: messages === 0 ? 0 : spent / messages, ...memory };
}
