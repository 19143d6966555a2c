/**
 * What becomes of a broker name that has lost its master, if its brokers take part (`enableSlaveActingMaster`). Main thread.
 * Java: RouteInfoManager.pickupTopicRouteData, notifyMinBrokerIdChanged and chooseBrokerAddrsToNotify.
 * Invariant: nothing here changes a table.
 */
import type { TopicRouteData } from '../remoting/bodies/topic-route-data.js';
import type { NotifyMinBrokerIdChangeRequestHeader } from '../remoting/headers/notify-min-broker-id-change-request-header.js';
import { MASTER_ID } from './broker-addr-table.js';

const PERM_WRITE = 2;
/** With this prefix and a broker's name behind it: the topic by whose route brokers learn of the members of their group. */
const SYNC_BROKER_MEMBER_PREFIX = 'rmq_sys_SYNC_BROKER_MEMBER_';

/** The smallest broker id of a group has become another. */
export interface MinBrokerIdChange {
  readonly brokerAddrs: ReadonlyMap<number, string>;
  /** Set when a broker has gone, not when one has come. */
  readonly offlineBrokerAddr: string | undefined;
  /** Set when a broker has come. */
  readonly haBrokerAddr: string | undefined;
}

/** One notification to all of these brokers. */
export interface MinBrokerIdNotification {
  readonly brokerAddrs: readonly string[];
  readonly header: NotifyMinBrokerIdChangeRequestHeader;
}

/** Undefined when nobody is left. A broker that comes as the smallest of several knows it itself. */
export function minBrokerIdNotification(change: MinBrokerIdChange): MinBrokerIdNotification | undefined {
  const { brokerAddrs, offlineBrokerAddr, haBrokerAddr } = change;
  if (brokerAddrs.size === 0) return undefined;
  const minBrokerId = Math.min(...brokerAddrs.keys());
  const minBrokerAddr = brokerAddrs.get(minBrokerId);
  const isAll = offlineBrokerAddr !== undefined || brokerAddrs.size === 1;
  return {
    brokerAddrs: [...brokerAddrs].flatMap(([id, address]) => (isAll || id !== minBrokerId ? [address] : [])),
    header: {
      minBrokerId,
      ...(minBrokerAddr === undefined ? {} : { minBrokerAddr }),
      ...(offlineBrokerAddr === undefined ? {} : { offlineBrokerAddr }),
      ...(haBrokerAddr === undefined ? {} : { haBrokerAddr }),
    },
  };
}

/** `route` as clients are shown it: the slave with the smallest id stands as the master where there is none and nothing can be written. */
export function withActingMasters(topic: string, route: TopicRouteData): TopicRouteData {
  if (topic.startsWith(SYNC_BROKER_MEMBER_PREFIX)) return route;
  const isReadOnly = (name: string): boolean =>
    route.queueDatas.some(({ brokerName, perm }) => brokerName === name && (perm & PERM_WRITE) === 0);
  const brokerDatas = route.brokerDatas.map((broker) => {
    const { brokerAddrs, brokerName, enableActingMaster } = broker;
    if (!enableActingMaster || brokerAddrs.size === 0 || brokerAddrs.has(MASTER_ID)) return broker;
    if (!isReadOnly(brokerName)) return broker;
    const minBrokerId = Math.min(...brokerAddrs.keys());
    const shown = [...brokerAddrs].map(([id, address]): [number, string] => [
      id === minBrokerId ? MASTER_ID : id,
      address,
    ]);
    return { ...broker, brokerAddrs: new Map(shown) };
  });
  return { ...route, brokerDatas };
}
