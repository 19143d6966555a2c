/**
 * END_TRANSACTION (37): a producer says how a transaction has ended, on its own account or because it was asked. Main thread.
 * Java: EndTransactionProcessor.
 */
import type { Clock } from '../../base/clock.js';
import { RequestError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { MessageConst } from '../../message/message-properties.js';
import { SysFlag } from '../../message/message-sys-flag.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { EndTransactionRequestHeader } from '../../remoting/headers/end-transaction-request-header.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { BrokerConfig } from '../broker-config.js';
import { type HalfMessage, immunityForEndMs } from '../transactions/half-message.js';
import type { TransactionalMessageService } from '../transactions/transactional-message-service.js';

/** Compat: Apache leaves the remark that a response of its begins with where it sets the code only. */
const NOT_SET_REMARK = 'not set any response code';
/** The producer does not know yet. Java: TRANSACTION_NOT_TYPE. */
const UNKNOWN = 0;

/** What the processor needs. */
export interface EndTransactionDeps {
  readonly transactions: Pick<TransactionalMessageService, 'find' | 'commit' | 'rollBack'>;
  readonly config: Pick<BrokerConfig, 'brokerRole' | 'transactionTimeOut'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Makes the processor. */
export function createEndTransactionProcessor(deps: EndTransactionDeps): RequestProcessor {
  const { transactions, config, logger } = deps;
  return async (request, connection) => {
    if (config.brokerRole === 'SLAVE') throw new RequestError(ResponseCode.SLAVE_NOT_AVAILABLE, NOT_SET_REMARK);
    const header = EndTransactionRequestHeader.decode(request.extFields);
    const { commitOrRollback, fromTransactionCheck, msgId } = header;
    const isCommit = commitOrRollback === SysFlag.TRANSACTION_COMMIT;
    if (!isCommit && commitOrRollback !== SysFlag.TRANSACTION_ROLLBACK && commitOrRollback !== UNKNOWN) {
      throw new RequestError(ResponseCode.SYSTEM_ERROR, 'commitOrRollback field wrong');
    }
    if (!isCommit || fromTransactionCheck) {
      const { remoteAddress } = connection;
      logger.debug('a transaction ends', {
        msgId,
        remoteAddress,
        commitOrRollback,
        fromTransactionCheck,
        remark: request.remark,
      });
    }
    // Compat: no answer, whether or not one is wanted.
    if (commitOrRollback === UNKNOWN) return undefined;
    const half = await transactions.find(header.tranStateTableOffset, header.commitLogOffset);
    checkHalfMessage(half, header, deps);
    if (!isCommit) {
      await transactions.rollBack(half);
      return createResponse(request, ResponseCode.SUCCESS, NOT_SET_REMARK);
    }
    await transactions.commit(half);
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

/** Throws RequestError. Java: rejectCommitOrRollback, checkPrepareMessage. */
function checkHalfMessage(
  half: HalfMessage | undefined,
  header: EndTransactionRequestHeader,
  { config, clock }: EndTransactionDeps,
): asserts half is HalfMessage {
  if (half === undefined) throw new RequestError(ResponseCode.SYSTEM_ERROR, 'Find prepared transaction message failed');
  const immunity = half.property(MessageConst.CHECK_IMMUNITY_TIME_IN_SECONDS);
  if (!header.fromTransactionCheck && immunity !== undefined) {
    const immunityMs = immunityForEndMs(immunity, config.transactionTimeOut);
    // From here on the producer is asked, and what it says then counts.
    if (clock.nowMs() - half.stored.bornTimestampMs > immunityMs) {
      throw new RequestError(ResponseCode.ILLEGAL_OPERATION, NOT_SET_REMARK);
    }
  }
  if (half.producerGroup !== header.producerGroup) {
    throw new RequestError(ResponseCode.SYSTEM_ERROR, 'The producer group wrong');
  }
  if (half.stored.queueOffset !== header.tranStateTableOffset) {
    throw new RequestError(ResponseCode.SYSTEM_ERROR, 'The transaction state table offset wrong');
  }
  if (half.stored.physicalOffset !== header.commitLogOffset) {
    throw new RequestError(ResponseCode.SYSTEM_ERROR, 'The commit log offset wrong');
  }
}
