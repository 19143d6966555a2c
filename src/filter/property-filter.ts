/**
 * Decides about stored messages by their properties. Main thread and pool. Java: ExpressionMessageFilter, ExpressionForRetryMessageFilter.
 * Invariant: what crosses to the pool is a PropertyFilterSpec, which is text; each thread compiles it for itself, once.
 */
import { MessageConst } from '../message/message-properties.js';
import { emptyRecordParts, locateParts, type RecordParts } from '../message/stored-record.js';
import { NamedProperties } from './named-properties.js';
import { compileSqlFilter, type SqlFilter } from './sql-filter.js';

/** A property filter as text. */
export interface PropertyFilterSpec {
  /** What every message is judged by; undefined lets all pass. */
  readonly expression: string | undefined;
  /** For a retry topic with filterSupportRetry: expressions by the topic that a message was sent to at first. Others pass. */
  readonly byRealTopic: readonly (readonly [topic: string, expression: string])[] | undefined;
}

/** What a record costs even if it has no properties, in the same measure. */
const RECORD_COST_BYTES = 64;

/** One filter and the properties that it needs. */
class Judge {
  readonly #filter: SqlFilter;
  readonly #properties: NamedProperties;

  constructor(expression: string) {
    this.#filter = compileSqlFilter(expression);
    this.#properties = new NamedProperties(this.#filter.propertyNames);
  }

  get size(): number {
    return this.#filter.size;
  }

  isMatch(source: Buffer, parts: RecordParts): boolean {
    this.#properties.read(source, parts.propertiesStart, parts.propertiesEnd);
    const isMatch = this.#filter.evaluate(this.#properties) === true;
    this.#properties.forget();
    return isMatch;
  }
}

/** A filter by properties, as a pull has it. */
export class PropertyFilter {
  readonly spec: PropertyFilterSpec;
  readonly #judge: Judge | undefined;
  readonly #byRealTopic: ReadonlyMap<string, Judge> | undefined;
  readonly #realTopic = new NamedProperties([MessageConst.RETRY_TOPIC]);
  readonly #parts = emptyRecordParts();
  #lastCost = 0;

  /** Throws FilterError if an expression is wrong. */
  constructor(spec: PropertyFilterSpec) {
    this.spec = spec;
    if (spec.byRealTopic !== undefined) {
      this.#byRealTopic = new Map(spec.byRealTopic.map(([topic, expression]) => [topic, new Judge(expression)]));
    } else if (spec.expression !== undefined) {
      this.#judge = new Judge(spec.expression);
    }
  }

  /** What the last message has cost: bytes of its properties times the size of the expression, so that a scan can be bounded by it. */
  get lastCost(): number {
    return this.#lastCost;
  }

  /** True if the record in `source[position, limit)` is wanted. False for bytes that are no record. */
  isMatch(source: Buffer, position: number, limit: number): boolean {
    const parts = this.#parts;
    if (!locateParts(source, position, limit, parts)) {
      this.#lastCost = RECORD_COST_BYTES;
      return false;
    }
    const judge = this.#byRealTopic === undefined ? this.#judge : this.#judgeOfRetry(source, parts);
    const propertiesBytes = parts.propertiesEnd - parts.propertiesStart;
    this.#lastCost = (RECORD_COST_BYTES + propertiesBytes) * (judge?.size ?? 1);
    return judge === undefined || judge.isMatch(source, parts);
  }

  #judgeOfRetry(source: Buffer, parts: RecordParts): Judge | undefined {
    this.#realTopic.read(source, parts.propertiesStart, parts.propertiesEnd);
    const topic = this.#realTopic.value(0);
    this.#realTopic.forget();
    return topic === null ? undefined : this.#byRealTopic?.get(topic);
  }
}
