/**
 * LOCK_BATCH_MQ (41) and UNLOCK_BATCH_MQ (42): an orderly consumer owns its queues while it renews them. Main thread.
 * Java: AdminBrokerProcessor.lockBatchMQ and unlockBatchMQ, without lockInStrictMode: without other replicas to ask, `onlyThisBroker`
 * makes no difference. Compat: neither asks whether topic, queue and group exist.
 */
import { RequestError } from '../../base/errors.js';
import { LockBatchRequestBody, LockBatchResponseBody } from '../../remoting/bodies/lock-batch-body.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { RebalanceLockManager } from '../rebalance-lock-manager.js';

/** Makes the processor of LOCK_BATCH_MQ. */
export function createLockBatchMqProcessor(locks: RebalanceLockManager): RequestProcessor {
  return (request) => {
    const { consumerGroup, mqSet, clientId } = decodeBody(request);
    if (mqSet.length > 0) checkNamed({ consumerGroup, clientId });
    const lockOKMQSet = locks.tryLockBatch(consumerGroup, mqSet, clientId);
    const body = LockBatchResponseBody.encode({ lockOKMQSet });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}

/** Makes the processor of UNLOCK_BATCH_MQ. */
export function createUnlockBatchMqProcessor(locks: RebalanceLockManager): RequestProcessor {
  return (request) => {
    const { consumerGroup, mqSet, clientId } = decodeBody(request);
    checkNamed({ consumerGroup });
    locks.unlockBatch(consumerGroup, mqSet, clientId);
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

// Apache fails here with a NullPointerException, which it answers with the same code.
function decodeBody(request: RemotingCommand): LockBatchRequestBody {
  if (request.body === undefined || request.body.length === 0) {
    throw new RequestError(ResponseCode.SYSTEM_ERROR, 'a request for locks without a body');
  }
  return LockBatchRequestBody.decode(request.body);
}

// Likewise: a lock belongs to somebody.
function checkNamed(names: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(names)) {
    if (value === '') throw new RequestError(ResponseCode.SYSTEM_ERROR, `a request for locks without a ${name}`);
  }
}
