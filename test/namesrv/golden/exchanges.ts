/**
 * Requests that were put to Apache's NameServer in this order, on one connection, and that ours is put too. What Apache answered is in
 * `apache-5.5.0.json`; `record.ts` takes it again.
 */
import { crc32 } from 'node:zlib';
import { RequestCode } from '#src/remoting/request-code.js';

/** One request. */
export interface Exchange {
  readonly name: string;
  readonly code: number;
  readonly extFields?: Record<string, string>;
  readonly body?: string;
  /** MQVersion ordinal; that of 5.5.0 if none. */
  readonly version?: number;
}

/** What was answered. */
export interface Answer {
  readonly name: string;
  readonly code: number;
  readonly remark: string | undefined;
  readonly extFields: Record<string, string> | undefined;
  readonly body: string;
}

/** MQVersion ordinal of 5.5.0. */
export const V5_5_0 = 513;
/** MQVersion ordinal of 4.9.3. */
export const V4_9_3 = 399;

const master = {
  brokerName: 'broker-a',
  brokerAddr: '127.0.0.1:10911',
  clusterName: 'DefaultCluster',
  haServerAddr: '127.0.0.1:10912',
  brokerId: '0',
};
const slave = { ...master, brokerAddr: '127.0.0.1:20911', haServerAddr: '127.0.0.1:20912', brokerId: '1' };
const version = (counter: number): string => JSON.stringify({ counter, stateVersion: 0, timestamp: 1_700_000_000_000 });

function topic(topicName: string, topicSysFlag: number): Record<string, unknown> {
  const queues = { readQueueNums: 4, writeQueueNums: 4 };
  return { attributes: {}, order: false, perm: 6, topicFilterType: 'SINGLE_TAG', topicName, topicSysFlag, ...queues };
}

function register(
  name: string,
  broker: Record<string, string>,
  topics: Record<string, number>,
  checksum?: number,
): Exchange {
  const topicConfigTable = Object.fromEntries(
    Object.entries(topics).map(([key, sysFlag]) => [key, topic(key, sysFlag)]),
  );
  const topicConfigSerializeWrapper = { dataVersion: JSON.parse(version(1)) as unknown, topicConfigTable };
  const body = JSON.stringify({ filterServerList: [], topicConfigSerializeWrapper });
  const bodyCrc32 = String(checksum ?? crc32(body) & 0x7f_ff_ff_ff);
  return { name, code: RequestCode.REGISTER_BROKER, extFields: { ...broker, bodyCrc32, compressed: 'false' }, body };
}

const topics = { A: 0, B: 1, C: 2, D: 3 };
const route = (name: string, topicName: string, extra: Partial<Exchange> = {}): Exchange => ({
  name,
  code: RequestCode.GET_ROUTEINFO_BY_TOPIC,
  extFields: { topic: topicName, ...extra.extFields },
  version: extra.version ?? V5_5_0,
});
const inNamespace = { namespace: 'ORDER_TOPIC_CONFIG' };

