/** The codec as the main thread uses it for sends: request frames in, answer frames out. Micro benchmark. */
import { decodeCommand } from '#src/remoting/command-codec.js';
import { FrameBatch, recycleSegment } from '#src/remoting/frame-batch.js';
import { FrameDecoder, LENGTH_BYTES } from '#src/remoting/frame-decoder.js';
import {
  decodeSendMessageRequestHeader,
  SendMessageResponseHeader,
} from '#src/remoting/headers/send-message-request-header.js';
import { JsonHeaderReader } from '#src/remoting/json-header-reader.js';
import { createResponse, SerializeType, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { OPAQUE_BASE } from '#src/load/request-template.js';
import { sendTemplate } from '#src/load/send-template.js';
import type { MicroBenchmark } from './micro-benchmark.js';

/** Frames that one chunk of a busy socket holds: 64 KiB at 1.3 KiB each. */
const FRAMES_PER_CHUNK = 50;

function jsonFrame(): Buffer {
  const template = sendTemplate(
    { topic: 'bench-topic', queueId: 1 },
    { batchSize: 1, bodyBytes: 1024 },
    'C0A80001000018B4AAC2',
  );
  const frame = Buffer.alloc(template.sizeBytes);
  template.copyTo(frame, 0, OPAQUE_BASE);
  return frame;
}

function encoded(command: RemotingCommand): Buffer {
  const batch = new FrameBatch();
  batch.append(command);
  return Buffer.concat(batch.take().map(({ segment, bytes }) => Buffer.from(segment.subarray(0, bytes))));
}

function encodeAndDrop(batch: FrameBatch, command: RemotingCommand): void {
  batch.append(command);
  if (batch.sizeBytes > 32_768) for (const { segment } of batch.take()) recycleSegment(segment);
}

/** Frames decoded to commands, headers to values, and answers encoded; the baseline is one JSON.parse of the same header. */
export function codecBenchmarks(): MicroBenchmark[] {
  const json = jsonFrame();
  const request = decodeCommand(json, LENGTH_BYTES, json.length);
  const binary = encoded({ ...request, serializeType: SerializeType.ROCKETMQ });
  const headerText = json.toString('utf8', 8, 8 + json.readUIntBE(5, 3));
  const chunk = Buffer.concat(Array.from({ length: FRAMES_PER_CHUNK }, () => json));
  const reader = new JsonHeaderReader();
  const decoder = new FrameDecoder((buffer, start, end) => decodeCommand(buffer, start, end, reader).code > 0);
  const answerFields = { msgId: '7F00000100002A9F00000000075BCD15', queueId: 1, queueOffset: 123_456_789 };
  const answer = (serializeType: SerializeType): RemotingCommand =>
    createResponse({ ...request, serializeType }, 0, undefined, SendMessageResponseHeader.encode(answerFields));
  const batch = new FrameBatch();
  const group = 'codec';
  return [
    { group, name: 'JSON.parse of the header alone', isBaseline: true, run: () => void JSON.parse(headerText) },
    { group, name: 'frame to command, JSON', run: () => void decodeCommand(json, LENGTH_BYTES, json.length) },
    {
      group,
      name: 'frame to command, JSON by its shape',
      run: () => void decodeCommand(json, LENGTH_BYTES, json.length, reader),
    },
    { group, name: 'frame to command, ROCKETMQ', run: () => void decodeCommand(binary, LENGTH_BYTES, binary.length) },
    { group, name: 'send header from extFields', run: () => void decodeSendMessageRequestHeader(request) },
    { group, name: 'chunk to commands, a frame', operations: FRAMES_PER_CHUNK, run: () => decoder.push(chunk) },
    { group, name: 'answer to frame, JSON', run: () => encodeAndDrop(batch, answer(SerializeType.JSON)) },
    { group, name: 'answer to frame, ROCKETMQ', run: () => encodeAndDrop(batch, answer(SerializeType.ROCKETMQ)) },
  ];
}
