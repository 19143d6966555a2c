/**
 * The services of a slave that acts for its master, put together: they read this broker's log, and put into other masters of the cluster. Main thread.
 * Java: BrokerController.initialize, with an EscapeBridge where a master has its store.
 */
import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { DelayLevelTable } from '../../message/delay-level-table.js';
import type { RemotingClient } from '../../remoting/remoting-client.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import type { DelayOffsetTable } from '../schedule/delay-offset-table.js';
import type { LevelDeliveryParts } from '../schedule/level-delivery.js';
import { ScheduleMessageService } from '../schedule/schedule-message-service.js';
import { EscapeBridge } from './escape-bridge.js';
import { PublishRoutes } from './publish-routes.js';
import { TransactionEscape } from './transaction-escape.js';

/** What these work on. */
export interface SlaveServicesOptions {
  readonly store: MessageStore;
  readonly client: RemotingClient;
  readonly namesrvAddresses: () => readonly string[];
  readonly offsets: ConsumerOffsetManager;
  readonly delayOffsets: DelayOffsetTable;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Both, not running. */
export interface SlaveServices {
  readonly schedule: ScheduleMessageService;
  readonly transactions: TransactionEscape;
}

/** Makes them. */
export function createSlaveServices(options: SlaveServicesOptions): SlaveServices {
  const { store, offsets, delayOffsets, config, clock, logger } = options;
  const delayLevels = DelayLevelTable.parse(config.messageDelayLevel);
  const routes = new PublishRoutes({ ...options, brokerName: config.brokerName });
  const bridge = new EscapeBridge({ ...options, routes });
  return {
    schedule: new ScheduleMessageService({
      store: escaping(store, bridge),
      delayLevels,
      offsets: delayOffsets,
      clock,
      logger: logger.child('schedule'),
    }),
    transactions: new TransactionEscape({
      store,
      bridge,
      offsets,
      config,
      maxDelayLevel: delayLevels.maxLevel,
      clock,
      logger,
    }),
  };
}

/** Reads from one, puts into the other. */
function escaping(store: MessageStore, bridge: EscapeBridge): LevelDeliveryParts['store'] {
  return {
    putMessage: (message, done) => bridge.putMessage(message, done),
    getMessages: store.getMessages.bind(store),
    queueEntries: store.queueEntries.bind(store),
    minOffset: store.minOffset.bind(store),
    maxOffset: store.maxOffset.bind(store),
  };
}
