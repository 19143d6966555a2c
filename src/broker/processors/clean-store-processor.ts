/**
 * CLEAN_EXPIRED_CONSUMEQUEUE (306), CLEAN_UNUSED_TOPIC (316) and DELETE_EXPIRED_COMMITLOG (329): deletion at an operator's word. Main thread.
 * Java: AdminBrokerProcessor.
 */
import type { RequestProcessor } from '../../remoting/connection.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { StoreRetention } from '../../workers/store-retention.js';
import type { CleanCommitLogService } from '../clean-commit-log-service.js';
import type { TopicConfigManager } from '../topic-config-manager.js';
import { isSystemTopic } from '../topic-validator.js';

/** What these need. */
export interface CleanStoreProcessorDeps {
  readonly retention: Pick<StoreRetention, 'cleanExpiredConsumeQueues' | 'topics'>;
  readonly cleaning: Pick<CleanCommitLogService, 'deleteManually'>;
  readonly store: MessageStore;
  readonly topics: TopicConfigManager;
}

/** The three processors. */
export class CleanStoreProcessor {
  readonly #deps: CleanStoreProcessorDeps;

  constructor(deps: CleanStoreProcessorDeps) {
    this.#deps = deps;
  }

  /**
   * CLEAN_EXPIRED_CONSUMEQUEUE. Differs: Apache destroys a queue all of whose messages are gone, so that its offsets begin at 0 again and a group that is
   * not online passes over what comes next. Here its last file stays, and its offsets go on.
   */
  readonly cleanExpiredConsumeQueue: RequestProcessor = async (request) => {
    try {
      await this.#deps.retention.cleanExpiredConsumeQueues();
    } catch (error) {
      return createResponse(request, ResponseCode.SYSTEM_ERROR, error instanceof Error ? error.message : String(error));
    }
    return createResponse(request, ResponseCode.SUCCESS, undefined);
  };

  /** CLEAN_UNUSED_TOPIC: deletes the queues of topics that are not in the topic table any more. */
  readonly cleanUnusedTopic: RequestProcessor = async (request) => {
    const { retention, store, topics } = this.#deps;
    const unused = retention.topics().filter((topic) => topics.select(topic) === undefined && !isSystemTopic(topic));
    await store.deleteTopics(unused);
    return createResponse(request, ResponseCode.SUCCESS, undefined);
  };

  /** DELETE_EXPIRED_COMMITLOG: answered when it is begun, as by Apache. */
  readonly deleteExpiredCommitLog: RequestProcessor = (request) => {
    this.#deps.cleaning.deleteManually();
    return createResponse(request, ResponseCode.SUCCESS, undefined);
  };
}
