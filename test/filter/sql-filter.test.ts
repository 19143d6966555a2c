/**
 * SQL92 expressions against Apache's own filter: what is refused, at which place, and what each expression says of each set of properties.
 */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

import { FilterError } from '#src/filter/filter-error.js';
import { EXPRESSION_DEPTH_MAX } from '#src/filter/selector-parser.js';
import { compileSqlFilter, EXPRESSION_CHARACTERS_MAX, type SqlFilter } from '#src/filter/sql-filter.js';
import { suite } from '../suite.js';

interface GoldenCase {
  readonly expression: string;
  readonly error?: string;
  readonly properties?: readonly Readonly<Record<string, string>>[];
  readonly outcomes?: readonly (boolean | null | string)[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/filter/golden/apache-5.5.0.json', import.meta.url), 'utf8'),
) as GoldenCase[];

const test = suite('sql-filter');

/** The filter, or why there is none. */
function compiled(expression: string): SqlFilter | FilterError {
  try {
    return compileSqlFilter(expression);
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
}

function evaluate(filter: SqlFilter, properties: Readonly<Record<string, string>>): unknown {
  return filter.evaluate({ value: (index) => properties[filter.propertyNames[index] ?? ''] ?? null });
}

function accepted(expression: string): SqlFilter {
  const filter = compiled(expression);
  if (filter instanceof FilterError) throw filter;
  return filter;
}

test('refuses exactly what Apache refuses', () => {
  for (const { expression, error } of golden) {
    const filter = compiled(expression);
    assert.is(filter instanceof FilterError, error !== undefined, `${JSON.stringify(expression)}: ${error}`);
  }
});

test('names the place that Apache names', () => {
  let places = 0;
  for (const { expression, error = '' } of golden) {
    const place = /ParseException: Encountered .* at (line \d+, column \d+)\.$/.exec(error)?.[1];
    if (place === undefined) continue;
    places++;
    const filter = compiled(expression);
    assert.ok(filter instanceof FilterError && filter.message.endsWith(` at ${place}`), `${expression}: ${error}`);
  }
  assert.ok(places > 80, `${places} places`);
});

test('says of each message what Apache says', () => {
  let evaluations = 0;
  for (const { expression, properties = [], outcomes = [] } of golden) {
    if (outcomes.length === 0) continue;
    const filter = accepted(expression);
    for (const [i, outcome] of outcomes.entries()) {
      evaluations++;
      const expected = typeof outcome === 'string' ? undefined : outcome;
      const of = properties[i] ?? {};
      assert.is(evaluate(filter, of), expected, `${expression} of ${JSON.stringify(of)}: Apache says ${outcome}`);
    }
  }
  assert.ok(evaluations > 5_000, `${evaluations} evaluations`);
});

test('knows which properties an expression uses, each once', () => {
  assert.equal(accepted('a = 1 AND b > 2 OR NOT a IS NULL').propertyNames, ['a', 'b']);
  assert.equal(accepted('TRUE').propertyNames, []);
});

test('compiles an expression once, wrong ones too', () => {
  assert.is(accepted('once = 1'), accepted('once = 1'));
  assert.is(compiled('once ='), compiled('once ='));
});

test('refuses an expression that is too long or too deep, and takes long chains', () => {
  const chain = Array.from({ length: 5_000 }, () => 'a = 1').join(' OR ');
  assert.is(evaluate(accepted(chain), { a: '1' }), true);
  const long = `a = '${'x'.repeat(EXPRESSION_CHARACTERS_MAX)}'`;
  assert.match((compiled(long) as FilterError).message, '65536 characters');
  const depths = [
    '('.repeat(EXPRESSION_DEPTH_MAX + 1) + 'a' + ')'.repeat(EXPRESSION_DEPTH_MAX + 1),
    'NOT '.repeat(EXPRESSION_DEPTH_MAX) + 'a',
    `a${' = 1'.repeat(EXPRESSION_DEPTH_MAX)}`,
    `a${" CONTAINS 'x'".repeat(EXPRESSION_DEPTH_MAX)}`,
    '('.repeat(30_000),
  ];
  for (const deep of depths) assert.match((compiled(deep) as FilterError).message, '500 levels', deep.slice(0, 20));
});

test.run();
