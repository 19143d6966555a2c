/** Properties in stored form and the tags code, against what Java computes. */
import * as assert from 'uvu/assert';

import { decodeBatch } from '#src/message/batch-decoder.js';
import { createOffsetMessageId, physicalOffsetOfMessageId } from '#src/message/message-id.js';
import {
  appendProperty,
  getProperty,
  propertiesToMap,
  propertiesToString,
  removeProperty,
} from '#src/message/message-properties.js';
import { tagsCodeOfProperties } from '#src/message/record-properties.js';
import { javaStringHash } from '#src/message/tags-code.js';

import { suite } from '../suite.js';

const test = suite('message properties');
const TEXT = 'MYTAGS\u0001no\u0002TAGS\u0001Ünïcode😀\u0002WAIT\u0001true\u0002';

test('a name is found whole, not as the end of another', () => {
  assert.is(getProperty(TEXT, 'TAGS'), 'Ünïcode😀');
  assert.is(getProperty(TEXT, 'AGS'), undefined);
  assert.is(getProperty('a\u0001b', 'a'), 'b');
});

test('append, remove and the map agree', () => {
  assert.is(removeProperty(TEXT, 'TAGS'), 'MYTAGS\u0001no\u0002WAIT\u0001true\u0002');
  assert.is(removeProperty(TEXT, 'NONE'), TEXT);
  assert.is(appendProperty('a\u0001b', 'c', 'd'), 'a\u0001b\u0002c\u0001d\u0002');
  assert.is(propertiesToString(propertiesToMap(TEXT)), TEXT);
  assert.equal([...propertiesToMap('\u0001x\u0002y\u0001\u0002z\u0001w')], [['z', 'w']]);
});

test('hashes are those of Java', () => {
  // Taken from `"…".hashCode()` of a JVM; AaAa and BBBB collide there and so they must here.
  assert.is(javaStringHash('TagA'), 2598919);
  assert.is(javaStringHash('AaAa'), javaStringHash('BBBB'));
  assert.is(javaStringHash('polygenelubricants'), -2147483648);
});

test('the tags code is read from the bytes', () => {
  const bytes = Buffer.from(`??${TEXT}`);
  assert.is(tagsCodeOfProperties(bytes, 2, bytes.length), javaStringHash('Ünïcode😀'));
  assert.is(tagsCodeOfProperties(bytes, 2, 8), 0);
});

test('a message id carries host and offset', () => {
  const id = createOffsetMessageId(Buffer.from('7f00000100002a9f', 'hex'), 2 ** 33 + 5);
  assert.is(id, '7F00000100002A9F0000000200000005');
  assert.is(physicalOffsetOfMessageId(id), 2 ** 33 + 5);
  assert.is(physicalOffsetOfMessageId('nonsense'), undefined);
});

test('a damaged batch is refused with MESSAGE_ILLEGAL wherever it is cut', () => {
  const one = Buffer.alloc(22 + 5 + 4);
  one.writeInt32BE(one.length, 0);
  one.writeInt32BE(5, 16);
  one.write('hello', 20);
  one.writeInt16BE(4, 25);
  one.write('k\u0001v\u0002', 27);
  const batch = Buffer.concat([one, one]);
  assert.is(decodeBatch(batch).length, 2);
  assert.is(decodeBatch(batch)[1]?.properties, 'k\u0001v\u0002');
  for (let end = 0; end < batch.length; end++) {
    if (end === one.length) continue;
    assert.throws(
      () => decodeBatch(batch.subarray(0, end)),
      (error: { code: number }) => error.code === 13,
    );
  }
});

test.run();
