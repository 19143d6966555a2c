/**
 * PULL_MESSAGE (11) and LITE_PULL_MESSAGE (361). Main thread. Java: PullMessageProcessor, DefaultPullMessageResultHandler.
 * Invariant: a pull is answered once, unless its connection closes first; a pull of a client that does not read is not served.
 * Hot: what the store has in memory is answered in the turn in which it was asked for, without a promise.
 */
import { totalmem } from 'node:os';

import { RequestError } from '../../base/errors.js';
import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { readInt64, RECORD } from '../../message/stored-record.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { PullMessageRequestHeader } from '../../remoting/headers/pull-message-request-header.js';
import { createResponse, isOneway, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { GetStatus, type ArrivalListener, type GetResult, type MessageStore } from '../../workers/message-store.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import type { GroupGetStats } from '../group-get-stats.js';
import { PullFilters } from '../pull-filter.js';
import { PullGate } from '../pull-gate.js';
import type { PullRequest } from '../pull-request.js';
import { PullRequestHoldService } from '../pull-request-hold-service.js';
import { hasPullFlag, PullSysFlag } from '../pull-sys-flag.js';
import { checkPull, type PullCheckDeps, type PullGrant } from './pull-checks.js';
import {
  getStatusName,
  pullRefusal,
  pullResponse,
  pullResponseCode,
  type PullOutcome,
} from './pull-message-response.js';

const NO_BYTES = Buffer.alloc(0);

/** What pulling needs. */
export interface PullMessageDeps extends PullCheckDeps {
  readonly store: Pick<MessageStore, 'getMessages' | 'matchInMemory' | 'minOffset' | 'maxOffset' | 'stats'>;
  readonly offsets: Pick<ConsumerOffsetManager, 'commit' | 'commitPull' | 'takeReset'>;
  readonly groupGets: Pick<GroupGetStats, 'record'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Serves 11 and 361, and keeps the pulls that wait. */
export class PullMessageProcessor {
  readonly #deps: PullMessageDeps;
  readonly #filters = new PullFilters();
  readonly #gate = new PullGate((pull) => this.#serveLater(pull));
  readonly #holds: PullRequestHoldService;

  constructor(deps: PullMessageDeps) {
    this.#deps = deps;
    const { store, clock, config } = deps;
    this.#holds = new PullRequestHoldService({ store, clock, config, wake: (pull) => this.#serveLater(pull) });
  }

  /** Bound: the processor of both codes. */
  readonly process: RequestProcessor = (request, connection) => {
    const { config } = this.#deps;
    if (config.brokerRole === 'SLAVE' && !config.slaveReadEnable) {
      return createResponse(
        request,
        ResponseCode.SYSTEM_BUSY,
        '[REJECTREQUEST]system busy, start flow control for a while',
      );
    }
    const header = PullMessageRequestHeader.decode(request.extFields);
    return this.#serve({ request, connection, header, filter: undefined, maySuspend: true, heldUntilMs: 0 });
  };

  /** Bound: to be told of every message that becomes visible. */
  get messageArrived(): ArrivalListener {
    return this.#holds.messageArrived;
  }

  /** Pulls that wait for a message. */
  get heldPulls(): number {
    return this.#holds.size;
  }

  /** Starts to look after held pulls. */
  start(): void {
    this.#holds.start();
  }

  /** Forgets held pulls. */
  stop(): void {
    this.#holds.stop();
  }

  /** The answer to `pull`, or undefined if it is given later or the pull now waits. */
  #serve(pull: PullRequest): RemotingCommand | undefined {
    try {
      const grant = checkPull(pull, this.#deps, this.#filters);
      pull.filter = grant.filter;
      return this.#gate.admit(pull) ? this.#read(pull, grant) : undefined;
    } catch (error) {
      if (error instanceof RequestError) return pullRefusal(pull.request, error);
      throw error;
    }
  }

  /** As `#serve`, for a pull that the dispatcher no longer waits for. */
  #serveLater(pull: PullRequest): void {
    if (!pull.connection.isOpen) return;
    try {
      this.#write(pull, this.#serve(pull));
    } catch (error) {
      this.#writeFailure(pull, error);
    }
  }

  #read(pull: PullRequest, grant: PullGrant): RemotingCommand | undefined {
    const { consumerGroup, topic, queueId, queueOffset, maxMsgNums } = pull.header;
    const { config, store, offsets } = this.#deps;
    // Compat: a reset that is waiting is used up even if it is not obeyed.
    const resetOffset = offsets.takeReset(topic, consumerGroup, queueId);
    if (resetOffset !== undefined && config.useServerSideResetOffset) return this.#moveTo(resetOffset, pull, grant);
    // Differs: Apache's lower limits for messages on disk are not used. They spare its page cache; here a cold read is an
    // asynchronous one of its own size, and a consumer that catches up gets on four times as fast.
    const maxCount = Math.max(1, Math.min(maxMsgNums, config.maxTransferCountOnMessageInMemory));
    const found = store.getMessages(
      topic,
      queueId,
      queueOffset,
      maxCount,
      config.maxTransferBytesOnMessageInMemory,
      pull.filter,
    );
    if (!(found instanceof Promise)) return this.#finish(pull, grant, found);
    this.#readFromDisk(pull, grant, found);
    return undefined;
  }

  #readFromDisk(pull: PullRequest, grant: PullGrant, reading: Promise<GetResult>): void {
    const { connection } = pull;
    this.#gate.readBegan(connection);
    reading
      .then((result) => this.#write(pull, this.#finish(pull, grant, result)))
      .catch((error: unknown) => this.#writeFailure(pull, error))
      .finally(() => this.#gate.readEnded(connection));
  }

  /** Turns what was read into an answer, or into a hold. */
  #finish(pull: PullRequest, grant: PullGrant, result: GetResult): RemotingCommand | undefined {
    const { header, request } = pull;
    this.#commitOffsets(pull, result.nextBeginOffset);
    if (result.messageCount > 0) this.#deps.groupGets.record(header.consumerGroup, header.topic, result.messageCount);
    const outcome = {
      code: pullResponseCode(result.status, header.queueOffset),
      remark: getStatusName(result.status),
      result,
      isFarBehind: this.#deps.config.slaveReadEnable && this.#isFarBehind(result),
    };
    const maySuspend = pull.maySuspend && hasPullFlag(header.sysFlag, PullSysFlag.SUSPEND);
    pull.maySuspend = false;
    if (outcome.code === ResponseCode.PULL_NOT_FOUND && maySuspend) return this.#hold(pull, result.status);
    return pullResponse(request, outcome, grant.topicConfig, grant.groupConfig, this.#deps.config);
  }

  /** Tells the client where its group was set to by INVOKE_BROKER_TO_RESET_OFFSET (222). */
  #moveTo(nextBeginOffset: number, pull: PullRequest, grant: PullGrant): RemotingCommand {
    const { config, store } = this.#deps;
    const { topic, queueId } = pull.header;
    this.#commitOffsets(pull, nextBeginOffset);
    const result = {
      nextBeginOffset,
      minOffset: store.minOffset(topic, queueId),
      maxOffset: store.maxOffset(topic, queueId),
      body: NO_BYTES,
    };
    const outcome: PullOutcome = { code: ResponseCode.PULL_OFFSET_MOVED, remark: 'OFFSET_RESET', result };
    return pullResponse(pull.request, outcome, grant.topicConfig, grant.groupConfig, config);
  }

  /** True for a consumer whose lag no longer fits the memory. Java: GetMessageResult.isSuggestPullingFromSlave. */
  #isFarBehind({ body }: GetResult): boolean {
    if (body.length === 0) return false;
    const { store, config } = this.#deps;
    const behindBytes = store.stats().maxPhysicalOffset - readInt64(body, RECORD.PHYSICAL_OFFSET);
    return behindBytes > (totalmem() * config.accessMessageInMemoryMaxRatio) / 100;
  }

  #commitOffsets({ header, connection, maySuspend }: PullRequest, nextBeginOffset: number): void {
    const { offsets } = this.#deps;
    const { consumerGroup, topic, queueId, sysFlag, commitOffset } = header;
    offsets.commitPull(consumerGroup, topic, queueId, nextBeginOffset);
    if (maySuspend && hasPullFlag(sysFlag, PullSysFlag.COMMIT_OFFSET)) {
      offsets.commit(connection.remoteAddress, consumerGroup, topic, queueId, commitOffset);
    }
  }

  #hold(pull: PullRequest, status: GetStatus): RemotingCommand | undefined {
    const { clock, config, store } = this.#deps;
    const { topic, queueId, queueOffset, suspendTimeoutMillis } = pull.header;
    // A message may have come while the disk was read, and nobody would wake the pull for it.
    if (status !== GetStatus.OFFSET_FOUND_NULL && store.maxOffset(topic, queueId) > queueOffset)
      return this.#serve(pull);
    const waitMs = config.longPollingEnable ? suspendTimeoutMillis : config.shortPollingTimeMills;
    pull.heldUntilMs = clock.monotonicMs() + waitMs;
    if (this.#holds.suspend(pull)) return undefined;
    // Differs: Apache has no bound. Clients take this code for a failure and come back after some seconds.
    return createResponse(
      pull.request,
      ResponseCode.POLLING_FULL,
      `${config.maxPullsHeld} pulls are held already (maxPullsHeld)`,
    );
  }

  #write(pull: PullRequest, response: RemotingCommand | undefined): void {
    if (response !== undefined && !isOneway(pull.request)) pull.connection.write(response);
  }

  #writeFailure(pull: PullRequest, error: unknown): void {
    const { header, connection } = pull;
    const { remoteAddress } = connection;
    if (error instanceof RequestError) {
      this.#write(pull, pullRefusal(pull.request, error));
      return;
    }
    this.#deps.logger.error('a pull failed', {
      topic: header.topic,
      queueId: header.queueId,
      offset: header.queueOffset,
      remoteAddress,
      error,
    });
    const remark = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#write(pull, createResponse(pull.request, ResponseCode.SYSTEM_ERROR, remark));
  }
}
