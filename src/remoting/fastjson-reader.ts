/**
 * Reads fastjson's dialect of JSON: keys that are numbers, names or whole objects, strings in single quotes, numbers with a type's letter.
 * Main thread. Java: com.alibaba.fastjson.parser.DefaultJSONParser.
 * Invariant: every step moves forward and the nesting is limited, so that no input hangs it or overflows the stack.
 */

/** What the reader makes: an object with an object among its keys is a Map, any other a plain object. */
export type FastjsonValue =
  | string
  | number
  | boolean
  | null
  | FastjsonValue[]
  | { [key: string]: FastjsonValue }
  | Map<FastjsonValue, FastjsonValue>;

const MAX_DEPTH = 64;
const WHITE = /\s*/y;
const NUMBER = /-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
/** L, S, B, F, D: what SerializerFeature.WriteClassName puts behind numbers. */
const NUMBER_SUFFIX = /[LSBFD]?/y;
const NAME = /[A-Za-z_$][\w$.-]*/y;
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '0': '\0' };
const LITERALS: ReadonlyMap<string, FastjsonValue> = new Map<string, FastjsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', null],
]);

/** Reads one text once. */
export class FastjsonReader {
  readonly #text: string;
  readonly #fail: (problem: string) => never;
  #offset = 0;
  #depth = 0;

  /** `fail` throws the error that the caller wants. */
  constructor(text: string, fail: (problem: string) => never) {
    this.#text = text;
    this.#fail = fail;
  }

  /** The one value of the text. */
  readDocument(): FastjsonValue {
    const value = this.#value();
    this.#match(WHITE);
    if (this.#offset < this.#text.length) this.#unexpected();
    return value;
  }

  #value(): FastjsonValue {
    switch (this.#peek()) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
      case "'":
        return this.#string();
      default:
        return this.#numberOrLiteral();
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH}`);
    this.#offset += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): FastjsonValue {
    const entries: [FastjsonValue, FastjsonValue][] = [];
    let hasObjectKey = false;
    while (!this.#skip('}')) {
      const key = this.#key();
      if (!this.#skip(':')) this.#unexpected();
      entries.push([key, this.#value()]);
      hasObjectKey ||= typeof key === 'object';
      if (!this.#skip(',') && this.#peek() !== '}') this.#unexpected();
    }
    return hasObjectKey ? new Map(entries) : (Object.fromEntries(entries) as { [key: string]: FastjsonValue });
  }

  #array(): FastjsonValue[] {
    const elements: FastjsonValue[] = [];
    while (!this.#skip(']')) {
      elements.push(this.#value());
      if (!this.#skip(',') && this.#peek() !== ']') this.#unexpected();
    }
    return elements;
  }

  #key(): FastjsonValue {
    const first = this.#peek();
    if (first === '{' || first === '[' || first === '"' || first === "'") return this.#value();
    const key = this.#match(NUMBER) ?? this.#match(NAME) ?? this.#unexpected();
    this.#match(NUMBER_SUFFIX);
    return key;
  }

  #numberOrLiteral(): FastjsonValue {
    const digits = this.#match(NUMBER);
    if (digits !== undefined) {
      this.#match(NUMBER_SUFFIX);
      return Number(digits);
    }
    const name = this.#match(NAME) ?? this.#unexpected();
    const literal = LITERALS.get(name);
    return literal === undefined ? this.#unexpected() : literal;
  }

  #string(): string {
    const quote = this.#text[this.#offset];
    let value = '';
    let start = ++this.#offset;
    for (;;) {
      const character = this.#text[this.#offset];
      if (character === undefined) this.#fail('a string has no end');
      this.#offset += 1;
      if (character !== quote && character !== '\\') continue;
      value += this.#text.slice(start, this.#offset - 1);
      if (character === quote) return value;
      value += this.#escape();
      start = this.#offset;
    }
  }

  #escape(): string {
    const character = this.#text[this.#offset] ?? '';
    this.#offset += 1;
    if (character !== 'u' && character !== 'x') return ESCAPES[character] ?? character;
    const digits = this.#text.slice(this.#offset, this.#offset + (character === 'u' ? 4 : 2));
    if (!/^[\da-fA-F]+$/.test(digits)) this.#unexpected();
    this.#offset += digits.length;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  /** The next character that is not white space; '' at the end. */
  #peek(): string {
    this.#match(WHITE);
    return this.#text[this.#offset] ?? '';
  }

  #skip(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#offset += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }

  #unexpected(): never {
    const found = this.#text.slice(this.#offset, this.#offset + 10);
    return this.#fail(found === '' ? 'it ends too early' : `unexpected ${JSON.stringify(found)} at ${this.#offset}`);
  }
}
