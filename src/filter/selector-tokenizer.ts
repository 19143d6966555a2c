/**
 * Cuts a filter expression into tokens, one when it is asked for. Any thread. Java: SelectorParserTokenManager.
 * Invariant: never looks further than the parser does. What stands behind the token at which an expression ends is not read, so that
 * nonsense there goes unnoticed, as at Apache's.
 */
import { FilterError } from './filter-error.js';

/** One token. */
export interface Token {
  /** A keyword in capitals, a mark, or one of `end`, `identifier`, `string`, `decimal`, `float`. */
  readonly kind: string;
  /** As it was written. */
  readonly text: string;
  /** Where it begins. */
  readonly index: number;
}

const KEYWORDS: ReadonlySet<string> = new Set(
  'NOT AND OR BETWEEN IN TRUE FALSE NULL IS CONTAINS STARTSWITH ENDSWITH'.split(' '),
);

/** White space and comments. A line comment counts only if its line ends; one at the very end is a minus, and another. */
const SKIPPED = /(?:[ \t\n\r\f]|--[^\n\r]*(?:\r\n|\n|\r)|\/\*[^*]*\*(?:\*|[^*/][^*]*\*)*\/)*/y;
const IDENTIFIER = /[a-zA-Z_$][a-zA-Z0-9_$]*/y;
const FLOAT = /(?:[0-9]+\.[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)/y;
/** The L of a zero is not its own. */
const DECIMAL = /0|[1-9][0-9]*[lL]?/y;
const STRING = /'(?:''|[^'])*'/y;
const MARK = /<>|>=|<=|[=<>(),+-]/y;

const PATTERNS: readonly (readonly [string, RegExp])[] = [
  ['identifier', IDENTIFIER],
  ['string', STRING],
  ['float', FLOAT],
  ['decimal', DECIMAL],
];

/** The tokens of one expression. */
export class SelectorTokenizer {
  readonly #text: string;
  #at = 0;
  #next: Token | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The token that comes next, which stays. Throws FilterError if there is none that can be read. */
  peek(): Token {
    this.#next ??= this.#read();
    return this.#next;
  }

  /** Takes the next token. */
  take(): Token {
    const token = this.peek();
    this.#next = undefined;
    return token;
  }

  #read(): Token {
    const index = this.#at + (this.#match(SKIPPED, this.#at)?.length ?? 0);
    const token = this.#tokenAt(index);
    this.#at = index + token.text.length;
    return token;
  }

  #tokenAt(index: number): Token {
    if (index >= this.#text.length) return { kind: 'end', text: '', index };
    for (const [kind, pattern] of PATTERNS) {
      const text = this.#match(pattern, index);
      if (text === undefined) continue;
      const word = kind === 'identifier' ? text.toUpperCase() : '';
      return { kind: KEYWORDS.has(word) ? word : kind, text, index };
    }
    const mark = this.#match(MARK, index);
    if (mark !== undefined) return { kind: mark, text: mark, index };
    throw new FilterError(`${JSON.stringify(this.#text[index])} begins nothing that is known,`, this.#text, index);
  }

  #match(pattern: RegExp, index: number): string | undefined {
    pattern.lastIndex = index;
    return pattern.exec(this.#text)?.[0];
  }
}
