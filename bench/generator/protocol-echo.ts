/**
 * A server that answers requests of the protocol as cheaply as can be: sends with what a broker would say, pulls not at all, and
 * most else with "not supported". It stores nothing. Echo process, and tests. Java: none.
 * Invariant: every request of a chunk is answered in one write, in order; while it stalls, none is, and after it all are.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { AnswerReader } from '#src/load/answer-reader.js';

const PULL_MESSAGE = 11;
const UPDATE_AND_CREATE_TOPIC = 17;
const GET_MAX_OFFSET = 30;
const SEND_MESSAGE_V2 = 310;
const SEND_BATCH_MESSAGE = 320;
const NOT_SUPPORTED = 3;
const PULL_NOT_FOUND = 19;
const OPAQUE_PLACEHOLDER = '1999999999';
const DIGITS = OPAQUE_PLACEHOLDER.length;
const ANSWERS_AT_FIRST = 256;

function answerFrame(code: number, extFields: Readonly<Record<string, string>>): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      code,
      extFields,
      flag: 1,
      language: 'JAVA',
      opaque: Number(OPAQUE_PLACEHOLDER),
      serializeTypeCurrentRPC: 'JSON',
      version: 497,
    }),
  );
  const frame = Buffer.alloc(8 + header.length);
  frame.writeUInt32BE(4 + header.length, 0);
  frame.writeUInt32BE(header.length, 4);
  header.copy(frame, 8);
  return frame;
}

const STORED = answerFrame(0, {
  msgId: '7F00000100002A9F00000000075BCD15',
  queueId: '0',
  queueOffset: '123456789',
  TRACE_ON: 'true',
  MSG_REGION: 'DefaultRegion',
});
const DONE = answerFrame(0, {});
const EMPTY_QUEUE = answerFrame(0, { offset: '0' });
const NOTHING_FOUND = answerFrame(PULL_NOT_FOUND, { nextBeginOffset: '0' });
const UNKNOWN = answerFrame(NOT_SUPPORTED, {});
/** Answers to others than sends, by request code. */
const OTHER_ANSWERS: ReadonlyMap<number, Buffer> = new Map([
  [UPDATE_AND_CREATE_TOPIC, DONE],
  [GET_MAX_OFFSET, EMPTY_QUEUE],
]);

/** See the top of this file. */
export class ProtocolEcho {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Chunks that came while it stalled. */
  #stalled: (() => void)[] | undefined;
  /** Pulls that wait for an answer. */
  readonly #heldPulls: { readonly socket: Socket; readonly opaque: string }[] = [];
  /** Sends answered. */
  sends = 0;

  constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  /** Listens on `port`, 0 for any; gives the port. */
  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Answers nothing until `resume`. */
  stall(): void {
    this.#stalled ??= [];
  }

  /** Answers all that has come since `stall`. */
  resume(): void {
    const waiting = this.#stalled ?? [];
    this.#stalled = undefined;
    for (const answer of waiting) answer();
  }

  get heldPulls(): number {
    return this.#heldPulls.length;
  }

  /** Answers all pulls that wait: nothing was found. */
  releasePulls(): void {
    for (const { socket, opaque } of this.#heldPulls.splice(0)) {
      const frame = Buffer.from(NOTHING_FOUND);
      frame.write(opaque, frame.length - OPAQUE_FROM_END);
      socket.write(frame);
    }
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let answers = Buffer.allocUnsafe(ANSWERS_AT_FIRST * STORED.length);
    let end = 0;
    const reader = new AnswerReader(({ code, bytes, bodyAt }) => {
      const isSend = code === SEND_MESSAGE_V2 || code === SEND_BATCH_MESSAGE;
      if (isSend) this.sends++;
      if (bytes[bodyAt - FLAG_FROM_END] === ONEWAY_DIGIT) return;
      const opaqueAt = bodyAt - OPAQUE_FROM_END;
      if (code === PULL_MESSAGE) {
        this.#heldPulls.push({ socket, opaque: bytes.toString('latin1', opaqueAt, opaqueAt + DIGITS) });
        return;
      }
      const frame = isSend ? STORED : (OTHER_ANSWERS.get(code) ?? UNKNOWN);
      if (end + frame.length > answers.length) answers = Buffer.concat([answers, Buffer.allocUnsafe(answers.length)]);
      frame.copy(answers, end);
      // The opaque stands as far before the header's end in the request as in the answer: the rest of both is alike.
      bytes.copy(answers, end + frame.length - OPAQUE_FROM_END, opaqueAt, opaqueAt + DIGITS);
      end += frame.length;
    });
    const answer = (chunk: Buffer): void => {
      reader.push(chunk);
      if (end === 0) return;
      socket.write(answers.subarray(0, end));
      // The socket may still need the bytes.
      answers = Buffer.allocUnsafe(answers.length);
      end = 0;
    };
    socket.on('data', (chunk) => {
      if (this.#stalled === undefined) answer(chunk);
      else this.#stalled.push(() => answer(chunk));
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** The flag is one digit for requests and answers alike. */
const FLAG_FROM_END = DONE.length - DONE.indexOf('"flag":') - '"flag":'.length;
/** Java: RemotingCommand.RPC_ONEWAY, as a mask, in the header's JSON. */
const ONEWAY_DIGIT = '2'.charCodeAt(0);
const OPAQUE_FROM_END = DONE.length - DONE.indexOf(OPAQUE_PLACEHOLDER);
