/**
 * LOCK_BATCH_MQ (41) and UNLOCK_BATCH_MQ (42): an orderly consumer owns its queues while it renews them. Main thread.
 * Java: AdminBrokerProcessor.lockBatchMQ and unlockBatchMQ, without lockInStrictMode.
 */
import { LockBatchRequestBody, LockBatchResponseBody } from '../../remoting/bodies/lock-batch-body.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { RebalanceLockManager } from '../rebalance-lock-manager.js';

/** Makes the processor of LOCK_BATCH_MQ. */
export function createLockBatchMqProcessor(locks: RebalanceLockManager): RequestProcessor {
  return (request) => {
    const { consumerGroup, mqSet, clientId } = LockBatchRequestBody.decode(request.body);
    const lockOKMQSet = locks.tryLockBatch(consumerGroup, mqSet, clientId);
    const body = LockBatchResponseBody.encode({ lockOKMQSet });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}

/** Makes the processor of UNLOCK_BATCH_MQ. */
export function createUnlockBatchMqProcessor(locks: RebalanceLockManager): RequestProcessor {
  return (request) => {
    const { consumerGroup, mqSet, clientId } = LockBatchRequestBody.decode(request.body);
    locks.unlockBatch(consumerGroup, mqSet, clientId);
    return createResponse(request, ResponseCode.SUCCESS);
  };
}
