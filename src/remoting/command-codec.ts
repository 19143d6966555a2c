/**
 * Frame ↔ command, in either serialisation. Main thread. Java: RemotingCommand.decode and encode.
 * The layout of a frame is drawn in `frame-decoder.ts`.
 */
import { ProtocolError } from '../base/errors.js';
import { LENGTH_BYTES } from './frame-decoder.js';
import { encodeJsonHeader } from './json-header.js';
import { JsonHeaderReader } from './json-header-reader.js';
import { SerializeType, type RemotingCommand } from './remoting-command.js';
import { decodeRocketmqHeader, encodeRocketmqHeader, rocketmqHeaderBound } from './rocketmq-header.js';

/** The length field and the header's length field. */
export const FRAME_PREFIX_BYTES = LENGTH_BYTES + 4;
/** UTF-16 to UTF-8 at its worst. */
const MAX_BYTES_PER_CHAR = 3;
const HEADER_LENGTH_MASK = 0xff_ff_ff;

/** Decodes what follows the length field; the body is a view. `jsonReader` is the connection's. Throws ProtocolError. */
export function decodeCommand(
  buffer: Buffer,
  start: number,
  end: number,
  jsonReader = new JsonHeaderReader(),
): RemotingCommand {
  const typeAndLength = buffer.readUInt32BE(start);
  const headerStart = start + 4;
  const headerEnd = headerStart + (typeAndLength & HEADER_LENGTH_MASK);
  if (headerEnd > end) throw new ProtocolError('the header is longer than its frame');
  const command = decodeHeader(typeAndLength >>> 24, buffer, headerStart, headerEnd, jsonReader);
  if (headerEnd < end) command.body = buffer.subarray(headerEnd, end);
  return command;
}

function decodeHeader(
  type: number,
  buffer: Buffer,
  start: number,
  end: number,
  jsonReader: JsonHeaderReader,
): RemotingCommand {
  if (type === SerializeType.JSON) return jsonReader.read(buffer, start, end);
  if (type === SerializeType.ROCKETMQ) return decodeRocketmqHeader(buffer, start, end);
  throw new ProtocolError(`unknown serialisation ${type}`);
}

/** Where a frame is written: gives a buffer and a position with room for at least `bytes`. */
export interface FrameTarget {
  readonly buffer: Buffer;
  readonly position: number;
  reserve(bytes: number): void;
}

/** Writes `command` as a frame at the target's position and gives the frame's end. The body is copied. */
export function encodeCommand(command: RemotingCommand, target: FrameTarget): number {
  const bodyBytes = command.body?.length ?? 0;
  const headerEnd =
    command.serializeType === SerializeType.ROCKETMQ
      ? writeRocketmqHeader(command, target, bodyBytes)
      : writeJsonHeader(command, target, bodyBytes);
  const { buffer, position } = target;
  const headerBytes = headerEnd - position - FRAME_PREFIX_BYTES;
  buffer.writeInt32BE(4 + headerBytes + bodyBytes, position);
  buffer.writeUInt32BE(((command.serializeType << 24) | headerBytes) >>> 0, position + LENGTH_BYTES);
  if (command.body !== undefined) buffer.set(command.body, headerEnd);
  return headerEnd + bodyBytes;
}

function writeJsonHeader(command: RemotingCommand, target: FrameTarget, bodyBytes: number): number {
  const text = encodeJsonHeader(command);
  target.reserve(FRAME_PREFIX_BYTES + text.length * MAX_BYTES_PER_CHAR + bodyBytes);
  const headerStart = target.position + FRAME_PREFIX_BYTES;
  return headerStart + target.buffer.write(text, headerStart);
}

function writeRocketmqHeader(command: RemotingCommand, target: FrameTarget, bodyBytes: number): number {
  target.reserve(FRAME_PREFIX_BYTES + rocketmqHeaderBound(command) + bodyBytes);
  return encodeRocketmqHeader(command, target.buffer, target.position + FRAME_PREFIX_BYTES);
}
