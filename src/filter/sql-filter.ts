/**
 * Compiles SQL92 filter expressions and remembers them. Any thread, each with a memory of its own. Java: SqlFilter, SelectorParser.parse.
 * Invariant: a compiled expression has no state; it may be used for any number of messages, and by many pulls.
 */
import { EVALUATION_FAILED, type FilterValue, type PropertySource } from './filter-expression.js';
import { FilterError } from './filter-error.js';
import { parseSelector, type ParsedSelector } from './selector-parser.js';

/** Longest expression, in characters; a longer one is refused. Each of its conditions costs time for each message. */
export const EXPRESSION_CHARACTERS_MAX = 65_536;
/** Expressions remembered, wrong ones included; the one unused for longest goes first. Java: PARSE_CACHE. */
const EXPRESSIONS_MAX = 100;

/** An expression that can be asked about messages. */
export class SqlFilter {
  readonly text: string;
  /** Names of the properties that it looks at; a PropertySource is asked by their places here. */
  readonly propertyNames: readonly string[];
  /** Conditions and values in it: what one message costs at the most. */
  readonly size: number;
  readonly #selector: ParsedSelector;

  /** Throws FilterError, whose message names the place, if `text` is no expression. */
  constructor(text: string) {
    if (text.length > EXPRESSION_CHARACTERS_MAX) {
      const cause = `an expression may have ${EXPRESSION_CHARACTERS_MAX} characters, this one goes on`;
      throw new FilterError(cause, text, EXPRESSION_CHARACTERS_MAX);
    }
    this.text = text;
    this.#selector = parseSelector(text);
    this.propertyNames = this.#selector.propertyNames;
    this.size = this.#selector.expression.size;
  }

  /** True, false or null (unknown), or undefined where Java throws. Only true lets a message pass. */
  evaluate(source: PropertySource): FilterValue | undefined {
    try {
      return this.#selector.expression.evaluate(source);
    } catch (error) {
      if (error === EVALUATION_FAILED) return undefined;
      throw error;
    }
  }
}

const remembered = new Map<string, SqlFilter | FilterError>();

/** The filter of `text`, made once. Throws FilterError. */
export function compileSqlFilter(text: string): SqlFilter {
  const compiled = remembered.get(text) ?? compile(text);
  // A Map keeps the order of insertion: what was used last is put at the end.
  remembered.delete(text);
  remembered.set(text, compiled);
  if (remembered.size > EXPRESSIONS_MAX) forgetOldest();
  if (compiled instanceof FilterError) throw compiled;
  return compiled;
}

function compile(text: string): SqlFilter | FilterError {
  try {
    return new SqlFilter(text);
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
}

function forgetOldest(): void {
  for (const text of remembered.keys()) {
    remembered.delete(text);
    return;
  }
}
