/**
 * Body of the answer to GET_ROUTEINFO_BY_TOPIC (105). Main thread. Java: TopicRouteData.
 * Compat: `brokerAddrs` has unquoted integers as keys, unless the request asked for standard JSON.
 */
import {
  defineBody,
  list,
  number,
  opaqueJson,
  optionalText,
  record,
  text,
  textMap,
  type BodyOf,
} from '../body-schema.js';
import { BrokerData } from './broker-data.js';

/** Queues of the topic on one broker name. Java: QueueData. */
export const QueueData = record({
  brokerName: text(),
  perm: number(),
  readQueueNums: number(),
  topicSysFlag: number(),
  writeQueueNums: number(),
});
/** Decoded {@link QueueData}. */
export type QueueData = BodyOf<typeof QueueData>;

/** The body. `orderTopicConf` is `brokerName:queues;…`; `topicQueueMappingByBroker` belongs to static topics and is handed on as it came. */
export const TopicRouteData = defineBody({
  brokerDatas: list(BrokerData),
  filterServerTable: textMap(list(text())),
  orderTopicConf: optionalText(),
  queueDatas: list(QueueData),
  topicQueueMappingByBroker: opaqueJson(),
});
/** Decoded {@link TopicRouteData}. */
export type TopicRouteData = BodyOf<typeof TopicRouteData>;
