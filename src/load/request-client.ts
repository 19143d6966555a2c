/**
 * One connection for requests that are not the load itself: making topics, asking for offsets, checking. Bench processes.
 * Java: RemotingClient.invokeSync.
 */
import { systemClock, type TimerHandle } from '../base/clock.js';
import { connect, type Socket } from 'node:net';
import { type Answer, AnswerReader, parseHeader } from './answer-reader.js';
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

/** Opens a socket without Nagle's delay. */
export function openSocket(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Asks and awaits the answer, any number at a time. */
export class RequestClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #opaque = OPAQUE_BASE;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new AnswerReader((answer) => this.#answered(answer));
    socket.on('data', (chunk) => reader.push(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('connection closed')));
  }

  static async open(host: string, port: number): Promise<RequestClient> {
    return new RequestClient(await openSocket(host, port));
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
      this.#socket.write(encodeRequest(code, extFields, opaque, body));
    });
  }

  /** As `ask`, but any code but success is an error. */
  async demand(code: number, extFields: Readonly<Record<string, string>>, body?: Uint8Array): Promise<Reply> {
    const reply = await this.ask(code, extFields, body);
    if (reply.code !== 0) throw new Error(`request ${code} was answered ${reply.code}: ${reply.remark ?? ''}`);
    return reply;
  }

  close(): void {
    this.#socket.destroy();
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
      body: Buffer.from(answer.frame.subarray(answer.bodyAt)),
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
