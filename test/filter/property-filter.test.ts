/**
 * Filters over stored records: only the properties that an expression names are read, from the bytes, by the rules of string2messageProperties.
 */
import * as assert from 'uvu/assert';

import { PropertyFilter } from '#src/filter/property-filter.js';
import { NamedProperties } from '#src/filter/named-properties.js';
import { propertiesToMap } from '#src/message/message-properties.js';
import { encodeRecord, recordSize } from '#src/message/stored-record.js';
import { suite } from '../suite.js';

const test = suite('property-filter');
const HOST = Buffer.from('7f0000010000c350', 'hex');

/** A stored record with these properties; its body looks like properties too. */
function record(properties: string, body = 'a\u00011\u0002'): Buffer {
  const message = {
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestampMs: 1,
    bornHost: HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from(body),
  };
  const topic = Buffer.from('T');
  const propertiesBytes = Buffer.byteLength(properties);
  const bytes = Buffer.alloc(recordSize(8, 8, message.body.length, topic.length, propertiesBytes));
  encodeRecord(bytes, 0, message, HOST, topic, properties, propertiesBytes);
  return bytes;
}

function passes(expression: string, properties: string): boolean {
  const bytes = record(properties);
  return new PropertyFilter({ expression, byRealTopic: undefined }).isMatch(bytes, 0, bytes.length);
}

const PIECES = [
  '',
  'a\u00011',
  'a\u0001',
  '\u00011',
  'a',
  'aa\u00012',
  'a\u00013\u00014',
  'b\u0001x',
  'b\u0001\u00e4\u65e5',
  'a\u00015\u0001',
];

test('reads what Java’s map of properties would hold, whatever the order and the damage', () => {
  const properties = new NamedProperties(['a', 'b', 'c']);
  for (const one of PIECES) {
    for (const two of PIECES) {
      for (const end of ['', '\u0002']) {
        const text = `${one}\u0002${two}${end}`;
        const bytes = Buffer.from(`a\u00019\u0002${text}\u0002a\u00019`);
        const start = 4;
        properties.read(bytes, start, start + Buffer.byteLength(text));
        const map = propertiesToMap(text);
        for (const [i, name] of ['a', 'b', 'c'].entries()) {
          assert.is(properties.value(i), map.get(name) ?? null, `${name} of ${JSON.stringify(text)}`);
        }
      }
    }
  }
});

test('passes messages by their properties, not by what their body looks like', () => {
  assert.ok(passes('a = 2', 'UNIQ_KEY\u0001X\u0002a\u00012\u0002'));
  assert.not(passes('a = 1', 'UNIQ_KEY\u0001X\u0002a\u00012\u0002'));
  assert.ok(passes('a IS NULL', 'aa\u00012\u0002'));
  assert.ok(passes("TAGS = 'x' AND KEYS IS NOT NULL", 'KEYS\u0001k\u0002TAGS\u0001x\u0002'));
  assert.not(passes('a > 1', 'a\u0001many\u0002'), 'unreadable numbers do not match');
  assert.not(passes('a', 'a\u0001true\u0002'), 'a property alone is no condition that holds');
});

test('judges retried messages by the expression of the topic they came from', () => {
  const filter = new PropertyFilter({ expression: undefined, byRealTopic: [['Orders', 'a = 1']] });
  const judge = (properties: string): boolean => {
    const bytes = record(properties);
    return filter.isMatch(bytes, 0, bytes.length);
  };
  assert.ok(judge('RETRY_TOPIC\u0001Orders\u0002a\u00011\u0002'));
  assert.not(judge('RETRY_TOPIC\u0001Orders\u0002a\u00012\u0002'));
  assert.ok(judge('RETRY_TOPIC\u0001Other\u0002a\u00012\u0002'), 'no expression for the topic');
  assert.ok(judge('a\u00012\u0002'), 'no topic');
});

test('bytes that are no record match nothing', () => {
  const filter = new PropertyFilter({ expression: 'TRUE', byRealTopic: undefined });
  const bytes = record('a\u00011\u0002');
  assert.ok(filter.isMatch(bytes, 0, bytes.length));
  assert.not(filter.isMatch(bytes, 0, bytes.length - 1));
  bytes.writeInt32BE(bytes.length - 1, 0);
  assert.not(filter.isMatch(bytes, 0, bytes.length));
});

test('tells what a message cost', () => {
  const bytes = record('a\u00011\u0002');
  const costOf = (expression: string): number => {
    const filter = new PropertyFilter({ expression, byRealTopic: undefined });
    filter.isMatch(bytes, 0, bytes.length);
    return filter.lastCost;
  };
  assert.is(costOf('a = 1 OR a = 2') / costOf('a = 1'), 7 / 3);
});

test.run();
