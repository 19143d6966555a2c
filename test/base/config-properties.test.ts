/**
 * `.properties` text: Java's grammar, and that what is written is read back. The expectations of 'java' are what
 * java.util.Properties (OpenJDK 17) made of the same text.
 */
import * as assert from 'uvu/assert';

import { formatProperties, parseProperties } from '#src/base/config-properties.js';

import { suite } from '../suite.js';

const test = suite('properties');

const read = (text: string): Record<string, string> => Object.fromEntries(parseProperties(text));

test('separates key and value at =, : or white space', () => {
  const expected = { a: '1', b: '2', c: '3', d: '4', e: '', f: '= x', g: 'x y ' };
  assert.equal(read('a=1\nb:2\nc 3\n  d \t= \t4\ne\nf = = x\ng=x y '), expected);
});

test('skips comments and empty lines, of every line end', () => {
  assert.equal(read('# a=1\r\n! b=2\r\r\n  # c=3\n\t\nd=#4\n'), { d: '#4' });
});

test('continues a line that ends in an odd number of backslashes', () => {
  assert.equal(read('a=1,\\\n   2,\\\r\n\t3\nb=x\\\\\nc=y'), { a: '1,2,3', b: 'x\\', c: 'y' });
  assert.equal(read('a=1\\\n# not a comment'), { a: '1# not a comment' });
  assert.equal(read('a=1\\'), { a: '1' });
  assert.equal(read('\\\n'), {});
});

test('reads escapes in keys and values', () => {
  assert.equal(read(String.raw`a\ b\=c\:d=\t\n\r\f\u00e9\\\q\=`), { 'a b=c:d': '\t\n\r\fé\\q=' });
});

test('refuses a \\u without four hexadecimal digits', () => {
  assert.throws(() => read(String.raw`a=\u12x4`), /hexadecimal/);
});

test('takes the last of two values', () => {
  assert.equal(read('a=1\na=2'), { a: '2' });
});

test('reads what mqadmin sends', () => {
  assert.equal(read('brokerPermission=4'), { brokerPermission: '4' });
  assert.equal(read('messageDelayLevel=1s 5s 10s\nnamesrvAddr=a:9876;b:9876\n'), {
    messageDelayLevel: '1s 5s 10s',
    namesrvAddr: 'a:9876;b:9876',
  });
});

test('writes plain values as Apache does', () => {
  const text = formatProperties([['namesrvAddr', '127.0.0.1:9876;b:9876'], ['brokerIP1', 'a'], ['empty', '']]);
  assert.is(text, 'namesrvAddr=127.0.0.1:9876;b:9876\nbrokerIP1=a\nempty=\n');
});

test('reads back what it writes', () => {
  const values = ['', ' leading', 'trailing ', 'a\\b', 'C:\\store', 'tab\there', 'line\nend', 'é 中 🙂', '#x', '!y', '=', ':', '\\', '\\\\'];
  for (const value of values) {
    const entries: [string, string][] = [['key', value], [`${value}key`, 'x']];
    assert.equal([...parseProperties(formatProperties(entries))], entries, JSON.stringify(value));
  }
});

test.run();
