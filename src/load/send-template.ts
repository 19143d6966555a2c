/** The sends of a load as templates: single messages (310) and batches (320). Generator's thread. Java: SendMessageRequestHeaderV2, MessageBatch. */
import { systemClock } from '../base/clock.js';
import { OPAQUE_PLACEHOLDER, RequestTemplate, type TemplateOptions } from './request-template.js';

/** A queue of a topic. */
export interface QueueTarget {
  readonly topic: string;
  readonly queueId: number;
}

/** What a send is to hold. */
export interface MessageShape {
  /** Messages in the body: 1 is a plain send (310), more a batch (320). */
  readonly batchSize: number;
  readonly bodyBytes: number;
  /** Each message of a batch has a unique key of its own. */
  readonly distinctKeys?: boolean;
  readonly tag?: string | undefined;
  /** 0 or absent: none. */
  readonly delayLevel?: number;
  readonly isOneway?: boolean;
  /** Bodies begin with this and then the mark of each send, so that a consumer can tell its own run's messages and when they were due. */
  readonly runMark?: Buffer;
}

const SEND_MESSAGE_V2 = 310;
const SEND_BATCH_MESSAGE = 320;
const MARK_BYTES = 8;
/** Least body of messages that a consumer is to measure. */
export const MARKED_BODY_BYTES_MIN = 2 * MARK_BYTES;

/** A send of `shape` to `queue`; `keyPrefix` keeps the unique keys of connections apart. */
export function sendTemplate(queue: QueueTarget, shape: MessageShape, keyPrefix: string): RequestTemplate {
  const isBatch = shape.batchSize > 1;
  const properties = propertiesOf(shape, keyPrefix);
  // The one-letter names of SendMessageRequestHeaderV2.
  const extFields = {
    a: 'bench-producer',
    b: queue.topic,
    c: 'TBW102',
    d: '4',
    e: String(queue.queueId),
    f: '0',
    g: String(systemClock.nowMs()),
    h: '0',
    i: isBatch ? '' : properties,
    j: '0',
    k: 'false',
    m: String(isBatch),
    n: 'bench',
  };
  const body = Buffer.alloc(shape.bodyBytes, 'x');
  shape.runMark?.copy(body);
  const options = (markPositions: readonly number[]): TemplateOptions => ({
    isOneway: shape.isOneway ?? false,
    markPositions: shape.runMark === undefined ? [] : markPositions,
  });
  if (!isBatch) return new RequestTemplate(SEND_MESSAGE_V2, extFields, body, options([MARK_BYTES]));
  const messages = Array.from({ length: shape.batchSize }, (_, i) => {
    const suffix = shape.distinctKeys === true ? i.toString(16).padStart(3, '0') : '';
    return encodeBatchedMessage(body, propertiesOf(shape, keyPrefix + suffix));
  });
  const marks: number[] = [];
  let at = 0;
  for (const message of messages) {
    marks.push(at + BATCHED_BODY_AT + MARK_BYTES);
    at += message.length;
  }
  return new RequestTemplate(SEND_BATCH_MESSAGE, extFields, Buffer.concat(messages), options(marks));
}

function propertiesOf({ tag, delayLevel = 0 }: MessageShape, keyPrefix: string): string {
  const tags = tag === undefined ? '' : `TAGS\u0001${tag}\u0002`;
  const delay = delayLevel === 0 ? '' : `DELAY\u0001${delayLevel}\u0002`;
  return `UNIQ_KEY\u0001${keyPrefix}${OPAQUE_PLACEHOLDER}\u0002WAIT\u0001true\u0002${tags}${delay}`;
}

const BATCHED_BODY_AT = 20;

/**
 * One message of a batch's body. Java: MessageDecoder.encodeMessage.
 *
 *   | total 4 | magic 4 | body CRC 4 | flag 4 | body length 4 | body | properties length 2 | properties |
 */
export function encodeBatchedMessage(body: Uint8Array, properties: string): Buffer {
  const propertyBytes = Buffer.from(properties);
  const message = Buffer.alloc(BATCHED_BODY_AT + 2 + body.length + propertyBytes.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(body.length, 16);
  message.set(body, BATCHED_BODY_AT);
  message.writeUInt16BE(propertyBytes.length, BATCHED_BODY_AT + body.length);
  propertyBytes.copy(message, BATCHED_BODY_AT + 2 + body.length);
  return message;
}
