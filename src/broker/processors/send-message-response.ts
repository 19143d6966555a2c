/**
 * Answers to send requests. Main thread.
 * Java: SendMessageProcessor.handlePutMessageResult and preSend.
 * Invariant: SUCCESS only for PutStatus.OK; every answer carries MSG_REGION and TRACE_ON, without which clients record no trace.
 */
import { createOffsetMessageId } from '../../message/message-id.js';
import { createResponse, type ExtFields, type RemotingCommand } from '../../remoting/remoting-command.js';
import { isStored, PutStatus, type PutResult } from '../../workers/message-store.js';
import { illegalMessageRemark } from '../message-checks.js';
import { PUT_RESPONSE_CODES } from '../put-response-code.js';

/** The settings that answers show. */
export interface SendAnswerConfig {
  readonly regionId: string;
  readonly traceOn: boolean;
  readonly maxMessageSize: number;
}

/** Where a message went, for its answer. */
export interface SentMessage {
  readonly topic: string;
  readonly queueId: number;
  /** UNIQ_KEY; a batch has none as a whole. */
  readonly uniqKey: string | undefined;
}

/** The answer to a send whose put ended with `result`. `storeHost` is this broker's address in the stored form. */
export function sendResponse(
  request: RemotingCommand,
  sent: SentMessage,
  result: PutResult,
  storeHost: Uint8Array,
  config: SendAnswerConfig,
): RemotingCommand {
  if (!isStored(result.status)) {
    return sendRefusal(
      request,
      PUT_RESPONSE_CODES[result.status],
      failureRemark(result, config.maxMessageSize),
      config,
    );
  }
  // Hot: one literal, and not a header object that is then encoded.
  const extFields: ExtFields = {
    msgId: messageIds(storeHost, result),
    queueId: String(sent.queueId),
    queueOffset: String(result.queueOffset),
    MSG_REGION: config.regionId,
    TRACE_ON: config.traceOn ? 'true' : 'false',
  };
  if (sent.uniqKey !== undefined) extFields['transactionId'] = sent.uniqKey;
  return createResponse(request, PUT_RESPONSE_CODES[result.status], undefined, extFields);
}

/** The answer to a send that was not put. */
export function sendRefusal(
  request: RemotingCommand,
  code: number,
  remark: string,
  config: SendAnswerConfig,
): RemotingCommand {
  return createResponse(request, code, remark, { MSG_REGION: config.regionId, TRACE_ON: String(config.traceOn) });
}

// Differs: Apache lists what the cause may be; the store knows it, so it is named.
function failureRemark(result: PutResult, maxMessageSize: number): string {
  const cause = result.remark;
  if (result.status === PutStatus.MESSAGE_ILLEGAL) return illegalMessageRemark(maxMessageSize);
  if (result.status === PutStatus.SYSTEM_BUSY) {
    return withCause('[PC_SYNCHRONIZED]broker busy, start flow control for a while', cause);
  }
  return withCause('service not available now', cause);
}

function withCause(remark: string, cause: string | undefined): string {
  return cause === undefined ? remark : `${remark}: ${cause}`;
}

function messageIds(storeHost: Uint8Array, result: PutResult): string {
  const { physicalOffsets } = result;
  if (physicalOffsets.length <= 1) return createOffsetMessageId(storeHost, result.physicalOffset);
  return physicalOffsets.map((physicalOffset) => createOffsetMessageId(storeHost, physicalOffset)).join(',');
}
