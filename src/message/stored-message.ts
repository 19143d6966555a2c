/**
 * A stored record, decoded: for services of the broker that read messages back and put them again in another form. Any thread.
 * Java: MessageExt, MessageDecoder.decode.
 * Invariant: its byte fields are views into the buffer it was decoded from.
 */
import { emptyRecordParts, locateParts, readInt64, RECORD, storeTimestampPosition } from './stored-record.js';

const TIMESTAMP_BYTES = 8;
/** reconsumeTimes (4), preparedTransactionOffset (8) and the body's size (4). */
const AFTER_STORE_HOST_BYTES = 16;

/** The fields of a record by Java's names. It may be handed to the store again as it is, or with some fields changed. */
export interface StoredMessage {
  readonly topic: string;
  readonly queueId: number;
  readonly flag: number;
  readonly sysFlag: number;
  readonly bornTimestampMs: number;
  /** 8 or 20 bytes, as is `storeHost`. */
  readonly bornHost: Buffer;
  readonly storeTimestampMs: number;
  readonly storeHost: Buffer;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  readonly body: Buffer;
  /** As stored: `key\u0001value\u0002…`. */
  readonly properties: string;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly bodyCrc: number;
}

/** Decodes the record at `position`; undefined when its lengths contradict each other. */
export function decodeStoredMessage(source: Buffer, position = 0): StoredMessage | undefined {
  const parts = emptyRecordParts();
  if (!locateParts(source, position, source.length, parts)) return undefined;
  const storeTimestampAt = storeTimestampPosition(source, position);
  const reconsumeTimesAt = parts.bodyStart - AFTER_STORE_HOST_BYTES;
  return {
    topic: source.toString('utf8', parts.topicStart, parts.topicEnd),
    queueId: source.readInt32BE(position + RECORD.QUEUE_ID),
    flag: source.readInt32BE(position + RECORD.FLAG),
    sysFlag: source.readInt32BE(position + RECORD.SYS_FLAG),
    bornTimestampMs: readInt64(source, position + RECORD.BORN_TIMESTAMP),
    bornHost: source.subarray(position + RECORD.BORN_HOST, storeTimestampAt),
    storeTimestampMs: readInt64(source, storeTimestampAt),
    storeHost: source.subarray(storeTimestampAt + TIMESTAMP_BYTES, reconsumeTimesAt),
    reconsumeTimes: source.readInt32BE(reconsumeTimesAt),
    preparedTransactionOffset: readInt64(source, reconsumeTimesAt + 4),
    body: source.subarray(parts.bodyStart, parts.bodyEnd),
    properties: source.toString('utf8', parts.propertiesStart, parts.propertiesEnd),
    queueOffset: readInt64(source, position + RECORD.QUEUE_OFFSET),
    physicalOffset: readInt64(source, position + RECORD.PHYSICAL_OFFSET),
    bodyCrc: source.readInt32BE(position + RECORD.BODY_CRC),
  };
}

/** Decodes the whole records in `source`, one after the other; stops before bytes that are none. */
export function decodeMessages(source: Buffer): StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (let at = 0; ;) {
    const message = decodeStoredMessage(source, at);
    if (message === undefined) return messages;
    messages.push(message);
    at += source.readInt32BE(at + RECORD.TOTAL_SIZE);
  }
}
