/**
 * SEARCH_OFFSET_BY_TIMESTAMP (29), GET_MAX_OFFSET (30), GET_MIN_OFFSET (31) and GET_EARLIEST_MSG_STORETIME (32). Main thread.
 * Java: AdminBrokerProcessor. Compat: none of them asks whether the topic exists; of one that does not, offsets are 0 and times -1.
 */
import {
  GetEarliestMsgStoretimeRequestHeader,
  GetEarliestMsgStoretimeResponseHeader,
} from '../../remoting/headers/get-earliest-msg-storetime-request-header.js';
import {
  GetMaxOffsetRequestHeader,
  GetMaxOffsetResponseHeader,
} from '../../remoting/headers/get-max-offset-request-header.js';
import {
  GetMinOffsetRequestHeader,
  GetMinOffsetResponseHeader,
} from '../../remoting/headers/get-min-offset-request-header.js';
import {
  SearchOffsetRequestHeader,
  SearchOffsetResponseHeader,
} from '../../remoting/headers/search-offset-request-header.js';
import { createResponse, type ExtFields, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';

/** What a QueueOffsetProcessor asks. */
export type QueueOffsetStore = Pick<
  MessageStore,
  'minOffset' | 'maxOffset' | 'offsetByTimestamp' | 'earliestStoreTimestamp'
>;

/** One for each broker; its methods are bound. */
export class QueueOffsetProcessor {
  readonly #store: QueueOffsetStore;

  constructor(store: QueueOffsetStore) {
    this.#store = store;
  }

  /** SEARCH_OFFSET_BY_TIMESTAMP. */
  readonly searchByTimestamp = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { topic, queueId, timestamp, boundaryType } = SearchOffsetRequestHeader.decode(request.extFields);
    // Compat: Java's BoundaryType.getType takes any case, and all else as LOWER.
    const boundary = boundaryType.toUpperCase() === 'UPPER' ? 'UPPER' : 'LOWER';
    const offset = await this.#store.offsetByTimestamp(topic, queueId, timestamp, boundary);
    return success(request, SearchOffsetResponseHeader.encode({ offset }));
  };

  /** GET_MAX_OFFSET. */
  readonly max = (request: RemotingCommand): RemotingCommand => {
    const { topic, queueId } = GetMaxOffsetRequestHeader.decode(request.extFields);
    return success(request, GetMaxOffsetResponseHeader.encode({ offset: this.#store.maxOffset(topic, queueId) }));
  };

  /** GET_MIN_OFFSET. */
  readonly min = (request: RemotingCommand): RemotingCommand => {
    const { topic, queueId } = GetMinOffsetRequestHeader.decode(request.extFields);
    return success(request, GetMinOffsetResponseHeader.encode({ offset: this.#store.minOffset(topic, queueId) }));
  };

  /** GET_EARLIEST_MSG_STORETIME. */
  readonly earliestStoreTime = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { topic, queueId } = GetEarliestMsgStoretimeRequestHeader.decode(request.extFields);
    const timestamp = await this.#store.earliestStoreTimestamp(topic, queueId);
    return success(request, GetEarliestMsgStoretimeResponseHeader.encode({ timestamp }));
  };
}

function success(request: RemotingCommand, extFields: ExtFields): RemotingCommand {
  return createResponse(request, ResponseCode.SUCCESS, undefined, extFields);
}
