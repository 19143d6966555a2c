/** The log tail window: reads around its end, refuses what is not there, and notices bytes overtaken while they are copied. */
import * as assert from 'uvu/assert';

import { allocateLogTailWindow, LogTailWindowReader, LogTailWindowWriter } from '#src/ring/log-tail-window.js';

import { suite } from '../suite.js';

const SIZE_BYTES = 1 << 16;
/** Past 2^32 and not on a multiple of the window. */
const BEGIN = 2 ** 33 + 12_345;
const test = suite('LogTailWindow');

function append(writer: LogTailWindowWriter, offset: number, text: string): number {
  const bytes = Buffer.from(text);
  writer.reserve(offset + bytes.length);
  writer.copyIn(bytes, 0, bytes.length, offset);
  writer.publish(offset + bytes.length);
  return offset + bytes.length;
}

function setUp(): { writer: LogTailWindowWriter; reader: LogTailWindowReader } {
  const memory = allocateLogTailWindow(SIZE_BYTES);
  const writer = new LogTailWindowWriter(memory);
  writer.begin(BEGIN);
  return { writer, reader: new LogTailWindowReader(memory) };
}

test('gives back what was appended, also across the end of the window', () => {
  const { writer, reader } = setUp();
  const target = Buffer.alloc(10_000);
  let end = BEGIN;
  for (let i = 0; i < 30; i++) {
    const text = String(i).padStart(7000, 'x');
    end = append(writer, end, text);
    assert.ok(reader.copyOut(end - 7000, 7000, target, 5));
    assert.is(target.toString('latin1', 5, 7005), text);
  }
});

test('refuses bytes before its beginning, after the visible end, and overtaken ones', () => {
  const { writer, reader } = setUp();
  const target = Buffer.alloc(SIZE_BYTES);
  const end = append(writer, BEGIN, 'y'.repeat(60_000));
  assert.not(reader.copyOut(BEGIN - 1, 10, target, 0));
  assert.not(reader.copyOut(end - 5, 6, target, 0));
  assert.ok(reader.copyOut(BEGIN, 10, target, 0));
  append(writer, end, 'z'.repeat(60_000));
  assert.not(reader.copyOut(BEGIN, 10, target, 0));
  assert.is(reader.oldestOffset, end + 60_000 - SIZE_BYTES);
});

test('bytes that the writer has only announced to overwrite are refused already', () => {
  const { writer, reader } = setUp();
  const end = append(writer, BEGIN, 'a'.repeat(SIZE_BYTES));
  const target = Buffer.alloc(16);
  assert.ok(reader.copyOut(BEGIN, 16, target, 0));
  writer.reserve(end + 1);
  assert.not(reader.copyOut(BEGIN, 16, target, 0));
  assert.ok(reader.copyOut(BEGIN + 1, 15, target, 0));
});

test('a question is asked about the bytes in place, or about a copy of those around the window’s end', () => {
  const { writer, reader } = setUp();
  const seen: string[] = [];
  const inspector = {
    isMatch: (source: Buffer, position: number, limit: number): boolean => {
      seen.push(source.toString('latin1', position, limit));
      return seen.length === 2;
    },
  };
  const second = append(writer, BEGIN, 'first'.padEnd(SIZE_BYTES - (BEGIN % SIZE_BYTES) - 3, '.'));
  append(writer, second, 'second');
  assert.is(reader.inspect(BEGIN, 5, inspector), false);
  assert.is(reader.inspect(second, 6, inspector), true);
  assert.equal(seen, ['first', 'second']);
  assert.is(reader.inspect(BEGIN - 1, 5, inspector), undefined);
  assert.is(reader.inspect(second, 7, inspector), undefined);
  assert.is(seen.length, 2, 'what is not there is not asked about');
});

test('an answer about bytes that were overtaken meanwhile is thrown away', () => {
  const { writer, reader } = setUp();
  const end = append(writer, BEGIN, 'a'.repeat(SIZE_BYTES));
  const inspector = {
    isMatch: (): boolean => {
      writer.reserve(end + 1);
      return true;
    },
  };
  assert.is(reader.inspect(BEGIN, 16, inspector), undefined);
  assert.is(reader.inspect(BEGIN + 1, 16, { isMatch: () => true }), true);
});

test('what is written and not visible yet is there for who knows where it ends', () => {
  const { writer, reader } = setUp();
  const end = append(writer, BEGIN, 'a'.repeat(100));
  writer.reserve(end + 50);
  writer.copyIn(Buffer.from('b'.repeat(50)), 0, 50, end);
  const target = Buffer.alloc(60);
  assert.not(reader.copyOut(end - 10, 60, target, 0));
  assert.not(reader.copyOutBelow(end + 49, end - 10, 60, target, 0));
  assert.ok(reader.copyOutBelow(end + 50, end - 10, 60, target, 0));
  assert.is(target.toString('latin1'), 'a'.repeat(10) + 'b'.repeat(50));
});

test.run();
