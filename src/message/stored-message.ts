/**
 * A stored record read back as a message, to be stored again under another topic. Any thread. Java: MessageDecoder.decode.
 * Invariant: hosts and body are views into the record's bytes; the body is as it was sent, compressed if it was.
 */
import {
  bodySizePosition,
  emptyRecordParts,
  locateParts,
  readInt64,
  RECORD,
  storeTimestampPosition,
} from './stored-record.js';

/** Everything that a record holds. Java: MessageExt. */
export interface StoredMessage {
  readonly topic: string;
  readonly queueId: number;
  readonly flag: number;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly sysFlag: number;
  readonly bornTimestampMs: number;
  /** 8 or 20 bytes. */
  readonly bornHost: Uint8Array;
  readonly storeTimestampMs: number;
  /** 8 or 20 bytes. */
  readonly storeHost: Uint8Array;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  readonly body: Uint8Array;
  /** In their stored form. */
  readonly properties: string;
}

const STORE_TIMESTAMP_BYTES = 8;
/** reconsumeTimes and preparedTransactionOffset, between the store host and the body's size. */
const BETWEEN_HOST_AND_BODY_BYTES = 12;

/** Reads the record at `position`; undefined when its lengths contradict each other. */
export function decodeStoredMessage(source: Buffer, position = 0): StoredMessage | undefined {
  const parts = emptyRecordParts();
  if (!locateParts(source, position, source.length, parts)) return undefined;
  const storeTimestampAt = storeTimestampPosition(source, position);
  const storeHostEnd = bodySizePosition(source, position) - BETWEEN_HOST_AND_BODY_BYTES;
  return {
    topic: source.toString('utf8', parts.topicStart, parts.topicEnd),
    queueId: source.readInt32BE(position + RECORD.QUEUE_ID),
    flag: source.readInt32BE(position + RECORD.FLAG),
    queueOffset: readInt64(source, position + RECORD.QUEUE_OFFSET),
    physicalOffset: readInt64(source, position + RECORD.PHYSICAL_OFFSET),
    sysFlag: source.readInt32BE(position + RECORD.SYS_FLAG),
    bornTimestampMs: readInt64(source, position + RECORD.BORN_TIMESTAMP),
    bornHost: source.subarray(position + RECORD.BORN_HOST, storeTimestampAt),
    storeTimestampMs: readInt64(source, storeTimestampAt),
    storeHost: source.subarray(storeTimestampAt + STORE_TIMESTAMP_BYTES, storeHostEnd),
    reconsumeTimes: source.readInt32BE(storeHostEnd),
    preparedTransactionOffset: readInt64(source, storeHostEnd + 4),
    body: source.subarray(parts.bodyStart, parts.bodyEnd),
    properties: source.toString('utf8', parts.propertiesStart, parts.propertiesEnd),
  };
}
