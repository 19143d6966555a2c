/**
 * The parts that serve transactions, their start and their end. Main thread. Java: BrokerController.initialTransaction.
 */
import type { Logger } from '../../base/log.js';
import { HalfQueue, type HalfQueueDeps } from './half-queue.js';
import { TransactionChecker, type TransactionCheckerDeps } from './transaction-checker.js';
import { TransactionalMessageCheckService, type CheckServiceDeps } from './transactional-message-check-service.js';
import { TransactionalMessageService } from './transactional-message-service.js';

/** Everything that one of the parts needs. */
export type TransactionsDeps = HalfQueueDeps &
  TransactionCheckerDeps &
  Omit<CheckServiceDeps, 'halfQueue' | 'checker'> & { readonly logger: Logger };

/** Transactions of one broker. */
export class Transactions {
  readonly service: TransactionalMessageService;
  readonly checks: TransactionalMessageCheckService;
  readonly #halfQueue: HalfQueue;
  readonly #logger: Logger;
  #isStarted = false;

  constructor(deps: TransactionsDeps) {
    this.#logger = deps.logger;
    this.#halfQueue = new HalfQueue(deps);
    const halfQueue = this.#halfQueue;
    this.service = new TransactionalMessageService({ ...deps, halfQueue });
    this.checks = new TransactionalMessageCheckService({ ...deps, halfQueue, checker: new TransactionChecker(deps) });
  }

  /** Called when the store is open and before the first request is served, or before this broker is registered. The first call counts. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#halfQueue.start();
    this.checks.start();
  }

  /** Settles when everything that was begun is stored, as far as the store takes it. Called when no more requests come. */
  async stop(): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    await this.checks.stop();
    await this.service.idle();
    await this.#halfQueue.stop();
    this.#halfQueue.commitProgress();
    const { committed, rolledBack, endedBefore } = this.service.counts;
    if (committed + rolledBack > 0) this.#logger.info('transactions ended', { committed, rolledBack, endedBefore });
  }
}
