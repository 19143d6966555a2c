/**
 * The broker's one dispatch table: request code → processor, a line a code. Main thread. Java: BrokerController.registerProcessor.
 * A new request code is one header file, one processor, one row here and one test.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { DelayLevelTable } from '../message/delay-level-table.js';
import type { ProcessorTable, RequestProcessor } from '../remoting/connection.js';
import { RequestCode } from '../remoting/request-code.js';
import { MessageClientIdSource } from '../message/message-client-id.js';
import type { MessageStore } from '../workers/message-store.js';
import type { BrokerAddress } from './broker-address.js';
import type { BrokerConfigStore } from './broker-config-loader.js';
import type { BrokerTables } from './broker-tables.js';
import { adminProcessors } from './admin-processors.js';
import type { BrokerStats } from './broker-stats.js';
import { createEndTransactionProcessor } from './processors/end-transaction-processor.js';
import { createConsumerSendMsgBackProcessor } from './processors/consumer-send-msg-back-processor.js';
import { PullMessageProcessor } from './processors/pull-message-processor.js';
import type { CleanStoreProcessorDeps } from './processors/clean-store-processor.js';
import type { GroupMemberProcessorDeps } from './processors/group-member-processor.js';
import type { SlaveAdminProcessorDeps } from './processors/slave-admin-processor.js';
import { createResumeCheckHalfMessageProcessor } from './processors/resume-check-half-message-processor.js';
import { createReplyMessageProcessor } from './processors/reply-message-processor.js';
import { createSendMessageProcessor } from './processors/send-message-processor.js';
import { Transactions } from './transactions/transactions.js';

/** What the processors are made of. */
export interface ProcessorTableDeps {
  readonly config: BrokerConfigStore;
  readonly tables: BrokerTables;
  readonly stats: BrokerStats;
  readonly store: MessageStore;
  readonly replication: SlaveAdminProcessorDeps['replication'] & GroupMemberProcessorDeps['replication'];
  readonly retention: CleanStoreProcessorDeps['retention'];
  readonly cleaning: CleanStoreProcessorDeps['cleaning'];
  readonly group: GroupMemberProcessorDeps['group'];
  readonly address: BrokerAddress;
  /** See BrokerConfigProcessorDeps. */
  readonly reregisterAround: (change: () => void) => Promise<void>;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The table, and the processors that have a life of their own. */
export interface ProcessorSet {
  readonly table: ProcessorTable;
  readonly pulls: PullMessageProcessor;
  readonly transactions: Transactions;
}

/** Makes every processor. */
export function createProcessorTable(deps: ProcessorTableDeps): ProcessorSet {
  const {
    config: configStore,
    tables,
    store,
    replication,
    retention,
    cleaning,
    stats,
    address,
    reregisterAround,
    clock,
    logger,
  } = deps;
  const config = configStore.values;
  const haInfo = haInfoOf(store, address);
  const messageIds = new MessageClientIdSource(address.storeHost(), clock);
  const send = createSendMessageProcessor({
    ...tables,
    store,
    config,
    storeHost: address.storeHost,
    clock,
    messageIds,
    isGroupLocked: (group) => tables.locks.isGroupLocked(group),
  });
  const reply = createReplyMessageProcessor({ ...tables, store, config, storeHost: address.storeHost, clock, logger });
  const pulls = new PullMessageProcessor({ ...tables, store, config, clock, logger });
  const transactions = new Transactions({
    ...tables,
    store,
    config,
    storeHost: address.storeHost,
    maxDelayLevel: DelayLevelTable.parse(config.messageDelayLevel).maxLevel,
    clock,
    logger: logger.child('transactions'),
  });
  const table = new Map<number, RequestProcessor>([
    [RequestCode.SEND_MESSAGE, send],
    [RequestCode.SEND_MESSAGE_V2, send],
    [RequestCode.SEND_BATCH_MESSAGE, send],
    [RequestCode.CONSUMER_SEND_MSG_BACK, createConsumerSendMsgBackProcessor({ ...tables, store, config })],
    [RequestCode.SEND_REPLY_MESSAGE, reply],
    [RequestCode.SEND_REPLY_MESSAGE_V2, reply],
    [RequestCode.PULL_MESSAGE, pulls.process],
    [RequestCode.LITE_PULL_MESSAGE, pulls.process],
    [
      RequestCode.END_TRANSACTION,
      createEndTransactionProcessor({ transactions: transactions.service, config, clock, logger }),
    ],
    [RequestCode.RESUME_CHECK_HALF_MESSAGE, createResumeCheckHalfMessageProcessor({ store, logger })],
    ...adminProcessors({
      ...tables,
      store,
      replication,
      retention,
      cleaning,
      group: deps.group,
      haInfo,
      stats,
      config,
      configStore,
      reregisterAround,
      clock,
      logger,
    }),
  ]);
  return { table, pulls, transactions };
}

/** What slaves are told; the log's end is that of the start. */
function haInfoOf(store: MessageStore, address: BrokerAddress): GroupMemberProcessorDeps['haInfo'] {
  const masterFlushOffset = store.stats().maxPhysicalOffset;
  return () => ({ masterHaAddress: address.haServerAddr, masterFlushOffset, masterAddress: address.brokerAddr });
}
