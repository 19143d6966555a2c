/**
 * QUERY_MESSAGE (12): the messages of a key. Main thread. Java: QueryMessageProcessor.queryMessage.
 * Invariant: one query of a connection is served at a time, and none while the client does not read, so that a client is owed one answer's bytes at the most.
 */
import { RequestError } from '../../base/errors.js';
import type { Connection, RequestProcessor } from '../../remoting/connection.js';
import {
  QueryMessageRequestHeader,
  QueryMessageResponseHeader,
} from '../../remoting/headers/query-message-request-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageStore } from '../../workers/message-store.js';
import type { BrokerConfig } from '../broker-config.js';

/** Queries of one connection that wait for the one before; past it SYSTEM_BUSY. */
const QUERIES_WAITING_MAX = 256;

/** What queries need. */
export interface QueryMessageDeps {
  readonly store: Pick<MessageStore, 'queryMessage'>;
  readonly config: Pick<BrokerConfig, 'maxMsgsNumBatch' | 'defaultQueryMaxNum'>;
}

interface Lane {
  count: number;
  last: Promise<unknown>;
}

/** Serves 12. */
export class QueryMessageProcessor {
  readonly #deps: QueryMessageDeps;
  /** Goes with the connection. */
  readonly #lanes = new WeakMap<Connection, Lane>();

  constructor(deps: QueryMessageDeps) {
    this.#deps = deps;
  }

  /** Bound: the processor. */
  readonly process: RequestProcessor = (request, connection) => {
    const lane = this.#lanes.get(connection) ?? { count: 0, last: Promise.resolve() };
    this.#lanes.set(connection, lane);
    if (lane.count > QUERIES_WAITING_MAX) {
      const remark = `more than ${QUERIES_WAITING_MAX} queries of this connection wait`;
      return createResponse(request, ResponseCode.SYSTEM_BUSY, remark);
    }
    lane.count++;
    const answer = lane.last
      .then(() => writable(connection))
      .then(() => this.#query(request))
      .finally(() => lane.count--);
    lane.last = answer.catch(() => undefined);
    return answer;
  };

  async #query(request: RemotingCommand): Promise<RemotingCommand> {
    const { store, config } = this.#deps;
    const header = QueryMessageRequestHeader.decode(request.extFields);
    const { beginTimestamp, endTimestamp } = header;
    const maxNum = header.isUniqueKey ? config.defaultQueryMaxNum : header.maxNum;
    // Compat: the code of Apache's exceptions.
    if (maxNum === undefined || beginTimestamp === undefined || endTimestamp === undefined) {
      throw new RequestError(ResponseCode.SYSTEM_ERROR, 'maxNum, beginTimestamp or endTimestamp is missing');
    }
    const countMax = Math.min(maxNum, config.maxMsgsNumBatch);
    if (countMax < 0) throw new RequestError(ResponseCode.SYSTEM_ERROR, `maxNum is ${countMax}`);
    const result = await store.queryMessage({
      topic: header.topic,
      key: header.key,
      countMax,
      beginTimestampMs: beginTimestamp,
      endTimestampMs: endTimestamp,
      // Compat: an asked-for unique key is looked up as one, whatever indexType says.
      indexType: header.isUniqueKey ? undefined : header.indexType,
    });
    const extFields = QueryMessageResponseHeader.encode({
      indexLastUpdateTimestamp: result.indexLastUpdateTimestampMs,
      indexLastUpdatePhyoffset: result.indexLastUpdatePhysicalOffset,
    });
    if (result.body.length > 0) {
      return createResponse(request, ResponseCode.SUCCESS, undefined, extFields, result.body);
    }
    const remark = 'can not find message, maybe time range not correct';
    return createResponse(request, ResponseCode.QUERY_NOT_FOUND, remark, extFields);
  }
}

function writable(connection: Connection): Promise<void> {
  return new Promise((resolve) => connection.onDrain(resolve));
}
