/**
 * Reads the JSON headers of one connection, by the shapes of those it has seen or else by the parser. Main thread. Java: none.
 * Invariant: which way a header is read makes no difference but time; a connection keeps at most SHAPES_MAX shapes.
 */
import { decodeJsonHeader } from './json-header.js';
import { JsonHeaderShape } from './json-header-shape.js';
import type { RemotingCommand } from './remoting-command.js';

/** A producer sends one or two shapes, a consumer pulls and commits. */
const SHAPES_MAX = 4;
/** A header is learned only after so many that fitted no shape: connections that ask little cost nothing. */
const MISSES_PER_LESSON = 16;

/** The header reader of one connection. */
export class JsonHeaderReader {
  readonly #shapes: JsonHeaderShape[] = [];
  /** The shape that fitted last. */
  #favourite = 0;
  #nextPlace = 0;
  #misses = 0;

  /** Reads the header in `buffer[start, end)`; the body is left undefined. Throws ProtocolError. */
  read(buffer: Buffer, start: number, end: number): RemotingCommand {
    const found = this.#shapes[this.#favourite]?.read(buffer, start, end);
    return found ?? this.#readByAnother(buffer, start, end);
  }

  #readByAnother(buffer: Buffer, start: number, end: number): RemotingCommand {
    for (let i = 0; i < this.#shapes.length; i++) {
      if (i === this.#favourite) continue;
      const found = this.#shapes[i]?.read(buffer, start, end);
      if (found === undefined) continue;
      this.#favourite = i;
      return found;
    }
    const command = decodeJsonHeader(buffer, start, end);
    this.#misses++;
    if (this.#misses % MISSES_PER_LESSON === 0) this.#learn(buffer, start, end, command);
    return command;
  }

  /** The newest shape takes the oldest one's place. */
  #learn(buffer: Buffer, start: number, end: number, command: RemotingCommand): void {
    const shape = JsonHeaderShape.learn(buffer, start, end, command);
    if (shape === undefined) return;
    this.#shapes[this.#nextPlace] = shape;
    this.#favourite = this.#nextPlace;
    this.#nextPlace = (this.#nextPlace + 1) % SHAPES_MAX;
  }
}
