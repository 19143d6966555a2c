/**
 * What an administrator changes in the routes: 205, 216, 327. Main thread. Java: DefaultRequestProcessor.
 * A broker's next registration with a changed data version undoes it.
 */
import type { Logger } from '../../base/log.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import {
  AddWritePermOfBrokerRequestHeader,
  AddWritePermOfBrokerResponseHeader,
} from '../../remoting/headers/add-write-perm-of-broker-request-header.js';
import { DeleteTopicFromNamesrvRequestHeader } from '../../remoting/headers/delete-topic-from-namesrv-request-header.js';
import {
  WipeWritePermOfBrokerRequestHeader,
  WipeWritePermOfBrokerResponseHeader,
} from '../../remoting/headers/wipe-write-perm-of-broker-request-header.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { RouteInfoManager } from '../route-info-manager.js';

/** DELETE_TOPIC_IN_NAMESRV (216). */
export function createDeleteTopicProcessor(routes: RouteInfoManager, logger: Logger): RequestProcessor {
  return (request, { remoteAddress }) => {
    const { topic, clusterName } = DeleteTopicFromNamesrvRequestHeader.decode(request.extFields);
    routes.deleteTopic(topic, clusterName);
    logger.info('topic deleted', { topic, clusterName, remoteAddress });
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

/** WIPE_WRITE_PERM_OF_BROKER (205). */
export function createWipeWritePermProcessor(routes: RouteInfoManager, logger: Logger): RequestProcessor {
  return (request, { remoteAddress }) => {
    const { brokerName } = WipeWritePermOfBrokerRequestHeader.decode(request.extFields);
    const wipeTopicCount = routes.wipeWritePerm(brokerName);
    logger.info('write permission wiped', { brokerName, wipeTopicCount, remoteAddress });
    return createResponse(
      request,
      ResponseCode.SUCCESS,
      undefined,
      WipeWritePermOfBrokerResponseHeader.encode({ wipeTopicCount }),
    );
  };
}

/** ADD_WRITE_PERM_OF_BROKER (327). */
export function createAddWritePermProcessor(routes: RouteInfoManager, logger: Logger): RequestProcessor {
  return (request, { remoteAddress }) => {
    const { brokerName } = AddWritePermOfBrokerRequestHeader.decode(request.extFields);
    const addTopicCount = routes.addWritePerm(brokerName);
    logger.info('write permission added', { brokerName, addTopicCount, remoteAddress });
    return createResponse(
      request,
      ResponseCode.SUCCESS,
      undefined,
      AddWritePermOfBrokerResponseHeader.encode({ addTopicCount }),
    );
  };
}
