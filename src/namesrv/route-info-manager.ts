/**
 * What this NameServer knows: brokers, their topics, their liveness. Main thread. Java: RouteInfoManager.
 * Everything is in memory and comes from the brokers, which tell it again every 30 s; nothing is persisted.
 * Invariant: every address of the address table is in the live table, so that each goes one day.
 * Differs: a broker that unregisters is out before it is answered; Apache takes it out a moment later, in batches.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { BrokerData } from '../remoting/bodies/broker-data.js';
import type { ClusterInfo } from '../remoting/bodies/cluster-info.js';
import type { DataVersion } from '../remoting/bodies/data-version.js';
import type { RegisterBrokerBody } from '../remoting/bodies/register-broker-body.js';
import type { TopicConfig } from '../remoting/bodies/topic-config-serialize-wrapper.js';
import type { TopicList } from '../remoting/bodies/topic-list.js';
import type { QueueData, TopicRouteData } from '../remoting/bodies/topic-route-data.js';
import type { Connection } from '../remoting/connection.js';
import type { FastjsonValue } from '../remoting/fastjson-reader.js';
import type {
  RegisterBrokerRequestHeader,
  RegisterBrokerResponseHeader,
} from '../remoting/headers/register-broker-request-header.js';
import type { UnRegisterBrokerRequestHeader } from '../remoting/headers/un-register-broker-request-header.js';
import {
  minBrokerIdNotification,
  withActingMasters,
  type MinBrokerIdChange,
  type MinBrokerIdNotification,
} from './acting-master.js';
import { BrokerAddrTable, MASTER_ID } from './broker-addr-table.js';
import { BROKER_EXPIRED_MS, BrokerLiveTable, isSameVersion, type BrokerLiveInfo } from './broker-live-table.js';
import type { NamesrvConfig } from './namesrv-config.js';
import { TopicQueueTable } from './topic-queue-table.js';

/** Bits of a topic's permission. Java: PermName. */
const PERM_READ = 4;
const PERM_WRITE = 2;

/** A registration as it came in. */
export interface BrokerRegistration {
  readonly header: RegisterBrokerRequestHeader;
  readonly zoneName: string | undefined;
  readonly body: RegisterBrokerBody;
  readonly connection: Connection;
}

/** The route tables. */
export class RouteInfoManager {
  readonly #config: NamesrvConfig;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #topicQueues = new TopicQueueTable();
  readonly #brokerAddrs = new BrokerAddrTable();
  readonly #brokerLives = new BrokerLiveTable();
  readonly #notify: (notification: MinBrokerIdNotification) => void;

  /** `notify` tells brokers that the smallest id of their group has changed. */
  constructor(
    config: NamesrvConfig,
    logger: Logger,
    clock: Clock,
    notify: (notification: MinBrokerIdNotification) => void = () => undefined,
  ) {
    this.#config = config;
    this.#logger = logger;
    this.#clock = clock;
    this.#notify = notify;
  }

