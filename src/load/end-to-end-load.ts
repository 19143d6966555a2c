/**
 * From producer to consumer: sends, mostly at a fixed rate, and a consumer in the same process that waits for them in long polls. Generator's thread.
 * Java: none.
 * Invariant: both sides have one clock; a body begins with a mark of the run and the time at which its send was due.
 */
import { randomBytes } from 'node:crypto';

import type { Clock } from '../base/clock.js';
import { createDeferred } from '../base/deferred.js';
import type { Answer } from './answer-reader.js';
import type { LoadRecorder } from './load-recorder.js';
import type { Load } from './measurement.js';
import type { PullShape } from './pull-connection.js';
import { PullLoad } from './pull-load.js';
import { SendLoad, type SendOptions } from './send-load.js';

const RUN_MARK_BYTES = 8;
const MARK_AT = RUN_MARK_BYTES;
const BODY_LENGTH_BYTES = 4;
/** A record up to its body's length with IPv4 hosts; an IPv6 host has 12 bytes more. Java: MessageDecoder.decode. */
const BODY_LENGTH_AT = 84;
const SYS_FLAG_AT = 36;
const BORN_HOST_V6 = 0x10;
const STORE_HOST_V6 = 0x20;
const V6_MORE_BYTES = 12;

/** See the top of this file. */
export class EndToEndLoad implements Load {
  readonly drained: Promise<void>;
  readonly failed: Promise<never>;
  readonly #recorder: LoadRecorder;
  readonly #runMark: Buffer;
  #sender: SendLoad | undefined;
  #consumer: PullLoad | undefined;
  #received = 0;
  #isOver = false;
  readonly #resolveDrained: () => void;
  readonly #fail: (error: Error) => void;

  private constructor(recorder: LoadRecorder, runMark: Buffer) {
    [this.#recorder, this.#runMark] = [recorder, runMark];
    const failure = createDeferred<never>();
    failure.promise.catch(() => undefined);
    [this.failed, this.#fail] = [failure.promise, failure.reject];
    const drain = createDeferred<void>();
    [this.drained, this.#resolveDrained] = [drain.promise, drain.resolve];
  }

  /** Connects both sides; the consumer has its long polls out before anything is sent. */
  static async open(
    options: SendOptions,
    shape: PullShape,
    recorder: LoadRecorder,
    clock: Clock,
  ): Promise<EndToEndLoad> {
    const runMark = randomBytes(RUN_MARK_BYTES);
    const load = new EndToEndLoad(recorder, runMark);
    const { brokers, connections } = options;
    const arrived = (answer: Answer, nowMs: number): void => load.#arrived(answer, nowMs);
    try {
      load.#consumer = await PullLoad.open({ brokers, connections, shape, way: 'waiting', arrived }, recorder, clock);
      load.#sender = await SendLoad.open({ ...options, runMark }, recorder, clock);
    } catch (error) {
      load.close();
      throw error;
    }
    for (const { failed } of [load.#consumer, load.#sender])
      failed.catch((error: unknown) => load.#fail(error as Error));
    return load;
  }

  start(): void {
    this.#consumer?.start();
    this.#sender?.start();
  }

  stop(): void {
    this.#isOver = true;
    this.#sender?.stop();
    this.#sender?.drained.then(
      () => this.#checkDrained(),
      () => undefined,
    );
  }

  limitTo(messages: number): void {
    this.#sender?.limitTo(messages);
  }

  get isDone(): boolean {
    return this.#sender?.isDone === true && this.#missing === 0;
  }

  get behindMessages(): number {
    return this.#sender?.behindMessages ?? 0;
  }

  giveUp(): void {
    this.#sender?.giveUp();
    const missing = this.#missing;
    if (missing > 0) this.#recorder.failedWith('NOT_RECEIVED', missing, `${missing} messages did not arrive`);
  }

  close(): void {
    this.#sender?.close();
    this.#consumer?.stop();
    this.#consumer?.close();
  }

  /** Messages that were stored and have not arrived. */
  get #missing(): number {
    return Math.max(0, (this.#sender?.storedRequests ?? 0) * (this.#sender?.messagesPerRequest ?? 0) - this.#received);
  }

  #checkDrained(): void {
    if (this.#isOver && this.#sender?.inFlight === 0 && this.#missing === 0) this.#resolveDrained();
  }

  #arrived({ bytes, bodyAt, end }: Answer, nowMs: number): void {
    for (let at = bodyAt; at < end; at += bytes.readUInt32BE(at)) {
      const sysFlag = bytes.readUInt32BE(at + SYS_FLAG_AT);
      const bodyLengthAt =
        at +
        BODY_LENGTH_AT +
        ((sysFlag & BORN_HOST_V6) === 0 ? 0 : V6_MORE_BYTES) +
        ((sysFlag & STORE_HOST_V6) === 0 ? 0 : V6_MORE_BYTES);
      const bodyBytes = bytes.readUInt32BE(bodyLengthAt);
      const from = bodyLengthAt + BODY_LENGTH_BYTES;
      // Another's message, or one of a run before.
      if (bodyBytes < MARK_AT + 8 || bytes.compare(this.#runMark, 0, RUN_MARK_BYTES, from, from + RUN_MARK_BYTES) !== 0)
        continue;
      this.#received++;
      this.#recorder.arrived(nowMs - bytes.readDoubleBE(from + MARK_AT), bodyBytes);
    }
    if (this.#isOver) this.#checkDrained();
  }
}
