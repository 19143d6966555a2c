/**
 * Counts what a load's answers say, second by second and in all. Generator's thread. Java: StatsBenchmarkProducer of Apache's example.
 * Invariant: a latency is of one request that did what it was to do; refused and failed ones are counted and have none.
 */
import { ResponseCode } from '../remoting/response-code.js';
import { LatencyHistogram } from './latency-histogram.js';

/** One second of a run. */
export interface SecondFigures {
  /** From 1 on. */
  readonly second: number;
  readonly elapsedMs: number;
  readonly messages: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const NAME_BY_CODE = new Map<number, string>(Object.entries(ResponseCode).map(([name, code]) => [code, name]));
/** Every one of the first so many requests failed: the load can do nothing. */
const HOPELESS_FAILURES = 200;

/** Counters of one load. */
export class LoadRecorder {
  readonly total = new LatencyHistogram();
  readonly #second = new LatencyHistogram();
  readonly failed = new Map<string, number>();
  requests = 0;
  messages = 0;
  bytes = 0;
  late = 0;
  refused = 0;
  /** The first failure in words, of the whole run. */
  firstFailure: string | undefined;
  #failures = 0;
  #succeeded = false;
  #seconds = 0;
  #messagesBefore = 0;

  /** A request that did what it was to do. */
  answered(latencyMs: number, messages: number, bytes: number): void {
    this.#second.add(latencyMs);
    this.requests++;
    this.messages += messages;
    this.bytes += bytes;
    this.#succeeded = true;
  }

  /** A message that arrived, and how long after it was due. */
  arrived(latencyMs: number, bytes: number): void {
    this.#succeeded = true;
    this.#second.add(latencyMs);
    this.messages++;
    this.bytes += bytes;
  }

  /** A request, or several messages of it, that did not; `code` is a response code or a name of our own. */
  failedWith(code: number | string, count: number, remark: string): void {
    const name = typeof code === 'string' ? code : (NAME_BY_CODE.get(code) ?? `CODE_${code}`);
    this.failed.set(name, (this.failed.get(name) ?? 0) + count);
    this.firstFailure ??= remark === '' ? name : `${name}: ${remark}`;
    this.#failures++;
  }

  /** Nothing has succeeded yet, and much has failed. */
  get isHopeless(): boolean {
    return !this.#succeeded && this.#failures >= HOPELESS_FAILURES;
  }

  /** Ends a second that took `elapsedMs`. */
  endSecond(elapsedMs: number): SecondFigures {
    const second = this.#second;
    const figures = {
      second: ++this.#seconds,
      elapsedMs,
      messages: this.messages - this.#messagesBefore,
      p50: second.quantileMs(0.5),
      p99: second.quantileMs(0.99),
      max: second.maxMs,
    };
    this.total.addAll(second);
    second.reset();
    this.#messagesBefore = this.messages;
    return figures;
  }

  /** The end of warming up: all counters begin anew. */
  reset(): void {
    this.total.reset();
    this.#second.reset();
    this.failed.clear();
    [this.requests, this.messages, this.bytes, this.late, this.refused] = [0, 0, 0, 0, 0];
    [this.#seconds, this.#messagesBefore] = [0, 0];
  }
}
