/**
 * From an address and names to brokers and queues: makes topics that are missing, looks up routes. Generator's thread.
 * Java: MQAdminImpl, TopicRouteInfoManager of the clients.
 * Invariant: a topic that is there is never changed; it is used with the queues that it has.
 */
import { ClusterInfo } from '../remoting/bodies/cluster-info.js';
import { TopicRouteData } from '../remoting/bodies/topic-route-data.js';
import { parseHostPort } from '../remoting/host-address.js';
import { RequestCode } from '../remoting/request-code.js';
import { ResponseCode } from '../remoting/response-code.js';
import { createTopic } from './broker-topics.js';
import type { ServerAddress } from './load-socket.js';
import { RequestClient } from './request-client.js';
import type { BrokerQueues } from './send-load.js';
import type { QueueTarget } from './send-template.js';

/** Which brokers and topics a load is to have. */
export interface TargetOptions {
  /** A broker, directly; else NameServers are asked. */
  readonly broker?: ServerAddress | undefined;
  readonly namesrvs: readonly ServerAddress[];
  readonly topics: readonly string[];
  /** Of topics that are made. */
  readonly queues: number;
  readonly creates: boolean;
  /** What the queues are for. */
  readonly use: 'read' | 'write';
}

const TOPICS_ASKED_MAX = 64;
const MASTER_ID = '0';

/** The brokers and their queues. Rejects with UnreachableError, or says what is missing. */
export async function findTargets(options: TargetOptions): Promise<BrokerQueues[]> {
  if (options.broker !== undefined) {
    const { broker } = options;
    return withClient(broker, async (client) => [
      { ...broker, queues: await queuesOnBroker(client, options.topics, options) },
    ]);
  }
  return firstOf(options.namesrvs, (namesrv) =>
    withClient(namesrv, async (client) =>
      mergeBrokers(await inSteps(options.topics, (topic) => byRoute(client, topic, options))),
    ),
  );
}

async function queuesOnBroker(
  client: RequestClient,
  topics: readonly string[],
  options: TargetOptions,
): Promise<QueueTarget[]> {
  const queues = await inSteps(topics, async (topic) => queuesOf(topic, await queueCount(client, topic, options)));
  return queues.flat();
}

/** How many queues the topic has on a broker, after it was made there if need be. */
async function queueCount(client: RequestClient, topic: string, options: TargetOptions): Promise<number> {
  const reply = await client.ask(RequestCode.GET_TOPIC_CONFIG, { topic });
  if (reply.code === ResponseCode.SUCCESS) {
    const config = JSON.parse(reply.body.toString()) as { readQueueNums?: number; writeQueueNums?: number };
    return (options.use === 'read' ? config.readQueueNums : config.writeQueueNums) ?? options.queues;
  }
  if (options.creates) await createTopic(client, topic, options.queues);
  // An older broker does not know the request, and is believed to have what was said.
  else if (reply.code === ResponseCode.TOPIC_NOT_EXIST) throw new Error(`the broker has no topic ${topic}`);
  return options.queues;
}

async function byRoute(namesrv: RequestClient, topic: string, options: TargetOptions): Promise<BrokerQueues[]> {
  const reply = await namesrv.ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic });
  if (reply.code === ResponseCode.SUCCESS) return fromRoute(TopicRouteData.decode(reply.body), topic, options.use);
  if (reply.code !== ResponseCode.TOPIC_NOT_EXIST)
    throw new Error(`the route of ${topic} was answered ${reply.code}: ${reply.remark ?? ''}`);
  if (!options.creates) throw new Error(`the NameServer has no route of topic ${topic}`);
  const cluster = ClusterInfo.decode((await namesrv.demand(RequestCode.GET_BROKER_CLUSTER_INFO, {})).body);
  const masters = [...cluster.brokerAddrTable.values()].flatMap(({ brokerAddrs }) => masterOf(brokerAddrs));
  if (masters.length === 0) throw new Error('the NameServer knows no master');
  const made: BrokerQueues[] = [];
  for (const master of masters) {
    made.push({ ...master, queues: await withClient(master, (client) => queuesOnBroker(client, [topic], options)) });
  }
  return made;
}

function fromRoute(route: TopicRouteData, topic: string, use: TargetOptions['use']): BrokerQueues[] {
  const brokers = route.queueDatas.flatMap((data) => {
    const broker = route.brokerDatas.find(({ brokerName }) => brokerName === data.brokerName);
    const count = use === 'read' ? data.readQueueNums : data.writeQueueNums;
    return masterOf(broker?.brokerAddrs ?? new Map()).map((master) => ({ ...master, queues: queuesOf(topic, count) }));
  });
  if (brokers.length === 0) throw new Error(`topic ${topic} has no master`);
  return brokers;
}

function masterOf(addresses: ReadonlyMap<unknown, string>): ServerAddress[] {
  for (const [id, address] of addresses) {
    const parsed = String(id) === MASTER_ID ? parseHostPort(address) : undefined;
    if (parsed !== undefined) return [parsed];
  }
  return [];
}

function queuesOf(topic: string, count: number): QueueTarget[] {
  return Array.from({ length: count }, (_, queueId) => ({ topic, queueId }));
}

/** One entry a broker, with the queues of all topics. */
function mergeBrokers(brokers: readonly (readonly BrokerQueues[])[]): BrokerQueues[] {
  const merged = new Map<string, { host: string; port: number; queues: QueueTarget[] }>();
  for (const { host, port, queues } of brokers.flat()) {
    const known = merged.get(`${host}:${port}`);
    if (known === undefined) merged.set(`${host}:${port}`, { host, port, queues: [...queues] });
    else known.queues.push(...queues);
  }
  return [...merged.values()];
}

async function inSteps<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += TOPICS_ASKED_MAX)
    results.push(...(await Promise.all(items.slice(at, at + TOPICS_ASKED_MAX).map(work))));
  return results;
}

async function firstOf<R>(
  addresses: readonly ServerAddress[],
  work: (address: ServerAddress) => Promise<R>,
): Promise<R> {
  for (const [index, address] of addresses.entries()) {
    try {
      return await work(address);
    } catch (error) {
      if (index === addresses.length - 1) throw error;
    }
  }
  throw new Error('no NameServer was named');
}

async function withClient<R>(address: ServerAddress, work: (client: RequestClient) => Promise<R>): Promise<R> {
  const client = await RequestClient.open(address.host, address.port);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
