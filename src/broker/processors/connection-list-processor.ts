/**
 * GET_CONSUMER_CONNECTION_LIST (203) and GET_PRODUCER_CONNECTION_LIST (204): who of a group is online. Main thread.
 * Java: AdminBrokerProcessor.
 */
import { RequestError } from '../../base/errors.js';
import {
  ConsumerConnection,
  ProducerConnection,
  type ClientConnection,
} from '../../remoting/bodies/client-connections.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { GetConsumerConnectionListRequestHeader } from '../../remoting/headers/get-consumer-connection-list-request-header.js';
import { GetProducerConnectionListRequestHeader } from '../../remoting/headers/get-producer-connection-list-request-header.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { ClientChannelInfo } from '../client-channel-info.js';
import type { ConsumerManager } from '../consumer-manager.js';
import type { ProducerManager } from '../producer-manager.js';

/** Makes the processor of GET_CONSUMER_CONNECTION_LIST. */
export function createConsumerConnectionListProcessor(consumers: ConsumerManager): RequestProcessor {
  return (request) => {
    const { consumerGroup } = GetConsumerConnectionListRequestHeader.decode(request.extFields);
    const group = consumers.group(consumerGroup);
    if (group === undefined) {
      throw new RequestError(ResponseCode.CONSUMER_NOT_ONLINE, `the consumer group[${consumerGroup}] not online`);
    }
    const { consumeFromWhere, consumeType, messageModel } = group;
    const body = ConsumerConnection.encode({
      connectionSet: connectionsOf(group.clients()),
      consumeFromWhere,
      consumeType,
      messageModel,
      subscriptionTable: new Map(group.subscriptions()),
    });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}

/** Makes the processor of GET_PRODUCER_CONNECTION_LIST. */
export function createProducerConnectionListProcessor(producers: ProducerManager): RequestProcessor {
  return (request) => {
    const { producerGroup } = GetProducerConnectionListRequestHeader.decode(request.extFields);
    const group = producers.group(producerGroup);
    if (group === undefined) {
      throw new RequestError(ResponseCode.SYSTEM_ERROR, `the producer group[${producerGroup}] not exist`);
    }
    const body = ProducerConnection.encode({ connectionSet: connectionsOf(group.values()) });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}

function connectionsOf(clients: Iterable<ClientChannelInfo>): ClientConnection[] {
  return Array.from(clients, ({ connection, clientId, language, version }) => {
    return { clientAddr: connection.remoteAddress, clientId, language, version };
  });
}
