/**
 * The messages of a SEND_BATCH_MESSAGE (320) request. Main thread. Java: SendMessageProcessor.sendBatchMessage, CommitLog.asyncPutMessages.
 * Invariant: all of them have the request's topic, queue and sysFlag; flag, body and properties are each one's own.
 * Compat: the broker adds nothing to a batch's properties (no CLUSTER, no UNIQ_KEY) and reads no DELAY in them: clients refuse to
 * batch such messages.
 */
import { RequestError } from '../../base/errors.js';
import { decodeBatch } from '../../message/batch-decoder.js';
import { transactionTypeOf } from '../../message/message-sys-flag.js';
import type { SendMessageRequestHeader } from '../../remoting/headers/send-message-request-header.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageToStore } from '../../workers/message-store.js';
import { checkSizes, illegalMessageRemark, type MessageLimits } from '../message-checks.js';
import { delayLevelOf } from '../schedule/delayed-message.js';
import { isRetryTopic, TOPIC_LENGTH_MAX } from '../topic-validator.js';
import type { SendProperties } from './send-properties.js';

/** What the broker decided for the whole batch. */
export interface BatchPlace {
  readonly queueId: number;
  readonly sysFlag: number;
  readonly bornHost: Uint8Array;
}

/** Splits the body of a batch, whose own properties hold `found`. Throws RequestError for what Apache refuses too. */
export function batchMessages(
  header: SendMessageRequestHeader,
  found: SendProperties,
  body: Buffer | undefined,
  place: BatchPlace,
  limits: MessageLimits,
): MessageToStore[] {
  const { topic } = header;
  if (topic.length > TOPIC_LENGTH_MAX) {
    throw new RequestError(ResponseCode.MESSAGE_ILLEGAL, `message topic length too long ${topic.length}`);
  }
  if (isRetryTopic(topic)) {
    throw new RequestError(ResponseCode.MESSAGE_ILLEGAL, `batch request does not support retry group ${topic}`);
  }
  // Differs: Apache answers a batch that is too large with SYSTEM_ERROR and a RuntimeException, so clients try the next broker.
  checkSizes(topic, body, '', limits);
  if (transactionTypeOf(place.sysFlag) !== 0 || delayLevelOf(found.delay) > 0) {
    throw new RequestError(ResponseCode.MESSAGE_ILLEGAL, illegalMessageRemark(limits.maxMessageSize));
  }
  return decodeBatch(body).map((message) => ({
    topic,
    queueId: place.queueId,
    flag: message.flag,
    sysFlag: place.sysFlag,
    bornTimestampMs: header.bornTimestamp,
    bornHost: place.bornHost,
    reconsumeTimes: header.reconsumeTimes,
    preparedTransactionOffset: 0,
    body: message.body,
    properties: message.properties,
  }));
}
