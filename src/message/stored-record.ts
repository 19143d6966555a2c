/**
 * The layout of one message in the commit log, as Apache writes it, declared once: positions, sizes, encoder and accessors.
 * Any thread. Java: MessageExtEncoder, MessageDecoder, CommitLog.checkMessageAndReturnSize.
 *
 *     0   i32  totalSizeBytes          28  i64  physicalOffset
 *     4   i32  magic (V1, V2, blank)   36  i32  sysFlag
 *     8   i32  bodyCrc                 40  i64  bornTimestampMs
 *     12  i32  queueId                 48  B    bornHost: address, port as i32 (B = 8, or 20 when sysFlag says IPv6)
 *     16  i32  flag                    48+B     i64  storeTimestampMs
 *     20  i64  queueOffset             56+B     S    storeHost (S = 8 or 20)
 *     56+B+S   i32  reconsumeTimes
 *     60+B+S   i64  preparedTransactionOffset
 *     68+B+S   i32  bodySizeBytes, body
 *     …        u8 (V1) or u16 (V2) topicSizeBytes, topic (UTF-8)
 *     …        i16  propertiesSizeBytes, properties (UTF-8)
 *
 * Invariant: all integers are big endian, and totalSizeBytes counts every field including itself.
 */
import { assert } from '../base/assert.js';
import { SysFlag } from './message-sys-flag.js';

/** Magic of a record whose topic has at most 127 bytes. */
export const MESSAGE_MAGIC_V1 = -626843481;
/** Magic of a record whose topic length takes two bytes. */
export const MESSAGE_MAGIC_V2 = -626843477;
/** Magic of the blank that fills a segment's end. Java: CommitLog.BLANK_MAGIC_CODE. */
export const BLANK_MAGIC = -875286124;
/** A blank needs at least this much: its size and magic. Java: END_FILE_MIN_BLANK_LENGTH. */
export const BLANK_SIZE_MIN = 8;
/** Longest topic, in bytes, that a V1 record carries; longer ones make a V2 record. Java: Byte.MAX_VALUE. */
export const V1_TOPIC_BYTES_MAX = 127;
/** Longest properties, in bytes. Java: Short.MAX_VALUE. */
export const PROPERTIES_BYTES_MAX = 32767;

/** Positions of the fields before the first host, and of those after the hosts relative to their end. */
export const RECORD = {
  TOTAL_SIZE: 0,
  MAGIC: 4,
  BODY_CRC: 8,
  QUEUE_ID: 12,
  FLAG: 16,
  QUEUE_OFFSET: 20,
  PHYSICAL_OFFSET: 28,
  SYS_FLAG: 36,
  BORN_TIMESTAMP: 40,
  BORN_HOST: 48,
} as const;

const AFTER_BORN_HOST_TIMESTAMP_BYTES = 8;
const FIXED_BYTES_WITHOUT_HOSTS = 72;

/** What the encoder needs of a message; the offsets, store time and CRC are filled in later by the commitlog worker. */
export interface RecordFields {
  readonly queueId: number;
  readonly flag: number;
  readonly sysFlag: number;
  readonly bornTimestampMs: number;
  readonly bornHost: Uint8Array;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  readonly body: Uint8Array;
}

/** Bytes of a host in a record, by the IPv6 bit of its sysFlag. */
function hostBytes(sysFlag: number, v6Bit: number): number {
  return (sysFlag & v6Bit) === 0 ? 8 : 20;
}

/** Size of the record that `encodeRecord` would write. */
export function recordSize(
  bornHostBytes: number,
  storeHostBytes: number,
  bodyBytes: number,
  topicBytes: number,
  propertiesBytes: number,
): number {
  const topicSizeBytes = topicBytes > V1_TOPIC_BYTES_MAX ? 2 : 1;
  return (
    FIXED_BYTES_WITHOUT_HOSTS +
    bornHostBytes +
    storeHostBytes +
    bodyBytes +
    topicSizeBytes +
    topicBytes +
    2 +
    propertiesBytes
  );
}

/**
 * Writes one record at `position` and returns the position after it. The caller has made room for `recordSize`. `propertiesBytes` is the
 * UTF-8 length of `properties`.
 */
