/**
 * What a filter expression is made of once it is parsed, and how each part is evaluated. Any thread.
 * Java: Expression and its kinds (ComparisonExpression, LogicExpression, UnaryExpression, PropertyExpression, ConstantExpression).
 * Compat: three-valued logic with Java's types. A property is text or null; how it is read depends on what it is compared with, and text
 * that cannot be read so ends the whole evaluation, not just the comparison.
 */
import {
  compareDoubles,
  compareNumbers,
  parseDouble,
  parseInteger,
  parseLong,
  type JavaNumber,
} from './java-number.js';

/** What an expression evaluates to. */
export type FilterValue = null | boolean | string | JavaNumber;

/** Where property values come from: by their place among the names that the expression uses. */
export interface PropertySource {
  value(index: number): string | null;
}

/** One part of an expression. */
export interface FilterExpression {
  /** What it may be combined with. `boolean` is a BooleanExpression of Java's; `constant` and `boolean constant` are its ConstantExpressions. */
  readonly kind: 'property' | 'constant' | 'boolean constant' | 'boolean' | 'negation';
  /** Of the tree below it. */
  readonly depth: number;
  /** Parts in it, itself included: a measure of the work. */
  readonly size: number;
  /** Throws {@link EVALUATION_FAILED} where Java throws. */
  evaluate(source: PropertySource): FilterValue;
}

/** Thrown when values cannot be compared: the message does not match. One object, since a stack for each message would cost far more than it. */
export const EVALUATION_FAILED = new Error('the values of a message cannot be compared as the expression asks');

/** A property by its place. */
export class PropertyExpression implements FilterExpression {
  readonly kind = 'property';
  readonly depth = 1;
  readonly size = 1;
  readonly #index: number;

  constructor(index: number) {
    this.#index = index;
  }

  evaluate(source: PropertySource): string | null {
    return source.value(this.#index);
  }
}

/** Text, a number, TRUE, FALSE or NULL. */
export class ConstantExpression implements FilterExpression {
  readonly kind: 'constant' | 'boolean constant';
  readonly depth = 1;
  readonly size = 1;
  readonly value: FilterValue;

  constructor(value: FilterValue) {
    this.kind = value === null || typeof value === 'boolean' ? 'boolean constant' : 'constant';
    this.value = value;
  }

  evaluate(): FilterValue {
    return this.value;
  }
}

/** What both sides of a comparison share. */
abstract class BinaryExpression implements FilterExpression {
  readonly kind = 'boolean';
  readonly depth: number;
  readonly size: number;
  protected readonly left: FilterExpression;
  protected readonly right: FilterExpression;

  constructor(left: FilterExpression, right: FilterExpression) {
    this.left = left;
    this.right = right;
    this.depth = Math.max(left.depth, right.depth) + 1;
    this.size = left.size + right.size + 1;
  }

  abstract evaluate(source: PropertySource): FilterValue;
}

/** `=`, and IS NULL, which is equality with NULL. */
export class EqualExpression extends BinaryExpression {
  evaluate(source: PropertySource): boolean | null {
    const left = this.left.evaluate(source);
    const right = this.right.evaluate(source);
    if (left === null) return right === null ? true : null;
    if (right === null) return false;
    if (typeof left === 'string' && typeof right === 'string') return left === right;
    return compareValues(left, right) === 0;
  }
}

/** `>`, `>=`, `<` and `<=`. */
export class OrderExpression extends BinaryExpression {
  readonly #isFitting: (order: number) => boolean;

  /** `isFitting` judges a negative number, 0 or a positive one. */
  constructor(left: FilterExpression, right: FilterExpression, isFitting: (order: number) => boolean) {
    super(left, right);
    this.#isFitting = isFitting;
  }

  evaluate(source: PropertySource): boolean | null {
    const left = this.left.evaluate(source);
    if (left === null) return null;
    const right = this.right.evaluate(source);
    if (right === null) return null;
    const isText = typeof left === 'string' && typeof right === 'string';
    const order = isText ? compareDoubles(readable(parseDouble(left)), readable(parseDouble(right))) : undefined;
    return this.#isFitting(order ?? compareValues(left, right));
  }
}

/** What has one part below it. */
abstract class UnaryExpression implements FilterExpression {
  abstract readonly kind: FilterExpression['kind'];
  readonly depth: number;
  readonly size: number;
  protected readonly operand: FilterExpression;

  constructor(operand: FilterExpression) {
    this.operand = operand;
    this.depth = operand.depth + 1;
    this.size = operand.size + 1;
  }

  abstract evaluate(source: PropertySource): FilterValue;
}

/** NOT. */
export class NotExpression extends UnaryExpression {
  override readonly kind = 'boolean';

