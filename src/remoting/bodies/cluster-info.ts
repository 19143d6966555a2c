/** Body of the answer to GET_BROKER_CLUSTER_INFO (106). Main thread. Java: ClusterInfo. Always fastjson's dialect. */
import { defineBody, list, text, textMap, type BodyOf } from '../body-schema.js';
import { BrokerData } from './broker-data.js';

/** The body: brokers by broker name, broker names by cluster name. */
export const ClusterInfo = defineBody({
  brokerAddrTable: textMap(BrokerData),
  clusterAddrTable: textMap(list(text())),
});
/** Decoded {@link ClusterInfo}. */
export type ClusterInfo = BodyOf<typeof ClusterInfo>;
