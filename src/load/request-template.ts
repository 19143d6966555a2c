/**
 * Request frames of the remoting protocol with JSON headers, written by hand so that the generator shares no code with what it measures.
 * Generator's thread. Java: RemotingCommand.encode.
 * Invariant: every opaque has ten digits, so that a frame encoded once can be patched in place.
 *
 *   | length 4 | serialisation 1 (0 = JSON), header length 3 | header | body |      length counts all that follows it
 */

/** The least opaque; with fewer than 2^31 - 1 - this many requests a connection, all have ten digits. */
export const OPAQUE_BASE = 1_000_000_000;
const OPAQUE_MAX = 0x7fff_ffff;
/** Stands for the opaque wherever a template mentions it. */
export const OPAQUE_PLACEHOLDER = '1999999999';
const DIGITS = OPAQUE_PLACEHOLDER.length;
const ZERO = 0x30;
/** Java: RemotingCommand.RPC_ONEWAY, as a mask. */
const ONEWAY_FLAG = 2;

/** Encodes one request. */
export function encodeRequest(
  code: number,
  extFields: Readonly<Record<string, string>>,
  opaque: number,
  body: Uint8Array = new Uint8Array(0),
  isOneway = false,
): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      code,
      extFields,
      flag: isOneway ? ONEWAY_FLAG : 0,
      language: 'JAVA',
      opaque,
      serializeTypeCurrentRPC: 'JSON',
      version: 497,
    }),
  );
  const frame = Buffer.allocUnsafe(8 + header.length + body.length);
  frame.writeUInt32BE(4 + header.length + body.length, 0);
  frame.writeUInt32BE(header.length, 4);
  header.copy(frame, 8);
  frame.set(body, 8 + header.length);
  return frame;
}

/** What a template may have besides its request. */
export interface TemplateOptions {
  readonly isOneway?: boolean;
  /** Places in the body where 8 bytes take the mark that `copyTo` is given. */
  readonly markPositions?: readonly number[];
}

/** A request encoded once, copied out with another opaque each time. */
export class RequestTemplate {
  readonly sizeBytes: number;
  readonly #frame: Buffer;
  readonly #opaqueAt: number[] = [];
  readonly #markAt: readonly number[];

  constructor(
    code: number,
    extFields: Readonly<Record<string, string>>,
    body: Uint8Array = new Uint8Array(0),
    { isOneway = false, markPositions = [] }: TemplateOptions = {},
  ) {
    this.#frame = encodeRequest(code, extFields, Number(OPAQUE_PLACEHOLDER), body, isOneway);
    this.sizeBytes = this.#frame.length;
    this.#markAt = markPositions.map((position) => this.sizeBytes - body.length + position);
    for (
      let at = this.#frame.indexOf(OPAQUE_PLACEHOLDER);
      at >= 0;
      at = this.#frame.indexOf(OPAQUE_PLACEHOLDER, at + DIGITS)
    ) {
      this.#opaqueAt.push(at);
    }
  }

  /** Where the first `text` in the frame ends. */
  endOf(text: string): number {
    return this.#frame.indexOf(text) + text.length;
  }

  /** Copies the frame to `target` at `at`; returns where it ends. `mark` goes where the template has a place for it. */
  copyTo(target: Buffer, at: number, opaque: number, mark = 0): number {
    if (opaque < OPAQUE_BASE || opaque > OPAQUE_MAX) throw new RangeError(`opaque ${opaque} has not ten digits`);
    this.#frame.copy(target, at);
    const places = this.#opaqueAt;
    for (let place = 0; place < places.length; place++) {
      const from = at + (places[place] ?? 0);
      let rest = opaque;
      for (let digit = from + DIGITS - 1; digit >= from; digit--) {
        const shorter = (rest / 10) | 0;
        target[digit] = ZERO + rest - shorter * 10;
        rest = shorter;
      }
    }
    for (let place = 0; place < this.#markAt.length; place++)
      target.writeDoubleBE(mark, at + (this.#markAt[place] ?? 0));
    return at + this.sizeBytes;
  }
}