  evaluate(source: PropertySource): boolean | null {
    const value = this.operand.evaluate(source);
    return value === null ? null : value !== true;
  }
}

/** A property where a condition is wanted. Compat: a property is text, so this is never true, whatever the text. */
export class BooleanCastExpression extends UnaryExpression {
  override readonly kind = 'boolean';

  evaluate(source: PropertySource): boolean | null {
    const value = this.operand.evaluate(source);
    return value === null ? null : value === true;
  }
}

/** A minus. Compat: text has no negative; a property with a minus before it is null. */
export class NegateExpression extends UnaryExpression {
  override readonly kind = 'negation';

  evaluate(source: PropertySource): FilterValue {
    const value = this.operand.evaluate(source);
    if (value === null || typeof value !== 'object') return null;
    return value.type === 'Long' ? { type: 'Long', value: -value.value } : { type: value.type, value: negate(value) };
  }
}

function negate(number: Extract<JavaNumber, { value: number }>): number {
  // An Integer has no minus zero.
  return number.type === 'Integer' && number.value === 0 ? 0 : -number.value;
}

/** IN and NOT IN. */
export class InExpression extends UnaryExpression {
  override readonly kind = 'boolean';
  readonly #elements: ReadonlySet<string>;
  readonly #isNot: boolean;

  constructor(operand: FilterExpression, elements: readonly string[], isNot: boolean) {
    super(operand);
    this.#elements = new Set(elements);
    this.#isNot = isNot;
  }

  evaluate(source: PropertySource): boolean | null {
    const value = this.operand.evaluate(source);
    return typeof value === 'string' ? this.#elements.has(value) !== this.#isNot : null;
  }
}

/** CONTAINS, STARTSWITH, ENDSWITH. */
export type TextMatch = (text: string, search: string) => boolean;

/** One of them or its NOT form. Compat: false for anything but text and for an empty search, with NOT too. */
export class TextMatchExpression extends UnaryExpression {
  override readonly kind = 'boolean';
  readonly #match: TextMatch;
  readonly #search: string;
  readonly #isNot: boolean;

  constructor(operand: FilterExpression, match: TextMatch, search: string, isNot: boolean) {
    super(operand);
    this.#match = match;
    this.#search = search;
    this.#isNot = isNot;
  }

  evaluate(source: PropertySource): boolean {
    if (this.#search === '') return false;
    const value = this.operand.evaluate(source);
    return typeof value === 'string' && this.#match(value, this.#search) !== this.#isNot;
  }
}

/** AND and OR of any number of conditions, so that a long chain is no deep tree. `decisive` is the value that settles the whole. */
export class LogicExpression implements FilterExpression {
  readonly kind = 'boolean';
  readonly depth: number;
  readonly size: number;
  readonly #operands: readonly FilterExpression[];
  readonly #decisive: boolean;

  constructor(operands: readonly FilterExpression[], decisive: boolean) {
    this.#operands = operands;
    this.#decisive = decisive;
    this.depth = operands.reduce((depth, operand) => Math.max(depth, operand.depth), 0) + 1;
    this.size = operands.reduce((size, operand) => size + operand.size, 1);
  }

  evaluate(source: PropertySource): boolean | null {
    let hasNull = false;
    for (const operand of this.#operands) {
      const value = operand.evaluate(source);
      if (value === this.#decisive) return this.#decisive;
      if (value === null) hasNull = true;
    }
    return hasNull ? null : !this.#decisive;
  }
}

function readable<T>(parsed: T | undefined): T {
  if (parsed === undefined) throw EVALUATION_FAILED;
  return parsed;
}

/** `text` read as a number of the class of `like`. */
function readAs(like: JavaNumber, text: string): JavaNumber {
  if (like.type === 'Integer') return { type: 'Integer', value: readable(parseInteger(text)) };
  if (like.type === 'Long') return { type: 'Long', value: readable(parseLong(text)) };
  return { type: 'Double', value: readable(parseDouble(text)) };
}

/** Compares two values that are not null. Java: ComparisonExpression.__compare. */
function compareValues(left: boolean | string | JavaNumber, right: boolean | string | JavaNumber): number {
  if (typeof left === 'boolean') {
    if (typeof right === 'boolean') return Number(left) - Number(right);
    // Compat: Java casts the wrong side here and fails, so TRUE = a fails where a = TRUE does not.
    if (typeof right === 'string') throw EVALUATION_FAILED;
    return -1;
  }
  if (typeof left === 'string') {
    if (typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
    if (typeof right === 'boolean') return Number(left.toLowerCase() === 'true') - Number(right);
    return compareNumbers(readAs(right, left), right);
  }
  if (typeof right === 'boolean') return -1;
  return compareNumbers(left, typeof right === 'string' ? readAs(left, right) : right);
}
