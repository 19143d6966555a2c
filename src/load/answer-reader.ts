/**
 * Cuts a socket's bytes into answers and finds their code and opaque without parsing the JSON header. Generator process.
 * Invariant: the frame a listener is given is a view that does not outlive the call.
 */

/** One answer. `frame` holds the whole frame, without anything before or after it. */
export interface Answer {
  readonly code: number;
  readonly opaque: number;
  readonly frame: Buffer;
  /** Where the header ends and the body begins. */
  readonly bodyAt: number;
}

/** Called for every whole answer, in the order of arrival. */
export type AnswerListener = (answer: Answer) => void;

const CODE_KEY = Buffer.from('"code":');
const OPAQUE_KEY = Buffer.from('"opaque":');
const HEADER_AT = 8;
/** Java: SerializeType.ROCKETMQ; only the fuzz asks with it. Its header: | code 2 | language 1 | version 2 | opaque 4 | … */
const BINARY_SERIALIZATION = 1;
const BINARY_OPAQUE_AT = HEADER_AT + 5;
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** Feed it chunks; it calls back with answers. */
export class AnswerReader {
  readonly #listener: AnswerListener;
  #pending: Buffer | undefined;

  constructor(listener: AnswerListener) {
    this.#listener = listener;
  }

  /** Takes the next bytes of the socket. Throws if they are no frame or the header lacks its code or opaque. */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#pending !== undefined) bytes = Buffer.concat([this.#pending, chunk]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readUInt32BE(at);
      if (end - at > FRAME_BYTES_MAX) throw new Error(`an answer of ${end - at} bytes`);
      if (end > bytes.length) break;
      this.#read(bytes.subarray(at, end));
      at = end;
    }
    this.#pending = at < bytes.length ? bytes.subarray(at) : undefined;
  }

  #read(frame: Buffer): void {
    const bodyAt = HEADER_AT + frame.readUIntBE(5, 3);
    if (frame[4] === BINARY_SERIALIZATION) {
      this.#listener({
        code: frame.readUInt16BE(HEADER_AT),
        opaque: frame.readUInt32BE(BINARY_OPAQUE_AT),
        frame,
        bodyAt,
      });
      return;
    }
    this.#listener({
      code: numberAfter(frame, CODE_KEY, bodyAt),
      opaque: numberAfter(frame, OPAQUE_KEY, bodyAt),
      frame,
      bodyAt,
    });
  }
}

/** Hot: a JSON.parse of every answer would cost the generator as much as the broker's whole work on it. */
function numberAfter(frame: Buffer, key: Buffer, headerEnd: number): number {
  const found = frame.indexOf(key, HEADER_AT);
  if (found < 0 || found >= headerEnd)
    throw new Error(`no ${key.toString()} in ${frame.toString('utf8', HEADER_AT, headerEnd)}`);
  let value = 0;
  for (let at = found + key.length; ; at++) {
    const digit = (frame[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}

/** The header of an answer as an object, for the few that are looked at closely; of a binary one nothing is told. */
export function parseHeader(answer: Answer): { remark?: string; extFields?: Record<string, string> } {
  if (answer.frame[4] === BINARY_SERIALIZATION) return {};
  return JSON.parse(answer.frame.toString('utf8', HEADER_AT, answer.bodyAt)) as {
    remark?: string;
    extFields?: Record<string, string>;
  };
}
