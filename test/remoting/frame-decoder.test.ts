/** Chunks → frames, however the stream is cut, and what happens to wrong lengths. */
import * as assert from 'uvu/assert';
import { ProtocolError } from '#src/base/errors.js';
import { FrameDecoder, MAX_FRAME_BYTES } from '#src/remoting/frame-decoder.js';
import { createRequest, SerializeType, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { suite } from '../suite.js';
import { cutAtRandom, decodeFrames, encodeFrames, seededRandom } from './frames.js';

const test = suite('frame decoder');

function randomCommand(random: () => number, opaque: number): RemotingCommand {
  const body = random() < 0.3 ? undefined : Buffer.alloc(Math.floor(random() ** 4 * 200_000) + 1, opaque);
  const command = createRequest(
    Math.floor(random() * 400),
    { key: 'ü'.repeat(Math.floor(random() * 50)), opaque: `${opaque}` },
    body,
  );
  command.opaque = opaque;
  command.serializeType = random() < 0.5 ? SerializeType.JSON : SerializeType.ROCKETMQ;
  if (command.serializeType === SerializeType.ROCKETMQ && command.extFields?.['key'] === '')
    delete command.extFields['key'];
  return command;
}

test('gives the same commands wherever the stream is cut', () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const random = seededRandom(seed);
    const commands = Array.from({ length: 20 }, (_, opaque) => randomCommand(random, opaque));
    const read = decodeFrames(...cutAtRandom(encodeFrames(...commands), random));
    assert.equal(read, commands, `seed ${seed}`);
  }
});

test('hands on a frame within one chunk without copying it', () => {
  const chunk = encodeFrames(createRequest(10, {}, Buffer.from('body')));
  let sameMemory = false;
  new FrameDecoder((buffer) => {
    sameMemory = buffer === chunk;
    return true;
  }).push(chunk);
  assert.ok(sameMemory);
});

test('reads a byte at a time', () => {
  const commands = [createRequest(10, { a: 'b' }, Buffer.from('x')), createRequest(11)];
  const bytes = encodeFrames(...commands);
  assert.equal(decodeFrames(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))), commands);
});

function numberedFrame(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(4);
  bytes.writeInt32BE(value, 4);
  return bytes;
}

for (const length of [-1, 0, 3, MAX_FRAME_BYTES + 1, 0x7f_ff_ff_ff]) {
  test(`refuses a length of ${length}`, () => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(length);
    assert.throws(
      () => decodeFrames(bytes),
      (error: unknown) => error instanceof ProtocolError,
    );
    assert.throws(
      () => decodeFrames(bytes.subarray(0, 2), bytes.subarray(2)),
      (error: unknown) => error instanceof ProtocolError,
    );
  });
}

test('keeps memory in proportion to what has come, not to the length claimed', () => {
  const decoder = new FrameDecoder(() => true);
  const claim = Buffer.alloc(5);
  claim.writeInt32BE(MAX_FRAME_BYTES);
  const before = process.memoryUsage().arrayBuffers;
  decoder.push(claim);
  assert.is(decoder.bufferedBytes, 5);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

test('holds back what follows a frame whose handler says so, until resumed', () => {
  const taken: number[] = [];
  let isOpen = true;
  const decoder = new FrameDecoder((buffer, start) => {
    taken.push(buffer.readInt32BE(start));
    return isOpen;
  });
  isOpen = false;
  decoder.push(Buffer.concat([numberedFrame(1), numberedFrame(2), numberedFrame(3).subarray(0, 5)]));
  decoder.push(Buffer.concat([numberedFrame(3).subarray(5), numberedFrame(4)]));
  assert.equal(taken, [1]);
  decoder.resume();
  assert.equal(taken, [1, 2]);
  isOpen = true;
  decoder.resume();
  assert.equal(taken, [1, 2, 3, 4]);
  assert.is(decoder.bufferedBytes, 0);
});

test.run();
