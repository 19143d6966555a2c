/**
 * One connection for requests that are not the load itself: making topics, asking for offsets, checking. Generator's thread.
 * Java: RemotingClient.invokeSync.
 */
import { systemClock, type TimerHandle } from '../base/clock.js';
import type { Socket } from 'node:net';
import { type Answer, AnswerReader, parseHeader } from './answer-reader.js';
import { openSocket } from './load-socket.js';
import { encodeRequest, OPAQUE_BASE } from './request-template.js';

/** An answer, copied out. */
export interface Reply {
  readonly code: number;
  readonly remark: string | undefined;
  readonly extFields: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly timer: TimerHandle;
}

/** Asks and awaits the answer, any number at a time. */
export class RequestClient {
  /** Set by `open`, before anything is asked. */
  #socket: Socket | undefined;
  readonly #reader = new AnswerReader((answer) => this.#answered(answer));
  readonly #waiting = new Map<number, Waiting>();
  #opaque = OPAQUE_BASE;

  static async open(host: string, port: number): Promise<RequestClient> {
    const client = new RequestClient();
    const socket = await openSocket({ host, port }, (chunk, length) => client.#reader.push(chunk, length));
    client.#socket = socket;
    socket.on('error', (error) => client.#fail(error));
    socket.on('close', () => client.#fail(new Error('connection closed')));
    return client;
  }

  /** Rejects when the connection closes or nothing came in time. */
  ask(
    code: number,
    extFields: Readonly<Record<string, string>>,
    body?: Uint8Array,
    timeoutMs = 10_000,
  ): Promise<Reply> {
    const opaque = this.#opaque++;
    return new Promise((resolve, reject) => {
      const expire = (): void => {
        this.#waiting.delete(opaque);
        reject(new Error(`no answer to request ${code} within ${timeoutMs} ms`));
      };
      this.#waiting.set(opaque, { resolve, reject, timer: systemClock.after(timeoutMs, expire) });
      this.#socket?.write(encodeRequest(code, extFields, opaque, body));
    });
  }

  /** As `ask`, but any code but success is an error. */
  async demand(code: number, extFields: Readonly<Record<string, string>>, body?: Uint8Array): Promise<Reply> {
    const reply = await this.ask(code, extFields, body);
    if (reply.code !== 0) throw new Error(`request ${code} was answered ${reply.code}: ${reply.remark ?? ''}`);
    return reply;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.opaque);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.opaque);
    waiting.timer.cancel();
    const header = parseHeader(answer);
    waiting.resolve({
      code: answer.code,
      remark: header.remark,
      extFields: header.extFields ?? {},
      body: Buffer.from(answer.bytes.subarray(answer.bodyAt, answer.end)),
    });
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) {
      waiting.timer.cancel();
      waiting.reject(error);
    }
    this.#waiting.clear();
  }
}