  /**
   * Takes a broker and its topics in. Gives the addresses of its master, for a slave; undefined if it was refused because it names
   * a single topic before it has registered as a whole.
   */
  registerBroker(registration: BrokerRegistration): RegisterBrokerResponseHeader | undefined {
    const { header, body } = registration;
    const { clusterName, brokerName, brokerId, brokerAddr } = header;
    const { dataVersion, topicConfigTable } = body.topicConfigSerializeWrapper;
    const oldAddr = this.#brokerAddrs.address(brokerName, brokerId);
    const oldMinBrokerId = this.#brokerAddrs.minBrokerId(brokerName);
    if (oldAddr === undefined && topicConfigTable.size === 1) {
      this.#logger.warn('single topic of a broker that has not registered', { brokerName, brokerId, brokerAddr });
      return undefined;
    }
    if (oldAddr !== undefined && oldAddr !== brokerAddr && this.#isOlder(clusterName, oldAddr, dataVersion)) {
      // Compat: answered with SUCCESS and no addresses.
      this.#logger.warn('registration ignored, a newer broker has its id', {
        brokerName,
        brokerId,
        brokerAddr,
        oldAddr,
      });
      this.#brokerLives.remove(clusterName, brokerAddr);
      return {};
    }
    if (oldAddr !== undefined && oldAddr !== brokerAddr) this.#brokerLives.remove(clusterName, oldAddr);
    const { zoneName } = registration;
    const enableActingMaster = header.enableActingMaster ?? false;
    this.#brokerAddrs.put({ brokerName, cluster: clusterName, enableActingMaster, zoneName }, brokerId, brokerAddr);
    this.#registerTopics(registration, oldAddr === undefined);
    this.#noteAlive(registration);
    // Compat: brokers that do not take part are told too, when one comes.
    if (oldMinBrokerId !== undefined && brokerId < oldMinBrokerId) {
      this.#onMinBrokerIdChange(brokerName, { offlineBrokerAddr: undefined, haBrokerAddr: header.haServerAddr });
    }
    return brokerId === MASTER_ID ? {} : this.#masterOf(clusterName, brokerName);
  }

  /** Adds queues of one topic on brokers that have registered. */
  registerTopic(topic: string, queueDatas: readonly QueueData[]): void {
    const stranger = queueDatas.find(({ brokerName }) => this.#brokerAddrs.get(brokerName) === undefined);
    if (stranger !== undefined) {
      this.#logger.warn('topic of a broker that has not registered', { topic, brokerName: stranger.brokerName });
      return;
    }
    for (const queueData of queueDatas) this.#topicQueues.put(topic, queueData);
  }

  /** Takes a broker out, and its topics if no other broker has its name. */
  unregisterBroker(header: Pick<UnRegisterBrokerRequestHeader, 'clusterName' | 'brokerName' | 'brokerAddr'>): void {
    const { clusterName, brokerName, brokerAddr } = header;
    this.#brokerLives.remove(clusterName, brokerAddr);
    const minBrokerId = this.#brokerAddrs.minBrokerId(brokerName);
    const isNameGone = this.#brokerAddrs.remove(clusterName, brokerName, brokerAddr);
    this.#logger.info('broker unregistered', { clusterName, brokerName, brokerAddr, isNameGone });
    if (isNameGone) this.#topicQueues.removeBroker(brokerName);
    else {
      if (this.#lacksMaster(brokerName)) this.#topicQueues.changePerm(brokerName, withoutWrite);
      const isTakingPart = this.#brokerAddrs.get(brokerName)?.enableActingMaster === true;
      if (isTakingPart && minBrokerId !== this.#brokerAddrs.minBrokerId(brokerName)) {
        this.#onMinBrokerIdChange(brokerName, { offlineBrokerAddr: brokerAddr, haBrokerAddr: undefined });
      }
    }
  }

  /** Takes out whoever registered over a connection that has closed. */
  onConnectionClosed(connection: Connection): void {
    for (const info of this.#brokerLives.registeredOver(connection)) this.#dropBroker(info, 'its connection closed');
  }

  /** Takes out whoever has been silent for too long. */
  scanNotActiveBroker(): void {
    for (const info of this.#brokerLives.expired(this.#clock.nowMs())) {
      this.#dropBroker(info, `silent for ${info.heartbeatTimeoutMs} ms`);
      info.connection.close('the broker that registered over it has been silent for too long');
    }
  }

  /** Notes a sign of life of a broker. */
  touchBroker(clusterName: string, brokerAddr: string): void {
    this.#brokerLives.touch(clusterName, brokerAddr, this.#clock.nowMs());
  }

  /** The data version that a broker registered with last. */
  dataVersion(clusterName: string, brokerAddr: string): DataVersion | undefined {
    return this.#brokerLives.get(clusterName, brokerAddr)?.dataVersion;
  }

  /** Takes a topic out, on the brokers of one cluster only if one is given. */
  deleteTopic(topic: string, clusterName: string | undefined): void {
    if (clusterName === undefined || clusterName === '') this.#topicQueues.remove(topic);
    else
      for (const brokerName of this.#brokerAddrs.brokerNames(clusterName))
        this.#topicQueues.removeFrom(topic, brokerName);
  }

  /** Takes the write permission from all topics of a broker name; returns their number. */
  wipeWritePerm(brokerName: string): number {
    return this.#topicQueues.changePerm(brokerName, withoutWrite);
  }

  /** Makes all topics of a broker name readable and writable; returns their number. */
  addWritePerm(brokerName: string): number {
    return this.#topicQueues.changePerm(brokerName, () => PERM_READ | PERM_WRITE);
  }

  /** Where the queues of a topic are; undefined if no broker that is here holds any. */
  pickupTopicRouteData(topic: string): TopicRouteData | undefined {
    const queues = this.#topicQueues.queues(topic);
    if (queues === undefined) return undefined;
    const brokerDatas: BrokerData[] = [];
    const filterServerTable = new Map<string, string[]>();
    for (const brokerName of queues.keys()) {
      const brokerData = this.#brokerAddrs.get(brokerName);
      if (brokerData === undefined) continue;
      brokerDatas.push(brokerData);
      for (const brokerAddr of brokerData.brokerAddrs.values()) {
        const filterServers = this.#brokerLives.get(brokerData.cluster, brokerAddr)?.filterServers ?? [];
        if (filterServers.length > 0) filterServerTable.set(brokerAddr, [...filterServers]);
      }
    }
    if (brokerDatas.length === 0) return undefined;
    const route: TopicRouteData = { brokerDatas, filterServerTable, queueDatas: [...queues.values()] };
    const mappings = this.#topicQueues.mappings(topic);
    const mapped =
      mappings === undefined ? route : { ...route, topicQueueMappingByBroker: Object.fromEntries(mappings) };
    return this.#config.supportActingMaster ? withActingMasters(topic, mapped) : mapped;
  }

  /** All brokers and clusters. */
  clusterInfo(): ClusterInfo {
    const clusters = [...this.#brokerAddrs.clusters()].map(([cluster, names]): [string, string[]] => [
      cluster,
      [...names],
    ]);
    return { brokerAddrTable: new Map(this.#brokerAddrs.brokers()), clusterAddrTable: new Map(clusters) };
  }

  /** The addresses of a broker name by broker id. */
  brokerAddrs(brokerName: string): ReadonlyMap<number, string> {
    return this.#brokerAddrs.get(brokerName)?.brokerAddrs ?? new Map<number, string>();
  }

  /** All topics. */
  allTopics(): TopicList {
    return { topicList: this.#topicQueues.topics() };
  }

  /** Topics on the brokers of a cluster. */
  topicsByCluster(cluster: string): TopicList {
    const brokerNames = [...this.#brokerAddrs.brokerNames(cluster)];
    return {
      topicList: this.#topicQueues.topicsWhere((queues) => brokerNames.some((brokerName) => queues.has(brokerName))),
    };
  }

  /** Topics of whose system flag `accepts` holds; that of their first broker counts. */
  topicsBySysFlag(accepts: (topicSysFlag: number) => boolean): TopicList {
    const acceptsFirst = (queues: ReadonlyMap<string, QueueData>): boolean => {
      const [first] = queues.values();
      return first !== undefined && accepts(first.topicSysFlag);
    };
    return { topicList: this.#topicQueues.topicsWhere(acceptsFirst) };
  }

  /** The topics that are named like clusters and brokers, and the address of some broker. */
  systemTopics(): TopicList {
    const topics = new Set<string>();
    for (const [cluster, brokerNames] of this.#brokerAddrs.clusters()) {
      topics.add(cluster);
      for (const brokerName of brokerNames) topics.add(brokerName);
    }
    const [someBroker] = this.#brokerAddrs.brokers().values();
    const [brokerAddr] = someBroker?.brokerAddrs.values() ?? [];
    return { topicList: [...topics], ...(brokerAddr === undefined ? {} : { brokerAddr }) };
  }

  #isOlder(clusterName: string, oldAddr: string, dataVersion: DataVersion): boolean {
    const oldInfo = this.#brokerLives.get(clusterName, oldAddr);
    return oldInfo !== undefined && oldInfo.dataVersion.stateVersion > dataVersion.stateVersion;
  }

  /** A master's topics count, and those of the slave with the smallest id if it is a 5.x broker, which would act for a lost master. */
  #registerTopics({ header, body }: BrokerRegistration, isFirst: boolean): void {
    const { clusterName, brokerName, brokerId, brokerAddr, enableActingMaster } = header;
    const isMaster = brokerId === MASTER_ID;
    const isPrimeSlave =
      !isMaster && enableActingMaster !== undefined && brokerId === this.#brokerAddrs.minBrokerId(brokerName);
    if (!isMaster && !isPrimeSlave) return;
    const { dataVersion, topicConfigTable, topicQueueMappingInfoMap } = body.topicConfigSerializeWrapper;
    const mappings = membersOf(topicQueueMappingInfoMap);
    if (this.#config.deleteTopicWithBrokerRegistration && mappings.length === 0) {
      this.#topicQueues.removeBroker(brokerName, (topic) => topicConfigTable.has(topic));
    }
    const known = this.dataVersion(clusterName, brokerAddr);
    const isChanged = isFirst || known === undefined || !isSameVersion(known, dataVersion);
    const isReadOnly = isPrimeSlave && enableActingMaster;
    for (const topicConfig of topicConfigTable.values()) {
      if (!isChanged && this.#topicQueues.queues(topicConfig.topicName)?.has(brokerName)) continue;
      this.#topicQueues.put(topicConfig.topicName, queueDataOf(brokerName, topicConfig, isReadOnly));
    }
    if (!isChanged) return;
    for (const [topic, mapping] of mappings)
      this.#topicQueues.putMapping(topic, mappedBrokerName(mapping) ?? brokerName, mapping);
  }

  #noteAlive({ header, body, connection }: BrokerRegistration): void {
    const { clusterName, brokerName, brokerId, brokerAddr, haServerAddr, heartbeatTimeoutMillis } = header;
    const isNew = this.#brokerLives.put({
      clusterName,
      brokerAddr,
      haServerAddr,
      heartbeatTimeoutMs: heartbeatTimeoutMillis ?? BROKER_EXPIRED_MS,
      dataVersion: body.topicConfigSerializeWrapper.dataVersion,
      connection,
      filterServers: body.filterServerList,
      lastUpdateMs: this.#clock.nowMs(),
    });
    if (isNew) this.#logger.info('broker registered', { clusterName, brokerName, brokerId, brokerAddr, haServerAddr });
  }

  #masterOf(clusterName: string, brokerName: string): RegisterBrokerResponseHeader {
    const masterAddr = this.#brokerAddrs.address(brokerName, MASTER_ID);
    const master = masterAddr === undefined ? undefined : this.#brokerLives.get(clusterName, masterAddr);
    return master === undefined ? {} : { masterAddr: master.brokerAddr, haServerAddr: master.haServerAddr };
  }

  #dropBroker({ clusterName, brokerAddr }: BrokerLiveInfo, reason: string): void {
    this.#logger.warn('broker lost', { clusterName, brokerAddr, reason });
    const position = this.#brokerAddrs.find(clusterName, brokerAddr);
    if (position === undefined) this.#brokerLives.remove(clusterName, brokerAddr);
    else this.unregisterBroker({ clusterName, brokerName: position.brokerName, brokerAddr });
  }

  #onMinBrokerIdChange(brokerName: string, change: Omit<MinBrokerIdChange, 'brokerAddrs'>): void {
    if (!this.#config.notifyMinBrokerIdChanged) return;
    const notification = minBrokerIdNotification({ brokerAddrs: this.brokerAddrs(brokerName), ...change });
    if (notification === undefined) return;
    this.#logger.info('the smallest broker id of a group has changed', { brokerName, ...notification.header });
    this.#notify(notification);
  }

  #lacksMaster(brokerName: string): boolean {
    const broker = this.#brokerAddrs.get(brokerName);
    return broker !== undefined && broker.enableActingMaster && !broker.brokerAddrs.has(MASTER_ID);
  }
}

function withoutWrite(perm: number): number {
  return perm & ~PERM_WRITE;
}

function queueDataOf(brokerName: string, topicConfig: TopicConfig, isReadOnly: boolean): QueueData {
  const { perm, readQueueNums, topicSysFlag, writeQueueNums } = topicConfig;
  return { brokerName, perm: isReadOnly ? withoutWrite(perm) : perm, readQueueNums, topicSysFlag, writeQueueNums };
}

function membersOf(value: FastjsonValue | undefined): [string, FastjsonValue][] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
  return isObject ? Object.entries(value) : [];
}

/** Java: TopicQueueMappingInfo.bname. */
function mappedBrokerName(mapping: FastjsonValue): string | undefined {
  const brokerName = membersOf(mapping).find(([name]) => name === 'bname')?.[1];
  return typeof brokerName === 'string' ? brokerName : undefined;
}