/** The requests. */
export const EXCHANGES: readonly Exchange[] = [
  route('route of an unknown topic', 'Nope'),
  { name: 'no clusters', code: RequestCode.GET_BROKER_CLUSTER_INFO },
  { name: 'no topics', code: RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER },
  { name: 'no system topics', code: RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS },
  register('single topic before all', master, { A: 0 }),
  register('register a master', master, topics),
  register('register with a wrong checksum', master, topics, 5),
  register('register a slave', slave, topics),
  route('route', 'A'),
  route('route for an old client', 'A', { version: V4_9_3 }),
  route('route in standard JSON for an old client', 'A', {
    version: V4_9_3,
    extFields: { acceptStandardJsonOnly: 'true' },
  }),
  { name: 'clusters', code: RequestCode.GET_BROKER_CLUSTER_INFO },
  { name: 'topics', code: RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER },
  { name: 'system topics', code: RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS },
  { name: 'topics of a cluster', code: RequestCode.GET_TOPICS_BY_CLUSTER, extFields: { cluster: 'DefaultCluster' } },
  { name: 'topics of an unknown cluster', code: RequestCode.GET_TOPICS_BY_CLUSTER, extFields: { cluster: 'Nope' } },
  { name: 'unit topics', code: RequestCode.GET_UNIT_TOPIC_LIST },
  { name: 'unit-sub topics', code: RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST },
  { name: 'unit-sub but not unit topics', code: RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST },
  { name: 'same data version', code: RequestCode.QUERY_DATA_VERSION, extFields: master, body: version(1) },
  { name: 'other data version', code: RequestCode.QUERY_DATA_VERSION, extFields: master, body: version(2) },
  {
    name: 'data version of an unknown broker',
    code: RequestCode.QUERY_DATA_VERSION,
    extFields: { ...master, brokerAddr: '127.0.0.1:9' },
    body: version(1),
  },
  { name: 'heartbeat', code: RequestCode.BROKER_HEARTBEAT, extFields: master },
  { name: 'put', code: RequestCode.PUT_KV_CONFIG, extFields: { ...inNamespace, key: 'A', value: 'broker-a:4' } },
  { name: 'put without key', code: RequestCode.PUT_KV_CONFIG, extFields: { ...inNamespace, value: 'broker-a:4' } },
  { name: 'get', code: RequestCode.GET_KV_CONFIG, extFields: { ...inNamespace, key: 'A' } },
  { name: 'get an unknown key', code: RequestCode.GET_KV_CONFIG, extFields: { ...inNamespace, key: 'Nope' } },
  { name: 'list', code: RequestCode.GET_KVLIST_BY_NAMESPACE, extFields: inNamespace },
  { name: 'list an unknown namespace', code: RequestCode.GET_KVLIST_BY_NAMESPACE, extFields: { namespace: 'Nope' } },
  register('register with ordered topics', master, topics),
  route('route of an ordered topic', 'A'),
  { name: 'delete', code: RequestCode.DELETE_KV_CONFIG, extFields: { ...inNamespace, key: 'A' } },
  { name: 'list what is empty now', code: RequestCode.GET_KVLIST_BY_NAMESPACE, extFields: inNamespace },
  { name: 'wipe write permission', code: RequestCode.WIPE_WRITE_PERM_OF_BROKER, extFields: { brokerName: 'broker-a' } },
  {
    name: 'wipe that of an unknown broker',
    code: RequestCode.WIPE_WRITE_PERM_OF_BROKER,
    extFields: { brokerName: 'Nope' },
  },
  route('route without write permission', 'B'),
  { name: 'add write permission', code: RequestCode.ADD_WRITE_PERM_OF_BROKER, extFields: { brokerName: 'broker-a' } },
  {
    name: 'register one topic',
    code: RequestCode.REGISTER_TOPIC_IN_NAMESRV,
    extFields: { topic: 'E' },
    body: JSON.stringify({
      queueDatas: [{ brokerName: 'broker-a', perm: 6, readQueueNums: 2, writeQueueNums: 3, topicSysFlag: 0 }],
    }),
  },
  {
    name: 'register one topic on an unknown broker',
    code: RequestCode.REGISTER_TOPIC_IN_NAMESRV,
    extFields: { topic: 'F' },
    body: JSON.stringify({
      queueDatas: [{ brokerName: 'Nope', perm: 6, readQueueNums: 2, writeQueueNums: 3, topicSysFlag: 0 }],
    }),
  },
  route('route of one topic', 'E'),
  route('route on an unknown broker', 'F'),
  { name: 'delete a topic', code: RequestCode.DELETE_TOPIC_IN_NAMESRV, extFields: { topic: 'E' } },
  {
    name: 'delete a topic in a cluster',
    code: RequestCode.DELETE_TOPIC_IN_NAMESRV,
    extFields: { topic: 'B', clusterName: 'DefaultCluster' },
  },
  {
    name: 'delete a topic in an unknown cluster',
    code: RequestCode.DELETE_TOPIC_IN_NAMESRV,
    extFields: { topic: 'C', clusterName: 'Nope' },
  },
  { name: 'topics that are left', code: RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER },
  { name: 'update settings', code: RequestCode.UPDATE_NAMESRV_CONFIG, body: 'enableTopicList=false\nunknownKey=1\n' },
  { name: 'update what is black-listed', code: RequestCode.UPDATE_NAMESRV_CONFIG, body: 'kvConfigPath=/x\n' },
  { name: 'update nothing', code: RequestCode.UPDATE_NAMESRV_CONFIG },
  {
    name: 'topics of a cluster, disabled',
    code: RequestCode.GET_TOPICS_BY_CLUSTER,
    extFields: { cluster: 'DefaultCluster' },
  },
  { name: 'unregister a slave', code: RequestCode.UNREGISTER_BROKER, extFields: slave },
  { name: 'unregister a master', code: RequestCode.UNREGISTER_BROKER, extFields: master },
];
