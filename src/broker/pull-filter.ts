/**
 * From a filter expression to the question that the store asks about each consume-queue entry. Main thread.
 * Java: FilterAPI, SubscriptionData, ExpressionMessageFilter.
 * Compat: tags are told apart by Java's string hash only (`AaAa` and `BBBB` pass together); the client sorts them out.
 */
import { RequestError } from '../base/errors.js';
import { FilterError } from '../filter/filter-error.js';
import { PropertyFilter } from '../filter/property-filter.js';
import { javaStringHash } from '../message/tags-code.js';
import type { SubscriptionData } from '../remoting/bodies/subscription-data.js';
import { ResponseCode } from '../remoting/response-code.js';
import type { MessageFilter, TagsCodeFilter } from '../workers/message-store.js';

/** Matches every message. Java: SubscriptionData.SUB_ALL. */
const SUB_ALL = '*';
const TAG_SEPARATOR = '||';
/** Expressions remembered; one more and all are forgotten, to be parsed again as they come. */
const EXPRESSIONS_MAX = 1_000;

/** The one expression type beside tags. Java: ExpressionType.SQL92. */
export const SQL92 = 'SQL92';

/** The same for expressions over properties, which are longer. */
const PROPERTY_FILTERS_MAX = 100;

/** Undefined stands for everything. */
export type PullFilter = MessageFilter | undefined;

/** True for expressions made of tags. Java: ExpressionType.isTagType. */
export function isTagType(expressionType: string | undefined): boolean {
  return expressionType === undefined || expressionType === '' || expressionType === 'TAG';
}

/** Makes filters and remembers them: consumers repeat the same few expressions with every pull. One for each broker. */
export class PullFilters {
  readonly #byExpression = new Map<string, PullFilter>();
  readonly #byProperties = new Map<string, PropertyFilter>();
  readonly #bySubscription = new WeakMap<SubscriptionData, { filter: PullFilter }>();

  /** The filter for the tags named in `a || b`; undefined, '' and `*` name all. Throws RequestError (SUBSCRIPTION_PARSE_FAILED). */
  ofExpression(expression: string | undefined): PullFilter {
    if (expression === undefined || expression === '' || expression === SUB_ALL) return undefined;
    if (this.#byExpression.has(expression)) return this.#byExpression.get(expression);
    if (this.#byExpression.size >= EXPRESSIONS_MAX) this.#byExpression.clear();
    const filter = codeFilter(tagsOf(expression).map(javaStringHash));
    this.#byExpression.set(expression, filter);
    return filter;
  }

  /** The filter by properties that an expression describes. Throws RequestError (SUBSCRIPTION_PARSE_FAILED), which says what is wrong and where. */
  ofProperties(expressionType: string, expression: string): PropertyFilter {
    const known = this.#byProperties.get(expression);
    if (known !== undefined && expressionType === SQL92) return known;
    const filter = compilePropertyFilter(expressionType, expression);
    if (this.#byProperties.size >= PROPERTY_FILTERS_MAX) this.#byProperties.clear();
    this.#byProperties.set(expression, filter);
    return filter;
  }

  /** The filter of what a heartbeat subscribed to: its own hashes count, not its text. */
  ofSubscription(subscription: SubscriptionData): PullFilter {
    if (subscription.subString === SUB_ALL || subscription.classFilterMode) return undefined;
    let entry = this.#bySubscription.get(subscription);
    if (entry === undefined) {
      entry = { filter: codeFilter(subscription.codeSet) };
      this.#bySubscription.set(subscription, entry);
    }
    return entry.filter;
  }
}

/** Throws RequestError (SUBSCRIPTION_PARSE_FAILED) with what is wrong and where. */
export function compilePropertyFilter(expressionType: string, expression: string): PropertyFilter {
  if (expressionType !== SQL92) {
    throw new RequestError(ResponseCode.SUBSCRIPTION_PARSE_FAILED, `no filter is called ${expressionType}`);
  }
  try {
    return new PropertyFilter({ expression, byRealTopic: undefined });
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new RequestError(ResponseCode.SUBSCRIPTION_PARSE_FAILED, `the expression is wrong: ${error.message}`);
  }
}

function tagsOf(expression: string): string[] {
  const pieces = expression.split(TAG_SEPARATOR);
  // Compat: Java's split gives nothing for an expression of separators only, but one blank tag, which matches nothing, for ' '.
  if (pieces.every((piece) => piece === '')) {
    throw new RequestError(ResponseCode.SUBSCRIPTION_PARSE_FAILED, "parse the consumer's subscription failed");
  }
  return pieces.map((piece) => piece.trim()).filter((tag) => tag !== '');
}

function codeFilter(codes: readonly number[]): TagsCodeFilter {
  const [only] = codes;
  // Compat: an entry may hold more than an int (a delivery time); Java takes the lower 32 bits.
  if (only !== undefined && codes.length === 1) return (tagsCode) => (tagsCode | 0) === only;
  const wanted = new Set(codes);
  return (tagsCode) => wanted.has(tagsCode | 0);
}
