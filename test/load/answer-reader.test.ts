/** Answers cut out of a stream of bytes: in whatever pieces they come, and wherever their numbers stand. */
import * as assert from 'uvu/assert';

import { AnswerReader, numberField, parseHeader } from '#src/load/answer-reader.js';
import { encodeRequest, OPAQUE_BASE } from '#src/load/request-template.js';
import { suite } from '../suite.js';

const test = suite('answer reader');

interface Seen {
  readonly code: number;
  readonly opaque: number;
  readonly body: string;
}

function readerOf(seen: Seen[]): AnswerReader {
  return new AnswerReader(({ code, opaque, bytes, bodyAt, end }) =>
    seen.push({ code, opaque, body: bytes.toString('utf8', bodyAt, end) }),
  );
}

/** Headers of different lengths, with keys before, between and after the two numbers. */
function frames(): { bytes: Buffer; expected: Seen[] } {
  const expected: Seen[] = [];
  const parts = Array.from({ length: 12 }, (_, i) => {
    const body = 'b'.repeat(i * 7);
    const opaque = OPAQUE_BASE + i ** 5;
    const code = i % 4 === 3 ? 1000 + i : i;
    expected.push({ code, opaque, body });
    const fields: Record<string, string> = i % 3 === 0 ? {} : { queueOffset: String(10 ** i) };
    return encodeRequest(code, fields, opaque, Buffer.from(body));
  });
  const header = Buffer.from(`{"flag":1,"remark":"late \\"code\\"","opaque":${OPAQUE_BASE},"version":1,"code":12}`);
  const odd = Buffer.alloc(8 + header.length);
  odd.writeUInt32BE(4 + header.length, 0);
  odd.writeUInt32BE(header.length, 4);
  odd.set(header, 8);
  expected.push({ code: 12, opaque: OPAQUE_BASE, body: '' });
  return { bytes: Buffer.concat([...parts, odd]), expected };
}

test('finds code, opaque and body whatever pieces the bytes come in', () => {
  const { bytes, expected } = frames();
  for (const size of [1, 2, 3, 5, 7, 64, 300, bytes.length]) {
    const seen: Seen[] = [];
    const reader = readerOf(seen);
    // One buffer for all pieces, as the sockets have it: nothing may be kept of it.
    const shared = Buffer.alloc(size);
    for (let at = 0; at < bytes.length; at += size) {
      const length = bytes.copy(shared, 0, at, Math.min(bytes.length, at + size));
      reader.push(shared, length);
      shared.fill(0xff);
    }
    assert.equal(seen, expected, `pieces of ${size}`);
  }
});

test('a header without code or opaque, and a frame too long, are errors', () => {
  const frame = encodeRequest(0, {}, OPAQUE_BASE);
  for (const key of ['"code"', '"opaque"']) {
    const broken = Buffer.from(frame);
    broken.write('"_', broken.indexOf(key));
    assert.throws(() => readerOf([]).push(broken), /no "(code|opaque)":/);
  }
  const long = Buffer.from(frame);
  long.writeUInt32BE(0x7fff_ffff, 0);
  assert.throws(() => readerOf([]).push(long), /an answer of 2147483651 bytes/);
});

test('fields of the header are found, and those of a body are not', () => {
  const key = Buffer.from('"nextBeginOffset":"');
  const found: number[] = [];
  const reader = new AnswerReader((answer) => {
    found.push(numberField(answer, key));
    assert.is(parseHeader(answer).extFields?.['nextBeginOffset'] === undefined, found.at(-1) === -1);
  });
  reader.push(encodeRequest(0, { nextBeginOffset: '9007199254740991' }, OPAQUE_BASE));
  reader.push(encodeRequest(0, {}, OPAQUE_BASE, Buffer.from('"nextBeginOffset":"7"')));
  assert.equal(found, [9007199254740991, -1]);
});

test.run();
