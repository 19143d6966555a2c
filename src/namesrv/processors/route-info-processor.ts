/**
 * GET_ROUTEINFO_BY_TOPIC (105): where a topic's queues are. Main thread. Java: ClientRequestProcessor, ZoneRouteRPCHook.
 * An unknown topic is not looked up under another name: falling back to TBW102 is the client's.
 */
import type { Clock } from '../../base/clock.js';
import { TopicRouteData } from '../../remoting/bodies/topic-route-data.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import type { KeyForm } from '../../remoting/fastjson.js';
import { GetRouteInfoRequestHeader } from '../../remoting/headers/get-route-info-request-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { MASTER_ID } from '../broker-addr-table.js';
import { NAMESPACE_ORDER_TOPIC_CONFIG, type KVConfigManager } from '../kv-config-manager.js';
import type { NamesrvConfig } from '../namesrv-config.js';
import type { RouteInfoManager } from '../route-info-manager.js';

/** MQVersion ordinal of V4_9_4, since which clients read standard JSON. */
const STANDARD_JSON_VERSION = 401;
/** Java: FAQUrl.APPLY_TOPIC_URL. Clients print the remark. */
const APPLY_TOPIC_URL = 'https://rocketmq.apache.org/docs/bestPractice/06FAQ';

/** What the processor needs. */
export interface RouteInfoDependencies {
  readonly config: NamesrvConfig;
  readonly clock: Clock;
  readonly routes: RouteInfoManager;
  readonly kvConfigs: KVConfigManager;
}

/** Makes the processor; the time in which it may say that it is not ready begins now. */
export function createRouteInfoProcessor({
  config,
  clock,
  routes,
  kvConfigs,
}: RouteInfoDependencies): RequestProcessor {
  const startMs = clock.monotonicMs();
  const isReady = (): boolean =>
    !config.needWaitForService || clock.monotonicMs() - startMs >= config.waitSecondsForService * 1_000;
  return (request) => {
    if (!isReady()) return createResponse(request, ResponseCode.SYSTEM_ERROR, 'name server not ready');
    const header = GetRouteInfoRequestHeader.decode(request.extFields);
    const { topic } = header;
    const route = routes.pickupTopicRouteData(topic);
    if (route === undefined) {
      const remark = `No topic route info in name server for the topic: ${topic}\nSee ${APPLY_TOPIC_URL} for further details.`;
      return createResponse(request, ResponseCode.TOPIC_NOT_EXIST, remark);
    }
    if (config.orderMessageEnable) route.orderTopicConf = kvConfigs.get(NAMESPACE_ORDER_TOPIC_CONFIG, topic);
    const keyForm: KeyForm =
      request.version >= STANDARD_JSON_VERSION || header.acceptStandardJsonOnly === true ? 'standard' : 'fastjson';
    const body = TopicRouteData.encode(filterByZone(route, request), keyForm);
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}

/** A client in zone mode is shown the brokers of its zone, and those that have lost their master. */
function filterByZone(route: TopicRouteData, request: RemotingCommand): TopicRouteData {
  const zoneName = request.extFields?.['__ZONE_NAME'] ?? '';
  if (request.extFields?.['__ZONE_MODE']?.toLowerCase() !== 'true' || zoneName.trim() === '') return route;
  const isNear = ({ brokerAddrs, zoneName: brokerZone }: TopicRouteData['brokerDatas'][number]): boolean =>
    !brokerAddrs.has(MASTER_ID) || brokerZone?.toLowerCase() === zoneName.toLowerCase();
  const hidden = route.brokerDatas.filter((brokerData) => !isNear(brokerData));
  const hiddenNames = new Set(hidden.map(({ brokerName }) => brokerName));
  const hiddenAddrs = new Set(hidden.flatMap(({ brokerAddrs }) => [...brokerAddrs.values()]));
  return {
    ...route,
    brokerDatas: route.brokerDatas.filter(isNear),
    filterServerTable: new Map([...route.filterServerTable].filter(([brokerAddr]) => !hiddenAddrs.has(brokerAddr))),
    queueDatas: route.queueDatas.filter(({ brokerName }) => !hiddenNames.has(brokerName)),
  };
}
