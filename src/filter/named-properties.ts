/**
 * The values of a few properties, read straight from a stored record's bytes: no map, no string but those that are looked at. Any thread.
 * Java: MessageDecoder.decodeProperties, MessageEvaluationContext.
 * Invariant: finds what MessageDecoder.string2messageProperties would: a piece counts if it has a name and a value, and of several pieces of
 * the same name the last. Damaged bytes give wrong values at the worst.
 */
import { NAME_VALUE_SEPARATOR, PROPERTY_SEPARATOR } from '../message/message-properties.js';
import type { PropertySource } from './filter-expression.js';

const NAME_END = NAME_VALUE_SEPARATOR.charCodeAt(0);
const PIECE_END = PROPERTY_SEPARATOR.charCodeAt(0);
const NO_BYTES: Buffer = Buffer.alloc(0);

/** Reads the properties `names`, of one record after the other. */
export class NamedProperties implements PropertySource {
  readonly #names: readonly Buffer[];
  /** Where each value is; 0 for an end says that there is none. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #source = NO_BYTES;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name));
    this.#starts = new Int32Array(names.length);
    this.#ends = new Int32Array(names.length);
  }

  /** Goes to the properties in `source[start, end)`. The bytes are not copied: `forget` says that they may change. */
  read(source: Buffer, start: number, end: number): void {
    this.#source = source;
    this.#ends.fill(0);
    let at = start;
    // Hot: one walk over the bytes for all names; most records have some 100 to 200 bytes of properties.
    while (at < end) {
      let nameEnd = at;
      while (nameEnd < end && source[nameEnd] !== NAME_END && source[nameEnd] !== PIECE_END) nameEnd++;
      let pieceEnd = nameEnd;
      while (pieceEnd < end && source[pieceEnd] !== PIECE_END) pieceEnd++;
      if (pieceEnd > nameEnd + 1 && nameEnd > at) this.#note(at, nameEnd, pieceEnd);
      at = pieceEnd + 1;
    }
  }

  /** Lets go of the bytes. */
  forget(): void {
    this.#source = NO_BYTES;
    this.#ends.fill(0);
  }

  value(index: number): string | null {
    const end = this.#ends[index] ?? 0;
    return end === 0 ? null : this.#source.toString('utf8', this.#starts[index], end);
  }

  #note(nameStart: number, nameEnd: number, valueEnd: number): void {
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i];
      if (name === undefined || name.length !== nameEnd - nameStart) continue;
      let same = 0;
      while (same < name.length && name[same] === this.#source[nameStart + same]) same++;
      if (same < name.length) continue;
      this.#starts[i] = nameEnd + 1;
      this.#ends[i] = valueEnd;
      return;
    }
  }
}
