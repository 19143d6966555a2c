/** What the store reads of a record's properties, against the plain way by a map, and Java's hash over bytes against that over text. */
import * as assert from 'uvu/assert';

import { IndexType, indexKeyHash, isIndexed, KeyHashes, topicHashOf } from '#src/message/index-keys.js';
import { propertiesToMap } from '#src/message/message-properties.js';
import { SysFlag } from '#src/message/message-sys-flag.js';
import { hashOfText, RecordProperties, tagsCodeOfProperties } from '#src/message/record-properties.js';
import { javaStringHash, tagsToTagsCode } from '#src/message/tags-code.js';

import { suite } from '../suite.js';

const test = suite('record properties');

function located(text: string): { tags?: string; keys?: string; uniqueKey?: string } {
  const bytes = Buffer.from(`xx${text}yy`);
  const properties = new RecordProperties();
  properties.locate(bytes, 2, bytes.length - 2);
  const { tagsStart, keysStart, uniqueKeyStart } = properties;
  return {
    ...(tagsStart < 0 ? {} : { tags: bytes.toString('utf8', tagsStart, properties.tagsEnd) }),
    ...(keysStart < 0 ? {} : { keys: bytes.toString('utf8', keysStart, properties.keysEnd) }),
    ...(uniqueKeyStart < 0 ? {} : { uniqueKey: bytes.toString('utf8', uniqueKeyStart, properties.uniqueKeyEnd) }),
  };
}

function ofMap(text: string): { tags?: string; keys?: string; uniqueKey?: string } {
  const map = propertiesToMap(text);
  const [tags, keys, uniqueKey] = [map.get('TAGS'), map.get('KEYS'), map.get('UNIQ_KEY')];
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(keys === undefined ? {} : { keys }),
    ...(uniqueKey === undefined ? {} : { uniqueKey }),
  };
}

test('tags, keys and unique key are found wherever they stand', () => {
  assert.equal(located('TAGS\u0001a\u0002KEYS\u0001b c\u0002UNIQ_KEY\u0001d\u0002'), {
    tags: 'a',
    keys: 'b c',
    uniqueKey: 'd',
  });
  assert.equal(located(''), {});
  assert.equal(located('MYTAGS\u0001a\u0002TAGSX\u0001b\u0002KEYS\u0002\u0001x\u0002UNIQ_KEY\u0001'), {});
  assert.equal(located('TAGS\u0001a\u0002TAGS\u0001b'), { tags: 'b' });
  assert.equal(located('KEYS\u0001a\u0001b\u0002'), { keys: 'a\u0001b' });
});

test('pieces of any kind are read as by a map', () => {
  const pieces = [
    'TAGS',
    'KEYS',
    'UNIQ_KEY',
    'W',
    '\u0001',
    '\u0001',
    '\u0002',
    '\u0002',
    '\u0000',
    '\u0003',
    'wört',
    ' ',
  ];
  let seed = 1;
  const next = (): string => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return pieces[(seed >>> 8) % pieces.length] ?? '';
  };
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: round % 13 }, next).join('');
    assert.equal(located(text), ofMap(text), JSON.stringify(text));
    const bytes = Buffer.from(text);
    assert.is(tagsCodeOfProperties(bytes, 0, bytes.length), tagsToTagsCode(ofMap(text).tags), JSON.stringify(text));
  }
});

test('the hash over bytes is that over UTF-16 units, whatever comes before', () => {
  for (const text of [
    '',
    'a',
    'abcd',
    'abcde',
    'polygenelubricants',
    'abcdefghü',
    'ü',
    '\u{1f600}x',
    'abc\u{1f600}',
  ] as const) {
    const bytes = Buffer.from(text);
    assert.is(hashOfText(bytes, 0, bytes.length, 0), javaStringHash(text), text);
    assert.is(hashOfText(bytes, 0, bytes.length, javaStringHash('T#')), javaStringHash(`T#${text}`), text);
  }
});

test('the keys of a record: its unique key, each word of its keys, its tags', () => {
  const text = 'KEYS\u0001 one  two \u0002TAGS\u0001a b\u0002UNIQ_KEY\u0001id\u0002';
  const bytes = Buffer.from(text);
  const properties = new RecordProperties();
  properties.locate(bytes, 0, bytes.length);
  const hashes = new KeyHashes();
  hashes.add(bytes, properties, topicHashOf('T'), 1234);
  assert.is(hashes.length, 4);
  assert.is(hashes.offsets[3], 1234);
  assert.equal(
    [...hashes.values.subarray(0, 4)],
    ['id', 'one', 'two', 'T#a b'].map((key) => Math.abs(javaStringHash(`T#${key}`))),
  );
  assert.is(indexKeyHash('T', 'a b', IndexType.TAG), Math.abs(javaStringHash('T#T#a b')));
  assert.is(indexKeyHash('GoldenTopic', 'hcbhahje', undefined), 0, 'the smallest int has no positive');
});

test('many keys of one batch are kept in their order', () => {
  const bytes = Buffer.from(`KEYS\u0001${Array.from({ length: 3000 }, (_, i) => `k${i}`).join(' ')}\u0002`);
  const properties = new RecordProperties();
  properties.locate(bytes, 0, bytes.length);
  const hashes = new KeyHashes();
  hashes.add(bytes, properties, topicHashOf('T'), 5678);
  assert.is(hashes.length, 3000);
  assert.is(hashes.offsets[2999], 5678);
  assert.is(hashes.values[2999], indexKeyHash('T', 'k2999', undefined));
});

test('a rolled-back message is not indexed, a half one is', () => {
  assert.equal(
    [0, SysFlag.TRANSACTION_PREPARED, SysFlag.TRANSACTION_COMMIT, SysFlag.TRANSACTION_ROLLBACK].map(isIndexed),
    [true, true, true, false],
  );
});

test.run();
