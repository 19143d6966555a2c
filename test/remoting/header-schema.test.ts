/** Header declarations: what is missing or cannot be read, other names on the wire, and the two codecs with odd input. */
import * as assert from 'uvu/assert';
import { ProtocolError } from '#src/base/errors.js';
import { setHeaderFaultListener } from '#src/remoting/header-compiler.js';
import { boolean, defineHeader, int, long, string } from '#src/remoting/header-schema.js';
import {
  SendMessageRequestHeader,
  SendMessageRequestHeaderV2,
} from '#src/remoting/headers/send-message-request-header.js';
import { createRequest, SerializeType } from '#src/remoting/remoting-command.js';
import { suite } from '../suite.js';
import { decodeFrame, decodeFrames, encodeFrames, seededRandom } from './frames.js';

const test = suite('headers');
const Sample = defineHeader('Sample', {
  group: string(),
  queueId: int(),
  offset: long().optional(),
  order: boolean().default(true),
});

test('missing mandatory fields are told once and read as nothing', () => {
  const faults: string[] = [];
  setHeaderFaultListener((header, field, text) => faults.push(`${header}.${field}=${text}`));
  assert.equal(Sample.decode(undefined), { group: '', queueId: 0, offset: undefined, order: true });
  assert.equal(Sample.decode({ queueId: '1.5', offset: 'x' }), {
    group: '',
    queueId: 0,
    offset: undefined,
    order: true,
  });
  setHeaderFaultListener(undefined);
  assert.equal(faults, ['Sample.group=undefined', 'Sample.queueId=undefined', 'Sample.offset=x']);
});

test('encodes to text and leaves undefined out', () => {
  assert.equal(Sample.encode({ group: 'g', queueId: -1, order: false }), { group: 'g', queueId: '-1', order: 'false' });
});

test('V1 and V2 of the send header are one declaration', () => {
  const value = SendMessageRequestHeader.decode({ producerGroup: 'p', topic: 't', queueId: '3', bname: 'b' });
  const wire = SendMessageRequestHeaderV2.encode(value);
  assert.is(wire['a'], 'p');
  assert.is(wire['n'], 'b');
  assert.equal(SendMessageRequestHeaderV2.decode(wire), value);
});

function jsonFrame(header: string): Buffer {
  const bytes = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeInt32BE(4 + bytes.length);
  prefix.writeInt32BE(bytes.length, 4);
  return Buffer.concat([prefix, bytes]);
}

test('a JSON header is read as fastjson would, or is a protocol error', () => {
  const command = decodeFrame(jsonFrame('{"code":5,"language":9,"extFields":{"a":1,"b":null,"c":true},"remark":null}'));
  assert.is(command.language, 'GO');
  assert.is(command.opaque, 0);
  assert.equal(command.extFields, { a: '1', c: 'true' });
  for (const header of [
    '',
    '{',
    'null',
    '[]',
    '7',
    '{"code":"x"}',
    '{"code":1.5}',
    '{"extFields":[]}',
    '{"extFields":"x"}',
  ]) {
    assert.throws(
      () => decodeFrame(jsonFrame(header)),
      (error: unknown) => error instanceof ProtocolError,
      header,
    );
  }
});

test('an unknown serialisation and a header longer than its frame are protocol errors', () => {
  const unknown = jsonFrame('{}');
  unknown.writeUInt8(7, 4);
  const tooLong = jsonFrame('{}');
  tooLong.writeInt32BE(3, 4);
  for (const frame of [unknown, tooLong]) {
    assert.throws(
      () => decodeFrame(frame),
      (error: unknown) => error instanceof ProtocolError,
    );
  }
});

test('mutated frames end in commands or a protocol error', () => {
  const random = seededRandom(11);
  for (let round = 0; round < 20_000; round += 1) {
    const command = createRequest(310, { a: 'group', i: 'KEYS\u0001ü\u0002' }, Buffer.from('body'));
    command.serializeType = round % 2 === 0 ? SerializeType.JSON : SerializeType.ROCKETMQ;
    command.remark = 'remark';
    const frame = encodeFrames(command);
    for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips -= 1) {
      frame[Math.floor(random() * frame.length)] = Math.floor(random() * 256);
    }
    try {
      decodeFrames(frame);
    } catch (error) {
      assert.instance(error, ProtocolError, `round ${round}: ${frame.toString('hex')}`);
    }
  }
});

test.run();
