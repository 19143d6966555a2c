/**
 * Parses a filter expression. Any thread. Java: SelectorParser (SelectorParser.jj).
 *
 *     or          = and {OR and}
 *     and         = equality {AND equality}
 *     equality    = comparison {("=" | "<>") comparison | IS [NOT] NULL}
 *     comparison  = unary {(">" | ">=" | "<" | "<=") unary | [NOT] (CONTAINS | STARTSWITH | ENDSWITH) string
 *                          | [NOT] BETWEEN unary AND unary | [NOT] IN "(" string {"," string} ")"}
 *     unary       = "+" unary | "-" unary | NOT unary | "(" or ")" | literal | identifier
 *
 * Compat: the text may go on after the expression; only the first token of the rest must be readable. NOT binds to a unary, so
 * `NOT a > 1` is refused and `NOT (a > 1)` is not.
 */
import {
  BooleanCastExpression,
  ConstantExpression,
  EqualExpression,
  type FilterExpression,
  type FilterValue,
  InExpression,
  LogicExpression,
  NegateExpression,
  NotExpression,
  OrderExpression,
  PropertyExpression,
  type TextMatch,
  TextMatchExpression,
} from './filter-expression.js';
import { FilterError } from './filter-error.js';
import { compareNumbers, type JavaNumber, parseInteger, parseLong } from './java-number.js';
import { SelectorTokenizer, type Token } from './selector-tokenizer.js';

/** Levels of an expression, in its text and in its tree; a deeper one is refused. Apache's bound is its thread's stack. */
export const EXPRESSION_DEPTH_MAX = 500;

const NULL = new ConstantExpression(null);

const ORDERS: ReadonlyMap<string, (order: number) => boolean> = new Map([
  ['>', (order) => order > 0],
  ['>=', (order) => order >= 0],
  ['<', (order) => order < 0],
  ['<=', (order) => order <= 0],
]);

const TEXT_MATCHES: ReadonlyMap<string, TextMatch> = new Map<string, TextMatch>([
  ['CONTAINS', (text, search) => text.includes(search)],
  ['STARTSWITH', (text, search) => text.startsWith(search)],
  ['ENDSWITH', (text, search) => text.endsWith(search)],
]);

const NEGATABLE = ['CONTAINS', 'STARTSWITH', 'ENDSWITH', 'BETWEEN', 'IN'];

/** What an expression's text became. */
export interface ParsedSelector {
  readonly expression: FilterExpression;
  /** Names of the properties it uses, each once; a PropertyExpression knows its place here. */
  readonly propertyNames: readonly string[];
}

/** Parses `text`. Throws FilterError if it is not an expression. */
export function parseSelector(text: string): ParsedSelector {
  return new SelectorParser(text).parse();
}

