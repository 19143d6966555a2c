/**
 * `.properties` text: Java's grammar, and that what is written is read back.
 * golden/properties.json holds what java.util.Properties.load(Reader) of OpenJDK 17.0.15 made of each text.
 */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

import { formatProperties, parseProperties } from '#src/base/config-properties.js';

import { suite } from '../suite.js';

const test = suite('properties');

const read = (text: string): Record<string, string> => Object.fromEntries(parseProperties(text));

interface GoldenCase {
  readonly text: string;
  readonly entries: Readonly<Record<string, string>>;
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/base/golden/properties.json', import.meta.url), 'utf8'),
) as readonly GoldenCase[];

for (const { text, entries } of golden) {
  test(`reads ${JSON.stringify(text)} as Java does`, () => assert.equal(read(text), entries));
}

test('refuses a \\u without four hexadecimal digits', () => {
  assert.throws(() => read(String.raw`a=\u12x4`), /hexadecimal/);
});

test('reads what mqadmin sends', () => {
  assert.equal(read('brokerPermission=4'), { brokerPermission: '4' });
  assert.equal(read('messageDelayLevel=1s 5s 10s\nnamesrvAddr=a:9876;b:9876\n'), {
    messageDelayLevel: '1s 5s 10s',
    namesrvAddr: 'a:9876;b:9876',
  });
});

test('writes plain values as Apache does', () => {
  const text = formatProperties([
    ['namesrvAddr', '127.0.0.1:9876;b:9876'],
    ['brokerIP1', 'a'],
    ['empty', ''],
  ]);
  assert.is(text, 'namesrvAddr=127.0.0.1:9876;b:9876\nbrokerIP1=a\nempty=\n');
});

test('reads back what it writes', () => {
  const values = [
    '',
    ' leading',
    'trailing ',
    'a\\b',
    'C:\\store',
    'tab\there',
    'line\nend',
    'é 中 🙂',
    '#x',
    '!y',
    '=',
    ':',
    '\\',
    '\\\\',
  ];
  for (const value of values) {
    const entries: [string, string][] = [
      ['key', value],
      [`key ${value}`, 'x'],
    ];
    assert.equal([...parseProperties(formatProperties(entries))], entries, JSON.stringify(value));
  }
});

test.run();
