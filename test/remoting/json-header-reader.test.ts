/** Headers read by their shape: whatever comes, the outcome is the parser's. */
import * as assert from 'uvu/assert';
import { decodeJsonHeader } from '#src/remoting/json-header.js';
import { JsonHeaderReader } from '#src/remoting/json-header-reader.js';
import { JsonHeaderShape } from '#src/remoting/json-header-shape.js';
import type { RemotingCommand } from '#src/remoting/remoting-command.js';
import { suite } from '../suite.js';
import { seededRandom } from './frames.js';

const test = suite('JSON headers by shape');

const ROUNDS = 20_000;
const LESSON = 16;
const VALUES = [
  '',
  '0',
  '7',
  'topic',
  'a\u0001b\u0002c\u0001d\u0002',
  'grün',
  '"',
  '\\',
  'x'.repeat(300),
  '\u007f',
  '\n',
  '你好',
];
const KEYS = ['a', 'b', 'queueId', 'i', '__proto__', '1', 'ext'];

function outcome(read: () => RemotingCommand): unknown {
  try {
    return read();
  } catch (error) {
    return (error as Error).message;
  }
}

function shapeOf(text: string): JsonHeaderShape | undefined {
  const bytes = Buffer.from(text);
  return JsonHeaderShape.learn(bytes, 0, bytes.length, decodeJsonHeader(bytes, 0, bytes.length));
}

test('random headers, whole and damaged, are read as the parser reads them', () => {
  const random = seededRandom(20_261_121);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  let byShape = 0;
  for (let round = 0; round < ROUNDS / 100; round++) {
    const reader = new JsonHeaderReader();
    const keys = KEYS.filter(() => random() < 0.7);
    const escape = random() < 0.5;
    for (let i = 0; i < 100; i++) {
      const extFields = Object.fromEntries(
        keys.map((key) => [key, random() < 0.8 ? String(below(200)) : pick(VALUES)]),
      );
      let text = JSON.stringify({
        code: 310,
        extFields,
        flag: random() < 0.1 ? 2 : 0,
        language: random() < 0.02 ? 'GO' : 'JAVA',
        opaque: pick([0, 9, 10, 1_000_000, 2_147_483_647, 2_147_483_648, -1]),
        version: 497,
      });
      if (escape) text = text.replaceAll('e', '\\u0065');
      const bytes = Buffer.concat([Buffer.from(text), Buffer.from('"}body')]);
      const end = bytes.length - 6;
      if (random() < 0.3) bytes[below(end)] = pick([0x22, 0x5c, 0x7d, 0x2c, 0x30, 0x0a, 0x80, 0x2d, 0x20]);
      const cut = random() < 0.05 ? below(end) : end;
      assert.equal(
        outcome(() => reader.read(bytes, 0, cut)),
        outcome(() => decodeJsonHeader(bytes, 0, cut)),
        bytes.toString('latin1', 0, cut),
      );
      const shape = i === 0 ? shapeOf(text.replace('2147483648', '1').replace('"opaque":-1', '"opaque":1')) : undefined;
      if (shape !== undefined) byShape++;
    }
  }
  assert.ok(byShape > 10, `${byShape} shapes were learned`);
});

test('a shape reads other values of the same fields', () => {
  const header = (opaque: number, queueId: string, properties: string): Buffer =>
    Buffer.from(
      JSON.stringify({
        code: 310,
        extFields: { b: 'T', e: queueId, i: properties },
        flag: 0,
        language: 'JAVA',
        opaque,
        version: 1,
      }),
    );
  const shape = shapeOf(header(1, '0', 'KEYS\u0001k\u0002').toString());
  assert.ok(shape !== undefined);
  for (const bytes of [
    header(2_147_483_647, '12', ''),
    header(0, '3', 'A\u0001b\u0002'),
    header(5, '3', 'plain'),
    header(5, '4', 'plain'),
  ]) {
    const read = shape.read(bytes, 0, bytes.length);
    assert.ok(read !== undefined, bytes.toString());
    assert.equal(read, decodeJsonHeader(bytes, 0, bytes.length));
  }
});

test('what a shape does not know is left to the parser', () => {
  const shape = shapeOf('{"code":310,"extFields":{"b":"T"},"opaque":12}');
  assert.ok(shape !== undefined);
  const others = [
    '{"code":311,"extFields":{"b":"T"},"opaque":12}',
    '{"code":310,"extFields":{"b":"T"},"opaque":012}',
    '{"code":310,"extFields":{"b":"T"},"opaque":12345678901}',
    '{"code":310,"extFields":{"b":"T"},"opaque":1.5}',
    '{"code":310,"extFields":{"b":"T"},"opaque":12} ',
    '{"code":310,"extFields":{"b":"T","c":"d"},"opaque":12}',
    '{"code":310,"extFields":{"b":"ü"},"opaque":12}',
    '{"code":310,"extFields":{"b":"\\u00e9"},"opaque":12}',
    '{"code":310,"extFields":{"b":"\\n"},"opaque":12}',
    '{"code":310,"extFields":{"b":"T',
  ];
  for (const text of others) assert.is(shape.read(Buffer.from(text), 0, Buffer.byteLength(text)), undefined, text);
});

test('nothing is learned from headers with anything unusual', () => {
  const unusual = [
    '{"code":310,"opaque":12}',
    '{"code":310,"extFields":{"b":1},"opaque":12}',
    '{"code":310,"extFields":{"b":"x","b":"y"},"opaque":12}',
    '{"code":310,"opaque":1,"extFields":{"b":"x"},"opaque":12}',
    '{"code":310,"extFields":{"__proto__":"x"},"opaque":12}',
    '{"code":310,"extFields":{"\\u0062":"x"},"opaque":12}',
    '{"code":310,"extFields":{"b":"x"},"other":{},"opaque":12}',
    '{"code":310,"extFields":{"b":"x"},"opaque":-12}',
  ];
  for (const text of unusual) assert.is(shapeOf(text), undefined, text);
});

test('a connection learns after some headers, and goes on learning when its client changes', () => {
  const reader = new JsonHeaderReader();
  for (let code = 1; code <= 8; code++) {
    for (let opaque = 0; opaque < LESSON * 2; opaque++) {
      const bytes = Buffer.from(`{"code":${code},"extFields":{"k${code}":"${opaque}"},"opaque":${opaque}}`);
      const read = reader.read(bytes, 0, bytes.length);
      assert.equal([read.code, read.opaque, read.extFields], [code, opaque, { [`k${code}`]: String(opaque) }]);
    }
  }
});

test.run();
