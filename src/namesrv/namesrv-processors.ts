/**
 * The NameServer's one dispatch table. Main thread. Java: NamesrvController.registerProcessor, DefaultRequestProcessor.processRequest.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { ProcessorTable, RequestProcessor } from '../remoting/connection.js';
import { RequestCode } from '../remoting/request-code.js';
import type { KVConfigManager } from './kv-config-manager.js';
import type { NamesrvConfigStore } from './namesrv-config-loader.js';
import {
  createBrokerHeartbeatProcessor,
  createBrokerMemberGroupProcessor,
  createQueryDataVersionProcessor,
  createRegisterBrokerProcessor,
  createRegisterTopicProcessor,
  createUnregisterBrokerProcessor,
} from './processors/broker-registration-processor.js';
import {
  createDeleteKVConfigProcessor,
  createGetKVConfigProcessor,
  createListKVConfigProcessor,
  createPutKVConfigProcessor,
} from './processors/kv-config-processor.js';
import {
  createGetNamesrvConfigProcessor,
  createUpdateNamesrvConfigProcessor,
} from './processors/namesrv-config-processor.js';
import { createRouteInfoProcessor } from './processors/route-info-processor.js';
import {
  createAddWritePermProcessor,
  createDeleteTopicProcessor,
  createWipeWritePermProcessor,
} from './processors/topic-admin-processor.js';
import {
  createClusterInfoProcessor,
  createTopicListProcessor,
  listTopicsByCluster,
} from './processors/topic-list-processor.js';
import type { RouteInfoManager } from './route-info-manager.js';

/** Bits of a topic's system flag. Java: TopicSysFlag. */
const FLAG_UNIT = 1;
const FLAG_UNIT_SUB = 2;

const always = (): boolean => true;
const isUnit = (flag: number): boolean => (flag & FLAG_UNIT) !== 0;
const hasUnitSub = (flag: number): boolean => (flag & FLAG_UNIT_SUB) !== 0;
const hasUnitSubUnUnit = (flag: number): boolean => hasUnitSub(flag) && !isUnit(flag);

/** What the processors share. */
export interface NamesrvDependencies {
  readonly store: NamesrvConfigStore;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly routes: RouteInfoManager;
  readonly kvConfigs: KVConfigManager;
}

/** Request code → processor. */
export function createNamesrvProcessors({
  store,
  logger,
  clock,
  routes,
  kvConfigs,
}: NamesrvDependencies): ProcessorTable {
  const config = store.values;
  const ifAllTopicList = (): boolean => config.enableAllTopicList;
  const ifTopicList = (): boolean => config.enableTopicList;
  const bySysFlag = (accepts: (flag: number) => boolean): RequestProcessor =>
    createTopicListProcessor(ifTopicList, () => routes.topicsBySysFlag(accepts));
  return new Map<number, RequestProcessor>([
    [RequestCode.PUT_KV_CONFIG, createPutKVConfigProcessor(kvConfigs)],
    [RequestCode.GET_KV_CONFIG, createGetKVConfigProcessor(kvConfigs)],
    [RequestCode.DELETE_KV_CONFIG, createDeleteKVConfigProcessor(kvConfigs)],
    [RequestCode.GET_KVLIST_BY_NAMESPACE, createListKVConfigProcessor(kvConfigs)],
    [RequestCode.REGISTER_BROKER, createRegisterBrokerProcessor(config, routes, kvConfigs, logger)],
    [RequestCode.UNREGISTER_BROKER, createUnregisterBrokerProcessor(routes)],
    [RequestCode.REGISTER_TOPIC_IN_NAMESRV, createRegisterTopicProcessor(routes)],
    [RequestCode.QUERY_DATA_VERSION, createQueryDataVersionProcessor(routes)],
    [RequestCode.BROKER_HEARTBEAT, createBrokerHeartbeatProcessor(routes)],
    [RequestCode.GET_BROKER_MEMBER_GROUP, createBrokerMemberGroupProcessor(routes)],
    [RequestCode.GET_ROUTEINFO_BY_TOPIC, createRouteInfoProcessor({ config, clock, routes, kvConfigs })],
    [RequestCode.GET_BROKER_CLUSTER_INFO, createClusterInfoProcessor(routes)],
    [
      RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER,
      createTopicListProcessor(ifAllTopicList, () => routes.allTopics()),
    ],
    [RequestCode.GET_TOPICS_BY_CLUSTER, createTopicListProcessor(ifTopicList, listTopicsByCluster(routes))],
    [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, createTopicListProcessor(always, () => routes.systemTopics())],
    [RequestCode.GET_UNIT_TOPIC_LIST, bySysFlag(isUnit)],
    [RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST, bySysFlag(hasUnitSub)],
    [RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, bySysFlag(hasUnitSubUnUnit)],
    [RequestCode.DELETE_TOPIC_IN_NAMESRV, createDeleteTopicProcessor(routes, logger)],
    [RequestCode.WIPE_WRITE_PERM_OF_BROKER, createWipeWritePermProcessor(routes, logger)],
    [RequestCode.ADD_WRITE_PERM_OF_BROKER, createAddWritePermProcessor(routes, logger)],
    [RequestCode.UPDATE_NAMESRV_CONFIG, createUpdateNamesrvConfigProcessor(store, logger)],
    [RequestCode.GET_NAMESRV_CONFIG, createGetNamesrvConfigProcessor(store)],
  ]);
}