export function encodeRecord(
  target: Buffer,
  position: number,
  message: RecordFields,
  storeHost: Uint8Array,
  topic: Uint8Array,
  properties: string,
  propertiesBytes: number,
): number {
  const { body, bornHost } = message;
  const size = recordSize(bornHost.length, storeHost.length, body.length, topic.length, propertiesBytes);
  const isV2 = topic.length > V1_TOPIC_BYTES_MAX;
  let sysFlag = message.sysFlag & ~(SysFlag.BORN_HOST_V6 | SysFlag.STORE_HOST_V6);
  if (bornHost.length === 20) sysFlag |= SysFlag.BORN_HOST_V6;
  if (storeHost.length === 20) sysFlag |= SysFlag.STORE_HOST_V6;

  target.writeInt32BE(size, position + RECORD.TOTAL_SIZE);
  target.writeInt32BE(isV2 ? MESSAGE_MAGIC_V2 : MESSAGE_MAGIC_V1, position + RECORD.MAGIC);
  target.writeInt32BE(0, position + RECORD.BODY_CRC);
  target.writeInt32BE(message.queueId, position + RECORD.QUEUE_ID);
  target.writeInt32BE(message.flag, position + RECORD.FLAG);
  writeInt64(target, 0, position + RECORD.QUEUE_OFFSET);
  writeInt64(target, 0, position + RECORD.PHYSICAL_OFFSET);
  target.writeInt32BE(sysFlag, position + RECORD.SYS_FLAG);
  writeInt64(target, message.bornTimestampMs, position + RECORD.BORN_TIMESTAMP);
  let at = position + RECORD.BORN_HOST;
  target.set(bornHost, at);
  at += bornHost.length;
  writeInt64(target, 0, at);
  at += AFTER_BORN_HOST_TIMESTAMP_BYTES;
  target.set(storeHost, at);
  at += storeHost.length;
  at = target.writeInt32BE(message.reconsumeTimes, at);
  at = writeInt64(target, message.preparedTransactionOffset, at);
  at = target.writeInt32BE(body.length, at);
  target.set(body, at);
  at += body.length;
  at = isV2 ? target.writeUInt16BE(topic.length, at) : target.writeUInt8(topic.length, at);
  target.set(topic, at);
  at += topic.length;
  at = target.writeInt16BE(propertiesBytes, at);
  // Hot: text of one byte a character, as nearly all is, is copied and not encoded.
  const encoding = propertiesBytes === properties.length ? 'latin1' : 'utf8';
  at += target.write(properties, at, propertiesBytes, encoding);
  assert(at === position + size, 'a record has the size it says');
  return at;
}

/** Writes a whole number as a signed 64-bit integer and returns the position after it. */
export function writeInt64(target: Buffer, value: number, position: number): number {
  // Hot: two 32-bit writes; a BigInt for each field costs about 60 ns.
  target.writeInt32BE(Math.floor(value / 0x1_0000_0000) | 0, position);
  return target.writeUInt32BE(value >>> 0, position + 4);
}

/** Reads a signed 64-bit integer that a double holds exactly (below 2^53). */
export function readInt64(source: Buffer, position: number): number {
  return source.readInt32BE(position) * 0x1_0000_0000 + source.readUInt32BE(position + 4);
}

/** Position of storeTimestamp within a record at `position`. */
export function storeTimestampPosition(source: Buffer, position: number): number {
  const sysFlag = source.readInt32BE(position + RECORD.SYS_FLAG);
  return position + RECORD.BORN_HOST + hostBytes(sysFlag, SysFlag.BORN_HOST_V6);
}

/** Store time of the record at `position`, ms. */
export function storeTimestampOf(source: Buffer, position: number): number {
  return readInt64(source, storeTimestampPosition(source, position));
}

/** Position of bodySize (i32) within a record at `position`; the body follows it. */
export function bodySizePosition(source: Buffer, position: number): number {
  const sysFlag = source.readInt32BE(position + RECORD.SYS_FLAG);
  return position + 68 + hostBytes(sysFlag, SysFlag.BORN_HOST_V6) + hostBytes(sysFlag, SysFlag.STORE_HOST_V6);
}

/** Where a record's parts of variable length are: `[start, end)` in the buffer it was read from. */
export interface RecordParts {
  bodyStart: number;
  bodyEnd: number;
  topicStart: number;
  topicEnd: number;
  propertiesStart: number;
  propertiesEnd: number;
}

/** Parts with all positions zero, to be filled again and again by `locateParts`. */
export function emptyRecordParts(): RecordParts {
  return { bodyStart: 0, bodyEnd: 0, topicStart: 0, topicEnd: 0, propertiesStart: 0, propertiesEnd: 0 };
}

/**
 * Finds the parts of the record at `position`; false when its lengths contradict totalSize or `limit` (the end of readable bytes), so that
 * it can be called on damaged bytes.
 */
export function locateParts(source: Buffer, position: number, limit: number, parts: RecordParts): boolean {
  if (limit - position < FIXED_BYTES_WITHOUT_HOSTS) return false;
  const end = position + source.readInt32BE(position + RECORD.TOTAL_SIZE);
  if (end > limit || end <= position) return false;
  const isV2 = source.readInt32BE(position + RECORD.MAGIC) === MESSAGE_MAGIC_V2;
  let at = bodySizePosition(source, position);
  if (at + 4 > end) return false;
  parts.bodyStart = at + 4;
  parts.bodyEnd = parts.bodyStart + Math.max(0, source.readInt32BE(at));
  at = parts.bodyEnd;
  if (at + (isV2 ? 2 : 1) > end) return false;
  parts.topicStart = at + (isV2 ? 2 : 1);
  parts.topicEnd = parts.topicStart + (isV2 ? source.readUInt16BE(at) : source.readUInt8(at));
  at = parts.topicEnd;
  if (at + 2 > end) return false;
  parts.propertiesStart = at + 2;
  parts.propertiesEnd = parts.propertiesStart + Math.max(0, source.readInt16BE(at));
  return parts.propertiesEnd === end;
}
