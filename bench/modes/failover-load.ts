/**
 * A consumer that follows the protocol when its master dies: it pulls from the broker with id 0 that the route names, and from another of the
 * same name when there is none. Generator process. Java: MQClientInstance.findBrokerAddressInSubscribe.
 * Differs: Apache's clients ask for the route every 30 s (pollNameServerInterval); this one as soon as a pull fails, and then every
 * {@link ROUTE_INTERVAL_MS}, so that what is measured is the servers' share.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { pullRequest, recordBodies } from '#src/load/broker-topics.js';
import { RequestClient } from '#src/load/request-client.js';

const GET_ROUTEINFO_BY_TOPIC = 105;
const ROUTE_INTERVAL_MS = 10;
const LIMIT_MS = 180_000;

/** What to follow. */
export interface FailoverTarget {
  readonly namesrvPort: number;
  readonly brokerName: string;
  readonly topic: string;
  /** Kills the master, and says when. */
  readonly killMaster: () => number;
}

/** Reads until the master is dead and a message has come from its slave; gives the time between the two, ms. */
export async function measureFailover(target: FailoverTarget): Promise<number> {
  let broker = await addressFor(target);
  if (broker?.id !== '0') throw new Error('the route names no master');
  let client = await connectTo(broker.address);
  if (!(await readOne(client, target.topic))) throw new Error('the master has no message to read');
  const killedMs = target.killMaster();
  while (performance.now() < killedMs + LIMIT_MS) {
    try {
      if ((await readOne(client, target.topic)) && broker.id !== '0') {
        const tookMs = performance.now() - killedMs;
        client.close();
        return tookMs;
      }
    } catch {
      // The master is gone, or not from the route yet.
      client.close();
      await delay(ROUTE_INTERVAL_MS);
      broker = (await addressFor(target)) ?? broker;
      client = await connectTo(broker.address).catch(() => client);
    }
  }
  throw new Error(`nothing was read from the slave ${LIMIT_MS} ms after the master's death`);
}

function connectTo(address: string): Promise<RequestClient> {
  const [host = '', port = ''] = address.split(':');
  return RequestClient.open(host, Number(port));
}

/** True when the queue's first message came. */
async function readOne(client: RequestClient, topic: string): Promise<boolean> {
  const { code, extFields } = pullRequest({
    group: 'bench-failover',
    topic,
    queueId: 0,
    offset: 0,
    maxMessages: 1,
    suspendMs: 0,
  });
  const reply = await client.ask(code, extFields, undefined, 1000);
  return reply.code === 0 && recordBodies(reply.body).length > 0;
}

/** The broker to pull from by the route: the master if it has one, else any of the same name. */
async function addressFor(target: FailoverTarget): Promise<{ id: string; address: string } | undefined> {
  const namesrv = await RequestClient.open('127.0.0.1', target.namesrvPort);
  try {
    const reply = await namesrv.demand(GET_ROUTEINFO_BY_TOPIC, { topic: target.topic, acceptStandardJsonOnly: 'true' });
    const { brokerDatas } = JSON.parse(reply.body.toString()) as {
      brokerDatas: readonly { brokerName: string; brokerAddrs: Readonly<Record<string, string>> }[];
    };
    const addresses = brokerDatas.find(({ brokerName }) => brokerName === target.brokerName)?.brokerAddrs ?? {};
    const [id, address] = Object.entries(addresses).toSorted(([a], [b]) => Number(a) - Number(b))[0] ?? [];
    return id === undefined || address === undefined ? undefined : { id, address };
  } finally {
    namesrv.close();
  }
}
