/**
 * Request frames of the remoting protocol with JSON headers, written by hand so that the generator shares no code with what it measures.
 * Generator process. Java: RemotingCommand.encode.
 * Invariant: every opaque has ten digits, so that a frame encoded once can be patched in place.
 *
 *   | length 4 | serialisation 1 (0 = JSON), header length 3 | header | body |      length counts all that follows it
 */
import { systemClock } from '../base/clock.js';

/** The least opaque; with fewer than 2^31 - 1 - this many requests a connection, all have ten digits. */
export const OPAQUE_BASE = 1_000_000_000;
const OPAQUE_MAX = 0x7fff_ffff;
/** Stands for the opaque wherever a template mentions it. */
export const OPAQUE_PLACEHOLDER = '1999999999';
const DIGITS = OPAQUE_PLACEHOLDER.length;
const ZERO = 0x30;

/** What a send is to hold. */
export interface SendTarget {
  readonly topic: string;
  readonly queueId: number;
  /** Messages in the body: 1 is a plain send (310), more a batch (320). */
  readonly batchSize: number;
  readonly bodyBytes: number;
  /** Each message of a batch has a unique key of its own. */
  readonly distinctKeys?: boolean;
}

const SEND_MESSAGE_V2 = 310;
const SEND_BATCH_MESSAGE = 320;

/** Encodes one request. */
export function encodeRequest(
  code: number,
  extFields: Readonly<Record<string, string>>,
  opaque: number,
  body: Uint8Array = new Uint8Array(0),
): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      code,
      extFields,
      flag: 0,
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

/** A request encoded once, copied out with another opaque each time. */
export class RequestTemplate {
  readonly sizeBytes: number;
  readonly #frame: Buffer;
  readonly #opaqueAt: number[] = [];

  constructor(code: number, extFields: Readonly<Record<string, string>>, body: Uint8Array) {
    this.#frame = encodeRequest(code, extFields, Number(OPAQUE_PLACEHOLDER), body);
    this.sizeBytes = this.#frame.length;
    for (
      let at = this.#frame.indexOf(OPAQUE_PLACEHOLDER);
      at >= 0;
      at = this.#frame.indexOf(OPAQUE_PLACEHOLDER, at + DIGITS)
    ) {
      this.#opaqueAt.push(at);
    }
  }

  /** Copies the frame to `target` at `at`; returns where it ends. */
  copyTo(target: Buffer, at: number, opaque: number): number {
    if (opaque < OPAQUE_BASE || opaque > OPAQUE_MAX) throw new RangeError(`opaque ${opaque} has not ten digits`);
    this.#frame.copy(target, at);
    for (const position of this.#opaqueAt) {
      let rest = opaque;
      for (let digit = at + position + DIGITS - 1; digit >= at + position; digit--) {
        target[digit] = ZERO + (rest % 10);
        rest = Math.trunc(rest / 10);
      }
    }
    return at + this.sizeBytes;
  }
}

/** A send of `target`; `keyPrefix` keeps the unique keys of connections apart. */
export function sendTemplate(target: SendTarget, keyPrefix: string): RequestTemplate {
  const isBatch = target.batchSize > 1;
  const propertiesOf = (suffix: string): string =>
    `UNIQ_KEY\u0001${keyPrefix}${suffix}${OPAQUE_PLACEHOLDER}\u0002WAIT\u0001true\u0002`;
  const properties = propertiesOf('');
  // The one-letter names of SendMessageRequestHeaderV2.
  const extFields = {
    a: 'bench-producer',
    b: target.topic,
    c: 'TBW102',
    d: '4',
    e: String(target.queueId),
    f: '0',
    g: String(systemClock.nowMs()),
    h: '0',
    i: isBatch ? '' : properties,
    j: '0',
    k: 'false',
    m: String(isBatch),
    n: 'bench',
  };
  const body = Buffer.alloc(target.bodyBytes, 'x');
  if (!isBatch) return new RequestTemplate(SEND_MESSAGE_V2, extFields, body);
  const messages = Array.from({ length: target.batchSize }, (_, i) =>
    encodeBatchedMessage(
      body,
      target.distinctKeys === true ? propertiesOf(i.toString(16).padStart(3, '0')) : properties,
    ),
  );
  return new RequestTemplate(SEND_BATCH_MESSAGE, extFields, Buffer.concat(messages));
}

/**
 * One message of a batch's body. Java: MessageDecoder.encodeMessage.
 *
 *   | total 4 | magic 4 | body CRC 4 | flag 4 | body length 4 | body | properties length 2 | properties |
 */
export function encodeBatchedMessage(body: Uint8Array, properties: string): Buffer {
  const propertyBytes = Buffer.from(properties);
  const message = Buffer.alloc(22 + body.length + propertyBytes.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(body.length, 16);
  message.set(body, 20);
  message.writeUInt16BE(propertyBytes.length, 20 + body.length);
  propertyBytes.copy(message, 22 + body.length);
  return message;
}
