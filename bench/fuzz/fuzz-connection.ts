/**
 * Sends fuzz frames to one address and sees to it that each is dealt with. Fuzz process.
 * Invariant: after a frame the server may answer or close, never neither: a request of ours follows each frame (the sentinel), and its
 * answer or the end of the connection must come. A frame that makes the server wait for more is followed by the end of the stream.
 */
import { connect, type Socket } from 'node:net';
import { type Answer, AnswerReader, parseHeader } from '#src/load/answer-reader.js';
import { encodeRequest, OPAQUE_BASE } from '#src/load/request-template.js';
import { type FuzzFrame, requestCodeOf } from './frame-maker.js';
import type { FuzzSummary } from './fuzz-summary.js';

const PATIENCE_MS = 10_000;

/** An address to aim at. */
export interface FuzzTarget {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The sentinel: a request that it always answers. */
  readonly probe: { readonly code: number; readonly extFields: Readonly<Record<string, string>> };
}

/** How one frame ended. */
type Outcome = 'answered' | 'closed' | 'stuck';

/** Opens connections as the server closes them. */
export class FuzzConnection {
  readonly #target: FuzzTarget;
  readonly #summary: FuzzSummary;
  #socket: Socket | undefined;
  #sentinel = OPAQUE_BASE;
  #settle: ((outcome: Outcome) => void) | undefined;

  constructor(target: FuzzTarget, summary: FuzzSummary) {
    this.#target = target;
    this.#summary = summary;
  }

  /** Sends one frame, in two writes if `splitAt` is inside it, and awaits its end. */
  async send(frame: FuzzFrame, splitAt: number): Promise<void> {
    const socket = (this.#socket ??= await this.#open());
    const outcome = await new Promise<Outcome>((resolve) => {
      const timer = setTimeout(() => this.#end('stuck'), PATIENCE_MS);
      this.#settle = (ended) => {
        clearTimeout(timer);
        resolve(ended);
      };
      socket.write(frame.bytes.subarray(0, splitAt));
      socket.write(frame.bytes.subarray(splitAt));
      if (frame.expectation === 'awaits more') socket.end();
      else this.#writeSentinel(socket);
    });
    this.#summary.frameEnded(this.#target.name, frame, outcome);
  }

  #writeSentinel(socket: Socket): void {
    const { code, extFields } = this.#target.probe;
    socket.write(encodeRequest(code, extFields, ++this.#sentinel));
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Promise<Socket> {
    const { host, port } = this.#target;
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
      const refused = (error: Error): void =>
        reject(new Error(`${this.#target.name} takes no connection: ${error.message}`));
      socket.once('error', refused);
      socket.once('connect', () => {
        socket.off('error', refused);
        this.#listen(socket);
        resolve(socket);
      });
    });
  }

  #listen(socket: Socket): void {
    const reader = new AnswerReader((answer) => this.#answered(answer));
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#summary.failed(`${this.#target.name} sent what is no answer: ${(error as Error).message}`);
        socket.destroy();
      }
    });
    // A reset is one of the ways in which a server may close.
    socket.on('error', () => socket.destroy());
    // Reset rather than closed in turn, so that tens of thousands of connections leave no TIME_WAIT behind.
    socket.on('end', () => socket.resetAndDestroy());
    socket.on('close', () => {
      if (this.#socket === socket) this.#end('closed');
    });
  }

  #answered(answer: Answer): void {
    if (answer.opaque === this.#sentinel) this.#end('answered');
    else this.#summary.answered(requestCodeOf(answer.opaque), answer.code, () => parseHeader(answer).remark ?? '');
  }

  #end(outcome: Outcome): void {
    if (outcome !== 'answered') this.close();
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}
