/**
 * A stored record, decoded: for services of the broker that read messages back and put them again in another form. Any thread.
 * Java: MessageExt, MessageDecoder.decode.
 * Invariant: its byte fields are views into the buffer it was decoded from.
 */
import { emptyRecordParts, locateParts, readInt64, RECORD, storeTimestampPosition } from './stored-record.js';

const TIMESTAMP_BYTES = 8;

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

/** Decodes the whole records in `source`, one after the other; stops before bytes that are none. */
export function decodeMessages(source: Buffer): StoredMessage[] {
  const messages: StoredMessage[] = [];
  const parts = emptyRecordParts();
  for (let at = 0; locateParts(source, at, source.length, parts); at += source.readInt32BE(at + RECORD.TOTAL_SIZE)) {
    const storeTimestampAt = storeTimestampPosition(source, at);
    const storeHostAt = storeTimestampAt + TIMESTAMP_BYTES;
    // After the store host come reconsumeTimes (4), preparedTransactionOffset (8) and the body's size (4).
    const reconsumeTimesAt = parts.bodyStart - 16;
    messages.push({
      topic: source.toString('utf8', parts.topicStart, parts.topicEnd),
      queueId: source.readInt32BE(at + RECORD.QUEUE_ID),
      flag: source.readInt32BE(at + RECORD.FLAG),
      sysFlag: source.readInt32BE(at + RECORD.SYS_FLAG),
      bornTimestampMs: readInt64(source, at + RECORD.BORN_TIMESTAMP),
      bornHost: source.subarray(at + RECORD.BORN_HOST, storeTimestampAt),
      storeTimestampMs: readInt64(source, storeTimestampAt),
      storeHost: source.subarray(storeHostAt, reconsumeTimesAt),
      reconsumeTimes: source.readInt32BE(reconsumeTimesAt),
      preparedTransactionOffset: readInt64(source, reconsumeTimesAt + 4),
      body: source.subarray(parts.bodyStart, parts.bodyEnd),
      properties: source.toString('utf8', parts.propertiesStart, parts.propertiesEnd),
      queueOffset: readInt64(source, at + RECORD.QUEUE_OFFSET),
      physicalOffset: readInt64(source, at + RECORD.PHYSICAL_OFFSET),
      bodyCrc: source.readInt32BE(at + RECORD.BODY_CRC),
    });
  }
  return messages;
}
