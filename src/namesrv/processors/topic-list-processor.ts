/**
 * Lists of clusters, brokers and topics: 106, 206, 224, 304, 311 to 313. Main thread. Java: DefaultRequestProcessor.
 */
import { ClusterInfo } from '../../remoting/bodies/cluster-info.js';
import { TopicList } from '../../remoting/bodies/topic-list.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { GetTopicsByClusterRequestHeader } from '../../remoting/headers/get-topics-by-cluster-request-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { RouteInfoManager } from '../route-info-manager.js';

/** GET_BROKER_CLUSTER_INFO (106). Compat: broker ids are unquoted keys, whatever the request's version. */
export function createClusterInfoProcessor(routes: RouteInfoManager): RequestProcessor {
  return (request) =>
    createResponse(request, ResponseCode.SUCCESS, undefined, undefined, ClusterInfo.encode(routes.clusterInfo()));
}

/** Any of the topic lists; `isEnabled` is asked at each request. */
export function createTopicListProcessor(
  isEnabled: () => boolean,
  listTopics: (request: RemotingCommand) => TopicList,
): RequestProcessor {
  return (request) => {
    if (!isEnabled()) return createResponse(request, ResponseCode.SYSTEM_ERROR, 'disable');
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, TopicList.encode(listTopics(request)));
  };
}

/** What GET_TOPICS_BY_CLUSTER (224) lists. */
export function listTopicsByCluster(routes: RouteInfoManager): (request: RemotingCommand) => TopicList {
  return (request) => routes.topicsByCluster(GetTopicsByClusterRequestHeader.decode(request.extFields).cluster);
}
