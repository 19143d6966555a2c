/** Frames for tests: made by our encoder, cut into pieces, and read back. Java: none. */
import { decodeCommand } from '#src/remoting/command-codec.js';
import { FrameBatch } from '#src/remoting/frame-batch.js';
import { FrameDecoder } from '#src/remoting/frame-decoder.js';
import type { RemotingCommand } from '#src/remoting/remoting-command.js';

/** The bytes of these commands, one frame behind the other. */
export function encodeFrames(...commands: RemotingCommand[]): Buffer {
  const batch = new FrameBatch();
  for (const command of commands) batch.append(command);
  return Buffer.concat(batch.take().map(({ segment, bytes }) => segment.subarray(0, bytes)));
}

/** The commands in these chunks, bodies copied. */
export function decodeFrames(...chunks: Buffer[]): RemotingCommand[] {
  const commands: RemotingCommand[] = [];
  const decoder = new FrameDecoder((buffer, start, end) => {
    const command = decodeCommand(buffer, start, end);
    if (command.body !== undefined) command.body = Buffer.from(command.body);
    commands.push(command);
    return true;
  });
  for (const chunk of chunks) decoder.push(chunk);
  return commands;
}

/** The only command in a frame. */
export function decodeFrame(frame: Buffer): RemotingCommand {
  const [command] = decodeFrames(frame);
  if (command === undefined) throw new Error('not a whole frame');
  return command;
}

/** Repeatable random numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `bytes` cut at random places, often within a length field. */
export function cutAtRandom(bytes: Buffer, random: () => number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const size = 1 + Math.floor(random() ** 3 * 3000);
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return chunks;
}
