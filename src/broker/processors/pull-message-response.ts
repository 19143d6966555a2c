/**
 * Answers to pulls: the one place where what the store found becomes a response code. Main thread.
 * Java: PullMessageProcessor.composeResponseHeader, DefaultPullMessageResultHandler.
 */
import { RequestError } from '../../base/errors.js';
import type { SubscriptionGroupConfig } from '../../remoting/bodies/subscription-group-wrapper.js';
import { createResponse, type ExtFields, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { GetStatus, type GetResult } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import type { TopicConfig } from '../topic-config.js';

/** Which permission is missing; told to the client beside the code. Java: ForbiddenType. */
export const ForbiddenType = { BROKER: 1, GROUP: 2, TOPIC: 3, BROADCASTING_DISABLE: 4, SUBSCRIPTION: 5 } as const;

/** A pull that is not allowed: NO_PERMISSION with its {@link ForbiddenType}. */
export class PullForbiddenError extends RequestError {
  override readonly name = 'RequestError';
  readonly forbiddenType: number;

  constructor(forbiddenType: number, remark: string) {
    super(ResponseCode.NO_PERMISSION, remark);
    this.forbiddenType = forbiddenType;
  }
}

/** Java: MixAll.MASTER_ID. */
const MASTER_ID = 0;

/** Java's names of the outcomes, which go into the remark. */
const STATUS_NAMES: readonly string[] = Object.entries(GetStatus)
  .toSorted(([, a], [, b]) => a - b)
  .map(([name]) => name);

/** Java's name of an outcome. */
export function getStatusName(status: GetStatus): string | undefined {
  return STATUS_NAMES[status];
}

const CODES: Readonly<Record<GetStatus, number>> = {
  [GetStatus.FOUND]: ResponseCode.SUCCESS,
  [GetStatus.MESSAGE_WAS_REMOVING]: ResponseCode.PULL_RETRY_IMMEDIATELY,
  [GetStatus.NO_MATCHED_MESSAGE]: ResponseCode.PULL_RETRY_IMMEDIATELY,
  [GetStatus.OFFSET_FOUND_NULL]: ResponseCode.PULL_NOT_FOUND,
  [GetStatus.OFFSET_OVERFLOW_ONE]: ResponseCode.PULL_NOT_FOUND,
  [GetStatus.NO_MATCHED_LOGIC_QUEUE]: ResponseCode.PULL_OFFSET_MOVED,
  [GetStatus.NO_MESSAGE_IN_QUEUE]: ResponseCode.PULL_OFFSET_MOVED,
  [GetStatus.OFFSET_OVERFLOW_BADLY]: ResponseCode.PULL_OFFSET_MOVED,
  [GetStatus.OFFSET_TOO_SMALL]: ResponseCode.PULL_OFFSET_MOVED,
};

/** The code for what the store found at `queueOffset`. */
export function pullResponseCode(status: GetStatus, queueOffset: number): number {
  const isEmpty = status === GetStatus.NO_MATCHED_LOGIC_QUEUE || status === GetStatus.NO_MESSAGE_IN_QUEUE;
  // A consumer at the start of a queue that has nothing yet is where it should be.
  return isEmpty && queueOffset === 0 ? ResponseCode.PULL_NOT_FOUND : CODES[status];
}

/** What a pull is answered. */
export interface PullOutcome {
  readonly code: number;
  readonly remark: string | undefined;
  /** `body` travels with SUCCESS only. */
  readonly result: Pick<GetResult, 'nextBeginOffset' | 'minOffset' | 'maxOffset' | 'body'>;
  /** The consumer is so far behind that a slave, if the group has one for that, should serve it. */
  readonly isFarBehind?: boolean;
}

/** The answer to an allowed pull. */
export function pullResponse(
  request: RemotingCommand,
  { code, remark, result, isFarBehind }: PullOutcome,
  topicConfig: TopicConfig,
  groupConfig: SubscriptionGroupConfig,
  config: Pick<BrokerConfig, 'brokerRole' | 'slaveReadEnable'>,
): RemotingCommand {
  // A slave may be behind its master: it lets the client ask the master before the offset is moved.
  const isUnsure = config.brokerRole === 'SLAVE' && code === ResponseCode.PULL_OFFSET_MOVED;
  const readsHere = config.slaveReadEnable || isUnsure ? groupConfig.brokerId : MASTER_ID;
  const brokerId = isFarBehind === true ? groupConfig.whichBrokerWhenConsumeSlowly : readsHere;
  // Hot: one literal, and not a header object that is then encoded.
  const extFields: ExtFields = {
    suggestWhichBrokerId: String(brokerId),
    nextBeginOffset: String(result.nextBeginOffset),
    minOffset: String(result.minOffset),
    maxOffset: String(result.maxOffset),
    topicSysFlag: String(topicConfig.topicSysFlag),
    groupSysFlag: String(groupConfig.groupSysFlag),
  };
  const body = code === ResponseCode.SUCCESS ? result.body : undefined;
  return createResponse(request, isUnsure ? ResponseCode.PULL_RETRY_IMMEDIATELY : code, remark, extFields, body);
}

/** The answer to a pull that was refused with `error`. */
export function pullRefusal(request: RemotingCommand, error: RequestError): RemotingCommand {
  const extFields = error instanceof PullForbiddenError ? { forbiddenType: String(error.forbiddenType) } : undefined;
  return createResponse(request, error.code, error.message, extFields);
}