class SelectorParser {
  readonly #text: string;
  readonly #tokens: SelectorTokenizer;
  readonly #propertyNames: string[] = [];
  #level = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = new SelectorTokenizer(text);
  }

  parse(): ParsedSelector {
    const start = this.#tokens.peek();
    const expression = this.#condition(this.#or(), start);
    return { expression, propertyNames: this.#propertyNames };
  }

  #or(): FilterExpression {
    return this.#chain('OR', true, () => this.#and());
  }

  #and(): FilterExpression {
    return this.#chain('AND', false, () => this.#equality());
  }

  #chain(keyword: string, decisive: boolean, next: () => FilterExpression): FilterExpression {
    const start = this.#tokens.peek();
    const first = next();
    if (this.#tokens.peek().kind !== keyword) return first;
    const operands: FilterExpression[] = [];
    while (this.#takeIf(keyword)) {
      const begin = this.#tokens.peek();
      const right = next();
      if (operands.length === 0) operands.push(this.#condition(first, start));
      operands.push(this.#condition(right, begin));
    }
    return this.#bounded(new LogicExpression(operands, decisive), start);
  }

  #equality(): FilterExpression {
    let left = this.#comparison();
    for (;;) {
      const operator = this.#tokens.peek();
      if (this.#takeIf('IS')) {
        const isNot = this.#takeIf('NOT');
        this.#expect('NULL');
        left = notIf(isNot, new EqualExpression(left, NULL));
      } else if (this.#takeIf('=')) {
        left = this.#equal(left, operator);
      } else if (this.#takeIf('<>')) {
        left = new NotExpression(this.#equal(left, operator));
      } else return left;
      this.#bounded(left, operator);
    }
  }

  #equal(left: FilterExpression, operator: Token): FilterExpression {
    const right = this.#comparison();
    for (const side of [left, right]) {
      if (side instanceof ConstantExpression && side.value === null) {
        throw this.#error('NULL cannot be compared; IS NULL can be asked', operator);
      }
    }
    if (left.kind === 'boolean constant' && right.kind === 'constant') {
      throw this.#error('TRUE and FALSE cannot be compared with another constant', operator);
    }
    return new EqualExpression(left, right);
  }

  #comparison(): FilterExpression {
    let left = this.#unary();
    for (;;) {
      const operator = this.#tokens.peek();
      const isFitting = ORDERS.get(operator.kind);
      if (isFitting !== undefined) {
        this.#tokens.take();
        left = this.#order(left, this.#unary(), isFitting, operator);
      } else if (operator.kind === 'NOT' || NEGATABLE.includes(operator.kind)) {
        left = this.#negatable(left, operator);
      } else return left;
      this.#bounded(left, operator);
    }
  }

  #order(
    left: FilterExpression,
    right: FilterExpression,
    isFitting: (order: number) => boolean,
    operator: Token,
  ): FilterExpression {
    for (const side of [left, right]) {
      const hasOrder = side instanceof ConstantExpression ? isNumber(side.value) : side.kind !== 'boolean';
      if (!hasOrder) {
        throw this.#error('text, NULL and conditions cannot be compared by order', operator);
      }
    }
    return new OrderExpression(left, right, isFitting);
  }

  /** CONTAINS, STARTSWITH, ENDSWITH, BETWEEN and IN, with NOT before them or without. */
  #negatable(left: FilterExpression, start: Token): FilterExpression {
    const isNot = this.#takeIf('NOT');
    const operator = this.#tokens.peek();
    // The place of an error is that of the NOT, as at Apache's.
    if (!NEGATABLE.includes(operator.kind)) throw this.#unexpected(start, NEGATABLE.join(', '));
    this.#tokens.take();
    const match = TEXT_MATCHES.get(operator.kind);
    if (match !== undefined) return new TextMatchExpression(left, match, this.#string(), isNot);
    return operator.kind === 'IN' ? this.#in(left, isNot, operator) : this.#between(left, isNot, operator);
  }

  #in(left: FilterExpression, isNot: boolean, operator: Token): FilterExpression {
    this.#expect('(');
    const elements = [this.#string()];
    while (this.#takeIf(',')) elements.push(this.#string());
    this.#expect(')');
    if (left.kind !== 'property') throw this.#error('IN wants a property before it', operator);
    return new InExpression(left, elements, isNot);
  }

  #between(value: FilterExpression, isNot: boolean, operator: Token): FilterExpression {
    const low = this.#unary();
    this.#expect('AND');
    const high = this.#unary();
    if (isNot) {
      const below = this.#order(value, low, (order) => order < 0, operator);
      return new LogicExpression([below, this.#order(value, high, (order) => order > 0, operator)], true);
    }
    const notBelow = this.#order(value, low, (order) => order >= 0, operator);
    const notAbove = this.#order(value, high, (order) => order <= 0, operator);
    if (low instanceof ConstantExpression && high instanceof ConstantExpression && !isAscending(low, high)) {
      throw this.#error('the left value of BETWEEN must not be greater than the right one', operator);
    }
    return new LogicExpression([notBelow, notAbove], false);
  }

  #unary(): FilterExpression {
    const start = this.#tokens.peek();
    if (++this.#level > EXPRESSION_DEPTH_MAX) throw this.#tooDeep(start);
    const expression = this.#unaryAt(start);
    this.#level--;
    return this.#bounded(expression, start);
  }

  #unaryAt(start: Token): FilterExpression {
    if (this.#takeIf('+')) return this.#unary();
    if (this.#takeIf('-')) return new NegateExpression(this.#unary());
    if (this.#takeIf('NOT')) {
      const operand = this.#tokens.peek();
      return new NotExpression(this.#condition(this.#unary(), operand));
    }
    if (this.#takeIf('(')) {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    return this.#primary(start);
  }

  #primary(token: Token): FilterExpression {
    switch (token.kind) {
      case 'string':
        return new ConstantExpression(this.#string());
      case 'TRUE':
      case 'FALSE':
        this.#tokens.take();
        return new ConstantExpression(token.kind === 'TRUE');
      case 'NULL':
        this.#tokens.take();
        return NULL;
      case 'decimal':
        return this.#decimal(this.#tokens.take());
      case 'float':
        return this.#float(this.#tokens.take());
      case 'identifier':
        return this.#property(this.#tokens.take().text);
      default:
        throw this.#unexpected(token, 'a property, a literal, "(", "+", "-", NOT');
    }
  }

  #property(name: string): FilterExpression {
    const known = this.#propertyNames.indexOf(name);
    return new PropertyExpression(known < 0 ? this.#propertyNames.push(name) - 1 : known);
  }

  #decimal(token: Token): FilterExpression {
    const text = token.text.replace(/[lL]$/, '');
    const integer = parseInteger(text);
    if (integer !== undefined) return new ConstantExpression({ type: 'Integer', value: integer });
    const long = parseLong(text);
    if (long === undefined) throw this.#error(`${text} is more than a Long holds`, token);
    return new ConstantExpression({ type: 'Long', value: long });
  }

  #float(token: Token): FilterExpression {
    const value = Number(token.text);
    // Compat: Java takes its smallest positive number for the smallest there is, so that 0.0 is refused.
    if (value > Number.MAX_VALUE || value < Number.MIN_VALUE) {
      throw this.#error(`${token.text} is not between ${Number.MIN_VALUE} and ${Number.MAX_VALUE}`, token);
    }
    return new ConstantExpression({ type: 'Double', value });
  }

  #string(): string {
    return this.#expect('string').text.slice(1, -1).replaceAll("''", "'");
  }

  /** `expression` where a condition is wanted. */
  #condition(expression: FilterExpression, start: Token): FilterExpression {
    if (expression.kind === 'boolean' || expression.kind === 'boolean constant') return expression;
    if (expression.kind === 'property') return new BooleanCastExpression(expression);
    throw this.#error('this is no condition', start);
  }

  #takeIf(kind: string): boolean {
    if (this.#tokens.peek().kind !== kind) return false;
    this.#tokens.take();
    return true;
  }

  #expect(kind: string): Token {
    const token = this.#tokens.peek();
    if (token.kind !== kind) throw this.#unexpected(token, kind === 'string' ? 'text in quotes' : kind);
    return this.#tokens.take();
  }

  #bounded(expression: FilterExpression, start: Token): FilterExpression {
    if (expression.depth > EXPRESSION_DEPTH_MAX) throw this.#tooDeep(start);
    return expression;
  }

  #tooDeep(token: Token): FilterError {
    return this.#error(`an expression may have ${EXPRESSION_DEPTH_MAX} levels, this one has more`, token);
  }

  #unexpected(token: Token, expected: string): FilterError {
    const found = token.kind === 'end' ? 'the expression ends' : `${JSON.stringify(token.text)} stands`;
    return this.#error(`${found} where one of these was expected: ${expected},`, token);
  }

  #error(cause: string, token: Token): FilterError {
    return new FilterError(cause, this.#text, token.index);
  }
}

function notIf(isNot: boolean, expression: FilterExpression): FilterExpression {
  return isNot ? new NotExpression(expression) : expression;
}

function isAscending(low: ConstantExpression, high: ConstantExpression): boolean {
  return !isNumber(low.value) || !isNumber(high.value) || compareNumbers(low.value, high.value) <= 0;
}

function isNumber(value: FilterValue): value is JavaNumber {
  return value !== null && typeof value === 'object';
}
